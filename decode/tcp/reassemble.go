package tcp

import "simplecap/decode/stream"

// maxJump is how far a segment may lie from the expected sequence number, in
// bytes, to be believed at once: more than any window that SIP is sent with. What
// becomes of one beyond it far.go says.
const maxJump = 16 << 20

// start makes seq the sequence number of the next byte.
func (d *direction) start(seq uint32) {
	d.next = 1<<32 | int64(seq) // so that no position is negative
	d.started, d.begin, d.owed = true, 0, 0
}

// position returns where a sequence number lies in the stream.
func (d *direction) position(seq uint32) int64 {
	return d.next + int64(int32(seq-uint32(d.next)))
}

// data takes the payload of a segment in its place.
func (s *Flows) data(f *Flow, dir stream.Side, seg *segment) {
	d := &f.dirs[dir]
	if !d.started {
		d.start(seg.seq)
		d.begin = d.next
	}
	pos, payload := d.position(seg.seq), seg.payload
	if pos-d.next > maxJump || d.next-pos > maxJump {
		if !s.jump(f, dir, seg) || d.ignored {
			return
		}
		pos = d.position(seg.seq)
	}
	if behind := d.next - pos; behind > 0 {
		s.early(f, dir, pos, payload)
		s.compare(f, dir, pos, payload)
		if behind >= int64(len(payload)) {
			s.resent(f, dir, seg)
			return
		}
		pos, payload = d.next, payload[behind:]
	}
	if d.ackSeen && d.acked == uint32(d.next) {
		d.sentAt = s.mark.Time
	}
	st := s.stream(f, dir)
	if st.far != nil {
		st.far.passed = true
	}
	if pos == d.next && len(st.held.segs) == 0 {
		s.deliver(st, payload, &s.mark, seg.cut)
	} else {
		st.held.hold(pos, payload, s.mark, seg.cut)
		s.deliverHeld(st)
		s.boundHeld(st)
	}
	s.caught(st)
	s.afterData(st)
}

// deliver gives the Reader the next bytes of the stream.
func (s *Flows) deliver(st *half, data []byte, mk *stream.Mark, cut int64) {
	d := &st.flow.dirs[st.dir]
	d.next += int64(len(data))
	if !st.flow.SIP {
		d.searched += len(data)
	}
	st.flow.reader.Feed(st.dir, data, mk)
	if st.flow.SIP || st.unfinished() {
		s.remember(d, d.next-int64(len(data)), data, mk)
	}
	if cut > 0 {
		s.cutStream(st, cut)
	}
}

// cutStream notes that the snapshot length cut n bytes off the stream here: they are not
// in the capture, and waiting for them is in vain.
func (s *Flows) cutStream(st *half, n int64) {
	d := &st.flow.dirs[st.dir]
	d.cutAt, d.cutEnd = d.next, d.next+n
	st.flow.reader.Gap(st.dir, 0, stream.Snaplen)
	if st.flow.SIP {
		s.stats.Cut++
	}
}

// deliverHeld delivers what was held up to the next hole.
func (s *Flows) deliverHeld(st *half) {
	d := &st.flow.dirs[st.dir]
	n := 0
	for n < len(st.held.segs) {
		h := &st.held.segs[n]
		if h.pos > d.wanted() {
			break
		}
		d.next = h.pos
		s.deliver(st, h.data, &h.mark, h.cut)
		n++
	}
	st.held.leave(n)
}

// wanted is where the bytes lie that can be read next: behind what the snapshot length cut.
func (d *direction) wanted() int64 {
	if d.cutAt == d.next {
		return d.cutEnd
	}
	return d.next
}

// giveUpHole goes on behind the first hole, whose bytes are not in the capture.
func (s *Flows) giveUpHole(st *half) {
	d := &st.flow.dirs[st.dir]
	h := &st.held.segs[0]
	n := uint64(h.pos - d.wanted())
	st.flow.reader.Gap(st.dir, n, stream.Missing)
	s.countGap(st.flow, st.dir, n, &h.mark)
	d.next = h.pos
	s.deliverHeld(st)
}

// giveUpTail goes on behind the last bytes that are known to have been sent, which are not
// in the capture.
func (s *Flows) giveUpTail(st *half) {
	d := &st.flow.dirs[st.dir]
	if !d.tail() {
		return
	}
	n := uint64(d.last() - d.wanted())
	st.flow.reader.Gap(st.dir, n, stream.Missing)
	s.countGap(st.flow, st.dir, n, &st.tailMark)
	d.next = d.last()
	s.caught(st)
}

// caught notes that what a side owed has come, or was given up.
func (s *Flows) caught(st *half) {
	d := &st.flow.dirs[st.dir]
	if d.owed == 0 || d.wanted() < d.owed {
		return
	}
	if d.owed = 0; st.flow.SIP {
		s.event(st.flow, st.dir, Caught, 0, &s.mark)
	}
}

// owes notes bytes that a side must have sent, since the other one acknowledges them with
// this segment, and that have not come. A host acknowledges none that it has not received; one
// byte may be a FIN.
func (s *Flows) owes(f *Flow, side stream.Side, seg *segment) {
	d, other := &f.dirs[side], &f.dirs[1-side]
	if d.ignored || d.ended || d.finSeen || !f.SIP && !f.Hint {
		return
	}
	if !d.started { // the first acknowledgement says where it was when the capture began; 0 is written by who makes segments up
		if ahead := seg.ack - d.acked; !d.ackSeen || d.acked == 0 || ahead <= 1 || ahead > nearFar || other.started && !other.near(seg.seq) {
			return
		}
		d.start(d.acked)
		d.begin = d.next
	}
	end, pos := d.wanted(), d.position(seg.ack)
	if d.stream != nil {
		end = max(end, d.stream.held.end())
	}
	if pos-end <= 1 || pos-end > nearFar || pos <= d.owed || other.started && !other.near(seg.seq) {
		return
	}
	if d.owed == 0 && f.SIP {
		s.event(f, side, Lacking, 0, &s.mark)
	}
	d.owed = pos
	s.waitForTail(f, side)
}

// near reports whether a sequence number lies where a receiver's window may be: who does not
// see the connection hardly guesses it.
func (d *direction) near(seq uint32) bool { return uint32(d.next)-seq+1<<16 < 1<<17 }

// boundHeld gives up holes until Limits.FlowBytes is kept.
func (s *Flows) boundHeld(st *half) {
	for st.held.cost > s.Limits.FlowBytes {
		s.stats.Evicted++
		s.giveUpHole(st)
	}
}

// countGap counts a hole before the segment that mk describes; size is 0 where it is not known.
func (s *Flows) countGap(f *Flow, dir stream.Side, size uint64, mk *stream.Mark) {
	f.gaps, f.gapBytes = f.gaps+1, f.gapBytes+size
	if !f.SIP && !f.untold() {
		return // Found counts it if SIP comes later
	}
	s.countGaps(f)
	s.event(f, dir, Gap, size, mk)
}

// untold reports whether nothing has come of a connection to a port of SIP: what it carries
// is told by its port alone.
func (f *Flow) untold() bool { return f.Hint && f.dirs[0].searched+f.dirs[1].searched == 0 }

// countGaps moves a flow's holes into the statistics.
func (s *Flows) countGaps(f *Flow) {
	s.stats.Gaps += f.gaps
	s.stats.GapBytes += f.gapBytes
	f.gaps, f.gapBytes = 0, 0
}
