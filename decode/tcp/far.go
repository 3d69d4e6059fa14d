package tcp

import "simplecap/decode/stream"

// This file judges segments that lie further off than any window: of somebody who guesses,
// or of the next connection on the same ports, whose SYN is not in the capture. The first
// one is kept until something shows what it is.

// far is a segment that was too far off to be believed.
type far struct {
	seq    uint32
	data   []byte
	mark   stream.Mark
	cut    int64
	passed bool // the stream went on in its old place since then, or its receiver waits there
}

// nearFar is how near to each other two such segments lie that belong together, in bytes.
const nearFar = 1 << 20

// cost is what it takes of memory.
func (x *far) cost() int {
	if x == nil {
		return 0
	}
	return cap(x.data) + heldCost
}

// jump judges a segment that is far off. The stream moves there if the other side has
// acknowledged all before it, or if another segment is near to it; else it is kept.
func (s *Flows) jump(f *Flow, dir stream.Side, seg *segment) bool {
	d := &f.dirs[dir]
	if d.ackSeen && d.acked == seg.seq {
		if d.stream != nil {
			d.stream.far = nil
		}
		s.move(f, dir, seg.seq, &s.mark)
		return true
	}
	st := s.stream(f, dir)
	x, end := st.far, seg.seq+uint32(len(seg.payload))
	switch {
	case x == nil:
	case seg.seq == x.seq && len(seg.payload) <= len(x.data): // sent again
		return false
	case x.passed:
	case seg.seq-x.seq < nearFar:
		s.believe(st)
		return true
	case x.seq-end < nearFar: // overtaken
		st.far = nil
		s.move(f, dir, seg.seq, &s.mark)
		st.held.hold(d.position(x.seq), x.data, x.mark, x.cut)
		return true
	default:
		s.countGap(f, dir, uint64(len(x.data)), &x.mark)
	}
	st.far = &far{seq: seg.seq, data: append([]byte(nil), seg.payload...), mark: s.mark, cut: seg.cut}
	s.ask(st)
	s.makeRoom()
	return false
}

// acknowledged takes what the other side waits for while a segment is kept: the byte behind
// that, or one in the old place. A receiver answers what lies out of its window by saying
// what it waits for (RFC 9293 3.10.7.4), so that nobody else can slip in an answer.
func (s *Flows) acknowledged(st *half, ack uint32) {
	switch x := st.far; {
	case x.seq+uint32(len(x.data)) == ack:
		s.believe(st)
	case ack-x.seq > nearFar:
		x.passed = true
	}
}

// believe moves a stream to the segment that is kept, and reads it.
func (s *Flows) believe(st *half) {
	x := st.far
	st.far = nil
	s.move(st.flow, st.dir, x.seq, &x.mark)
	s.deliver(st, x.data, &x.mark, x.cut)
	s.afterData(st)
}

// settleFar decides about the segment that is kept when nothing more is waited for: if
// nothing came in the old place since, the stream has gone on where it is.
func (s *Flows) settleFar(st *half, why stream.End) {
	x := st.far
	if x == nil || x.passed || why == stream.Silence {
		return
	}
	st.far = nil
	s.move(st.flow, st.dir, x.seq, &x.mark)
	s.deliver(st, x.data, &x.mark, x.cut)
	st.flow.reader.End(st.dir, why)
}

// move goes on at a sequence number that is far off, from which on the segment that mk
// describes has bytes.
func (s *Flows) move(f *Flow, dir stream.Side, seq uint32, mk *stream.Mark) {
	d := &f.dirs[dir]
	if d.stream != nil {
		s.end(d.stream, stream.Missing)
		d.stream.flow.reader.Gap(dir, 0, stream.Missing)
	}
	if !d.syn || uint32(d.next) != d.isn+1 { // else another answer to the SYN was the one that counts
		s.countGap(f, dir, 0, mk)
	}
	d.start(seq)
	d.finSeen, d.cutAt, d.cutEnd = false, 0, 0
}
