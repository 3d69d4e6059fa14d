package tcp

import (
	"bytes"
	"slices"
	"sort"

	"simplecap/decode/stream"
)

// heldSegment is a piece of a stream that waits for the bytes before it.
type heldSegment struct {
	pos  int64
	data []byte // its own memory, so that it is given back with the piece
	mark stream.Mark
	cut  int64 // bytes by which the snapshot length cut the segment after this piece
}

func (s *heldSegment) end() int64 { return s.pos + int64(len(s.data)) }

// heldCost is what a held segment takes beside its bytes, at most: its entry in
// a list that may be half empty, and what the allocator rounds up.
const heldCost = 256

func (s *heldSegment) cost() int { return cap(s.data) + heldCost }

// holdQueue keeps the pieces of one direction that lie behind a hole: in order,
// without overlap. Where pieces overlap, what came first stays.
type holdQueue struct {
	segs []heldSegment
	cost int // bytes of memory, of all pieces
}

// hold keeps what data adds to the queue. A piece that data contradicts is marked.
func (q *holdQueue) hold(pos int64, data []byte, mk stream.Mark, cut int64) {
	i := sort.Search(len(q.segs), func(i int) bool { return q.segs[i].end() > pos })
	for len(data) > 0 {
		size := len(data)
		if i < len(q.segs) {
			s := &q.segs[i]
			if s.pos <= pos {
				n := min(int64(size), s.end()-pos)
				if !bytes.Equal(s.data[pos-s.pos:][:n], data[:n]) {
					s.mark.Carriage |= stream.Contradicted
				}
				pos, data = pos+n, data[n:]
				i++
				continue
			}
			size = int(min(int64(size), s.pos-pos))
		}
		s := heldSegment{pos: pos, mark: mk}
		if size == len(data) {
			s.cut = cut
		}
		q.insert(i, s, data[:size])
		pos, data = pos+int64(size), data[size:]
		i++
	}
}

func (q *holdQueue) insert(i int, s heldSegment, data []byte) {
	s.data = append([]byte(nil), data...)
	q.segs = slices.Insert(q.segs, i, s)
	q.cost += s.cost()
}

// leave removes the first n pieces.
func (q *holdQueue) leave(n int) {
	for i := range q.segs[:n] {
		q.cost -= q.segs[i].cost()
	}
	clear(q.segs[:n])
	q.segs = q.segs[n:] // moving the rest each time would take quadratic time
	if len(q.segs) == 0 && cap(q.segs) > spareSegments {
		q.segs = nil
	}
}

// end is the position behind the last piece, 0 where there is none.
func (q *holdQueue) end() int64 {
	if len(q.segs) == 0 {
		return 0
	}
	return q.segs[len(q.segs)-1].end()
}

// heldEnd is the sequence number behind the last piece that is held, that of the
// next byte where none is.
func (st *half) heldEnd() uint32 {
	return uint32(max(st.held.end(), st.flow.dirs[st.dir].next))
}
