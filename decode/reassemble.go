// TCP reassembly is this package's own. gopacket's reassembly package was tried
// first and put aside, for reasons that its tests here show (reassembly_choice_test.go):
//
//   - It cannot say which frame and time brought a byte that waited behind a hole:
//     ScatterGather.CaptureInfo panics there. A message has the frame and time of
//     the segment that completes it, so this decides.
//   - KeepFrom, which framing needs for an unfinished message, panics as well.
//   - A connection that uses the ports of an earlier one loses its data, and a stray
//     RST ends a connection that goes on.
//   - A segment of one byte out of order costs 2 to 4 KB, many of them quadratic
//     time, and its count of pages in use is wrong after an RST.
//
// Behind a hole data waits for Limits.GapTime by the capture's clock, so that
// segments that come late find their place. Where several segments bring the same
// bytes, the first copy stays.
package decode

import "simplecap/decode/stream"

// maxJump is how far a segment may lie from the expected sequence number, in
// bytes, to be believed at once: more than any window that SIP is sent with. One
// beyond it belongs to the stream only if the next one continues it.
const maxJump = 16 << 20

// start makes seq the sequence number of the next byte.
func (d *direction) start(seq uint32) {
	d.next = 1<<32 | int64(seq) // so that no position is negative
	d.started = true
}

// position returns where a sequence number lies in the stream.
func (d *direction) position(seq uint32) int64 {
	return d.next + int64(int32(seq-uint32(d.next)))
}

// data takes the payload of a segment in its place.
func (s *streams) data(f *flow, dir int, seg *segment) {
	d := &f.dirs[dir]
	if !d.started {
		d.start(seg.seq)
	}
	pos, payload := d.position(seg.seq), seg.payload
	if pos-d.next > maxJump || d.next-pos > maxJump {
		if !s.jump(f, dir, seg) {
			return
		}
		pos = d.next
	}
	if behind := d.next - pos; behind > 0 {
		if behind >= int64(len(payload)) {
			return
		}
		pos, payload = d.next, payload[behind:]
	}
	st := s.stream(f, dir)
	if pos == d.next && len(st.held.segs) == 0 {
		s.deliver(st, payload, &s.mark, seg.cut)
	} else {
		st.held.hold(pos, payload, s.mark, seg.cut)
		s.deliverHeld(st)
		s.boundHeld(st)
	}
	s.afterData(st)
}

// jump judges a segment that is far off. The first is remembered, one that
// continues it moves the stream there.
func (s *streams) jump(f *flow, dir int, seg *segment) bool {
	d := &f.dirs[dir]
	believed := d.farSeen && d.far == seg.seq
	d.farSeen, d.far = !believed, seg.seq+uint32(len(seg.payload))
	if !believed {
		return false
	}
	if st := d.stream; st != nil {
		s.end(st, stream.Missing)
		st.flow.session.Gap(stream.Side(dir), 0, stream.Missing)
	}
	s.countGap(f, dir, 0, &s.mark)
	d.start(seg.seq)
	return true
}

// deliver gives framing the next bytes of the stream.
func (s *streams) deliver(st *half, data []byte, mk *stream.Mark, cut bool) {
	d := &st.flow.dirs[st.dir]
	d.next += int64(len(data))
	if !st.flow.sip {
		d.searched += len(data)
	}
	st.flow.session.Feed(stream.Side(st.dir), data, mk)
	if cut {
		s.cutStream(st)
	}
}

// cutStream notes that the snapshot length cut the stream here: the rest of the
// segment is not in the capture, and waiting for it is in vain.
func (s *streams) cutStream(st *half) {
	d := &st.flow.dirs[st.dir]
	d.cutAt = d.next
	st.flow.session.Gap(stream.Side(st.dir), 0, stream.Snaplen)
	if st.flow.sip {
		s.d.stats.SnaplenCut++
	}
}

// deliverHeld delivers what was held up to the next hole.
func (s *streams) deliverHeld(st *half) {
	d := &st.flow.dirs[st.dir]
	n := 0
	for n < len(st.held.segs) {
		h := &st.held.segs[n]
		if h.pos != d.next && !(d.cutAt == d.next && d.next != 0) {
			break
		}
		d.next = h.pos
		s.deliver(st, h.data, &h.mark, h.cut)
		n++
	}
	st.held.leave(n)
}

// giveUpHole goes on behind the first hole, whose bytes are not in the capture.
func (s *streams) giveUpHole(st *half) {
	d := &st.flow.dirs[st.dir]
	h := &st.held.segs[0]
	st.flow.session.Gap(stream.Side(st.dir), uint64(h.pos-d.next), stream.Missing)
	s.countGap(st.flow, st.dir, uint64(h.pos-d.next), &h.mark)
	d.next = h.pos
	s.deliverHeld(st)
}

// boundHeld gives up holes until Limits.FlowBytes is kept.
func (s *streams) boundHeld(st *half) {
	for st.held.cost > s.d.limits.FlowBytes {
		s.d.stats.Evicted++
		s.giveUpHole(st)
	}
}

// countGap counts a hole before the segment that mk describes; size is 0 where it is not known.
func (s *streams) countGap(f *flow, dir int, size uint64, mk *stream.Mark) {
	f.gaps, f.gapBytes = f.gaps+1, f.gapBytes+size
	if !f.sip {
		return // carriesSIP counts it if SIP comes later
	}
	s.countGaps(f)
	s.event(f, dir, ConnGap, size, mk)
}

// countGaps moves a flow's holes into the statistics.
func (s *streams) countGaps(f *flow) {
	s.d.stats.TCPGaps += f.gaps
	s.d.stats.TCPGapBytes += f.gapBytes
	f.gaps, f.gapBytes = 0, 0
}
