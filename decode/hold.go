package decode

import (
	"slices"
	"sort"
)

// heldSegment is a piece of a stream that waits for the bytes before it.
type heldSegment struct {
	pos  int64
	off  int // where its bytes are in holdQueue.store
	size int
	mark mark
	cut  bool // the snapshot length cut the segment after this piece
}

func (s *heldSegment) end() int64 { return s.pos + int64(s.size) }

// minHeldCost is what a held segment counts for at least, in bytes, so that a
// bound on bytes also bounds their number.
const minHeldCost = 256

// holdQueue keeps the pieces of one direction that lie behind a hole: in order,
// without overlap. Where pieces overlap, what came first stays.
type holdQueue struct {
	segs  []heldSegment
	store []byte // their bytes, in order of arrival
	cost  int
}

// hold keeps what data adds to the queue.
func (q *holdQueue) hold(pos int64, data []byte, mk mark, cut bool) {
	i := sort.Search(len(q.segs), func(i int) bool { return q.segs[i].end() > pos })
	for len(data) > 0 {
		size := len(data)
		if i < len(q.segs) {
			s := &q.segs[i]
			if s.pos <= pos {
				n := min(int64(size), s.end()-pos)
				pos, data = pos+n, data[n:]
				i++
				continue
			}
			size = int(min(int64(size), s.pos-pos))
		}
		q.insert(i, heldSegment{pos: pos, size: size, mark: mk, cut: cut && size == len(data)}, data[:size])
		pos, data = pos+int64(size), data[size:]
		i++
	}
}

func (q *holdQueue) insert(i int, s heldSegment, data []byte) {
	if len(q.store) > 2*q.cost+len(data) {
		q.compact()
	}
	s.off = len(q.store)
	q.store = append(q.store, data...)
	q.segs = slices.Insert(q.segs, i, s)
	q.cost += max(s.size, minHeldCost)
}

// compact drops the bytes of pieces that have left.
func (q *holdQueue) compact() {
	store := make([]byte, 0, q.cost)
	for i := range q.segs {
		s := &q.segs[i]
		off := len(store)
		store = append(store, q.bytes(s)...)
		s.off = off
	}
	q.store = store
}

func (q *holdQueue) bytes(s *heldSegment) []byte { return q.store[s.off : s.off+s.size] }

// leave removes the first n pieces.
func (q *holdQueue) leave(n int) {
	for i := range q.segs[:n] {
		q.cost -= max(q.segs[i].size, minHeldCost)
	}
	q.segs = slices.Delete(q.segs, 0, n)
	if len(q.segs) == 0 {
		q.store = q.store[:0]
	}
}
