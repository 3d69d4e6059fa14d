package decode

import (
	"slices"

	"simplecap/decode/packet"
	"simplecap/decode/stream"
	"simplecap/internal/order"
)

// segment is the part of a TCP segment that matters here (RFC 9293 3.1).
type segment struct {
	seq, ack uint32
	flags    uint8
	cut      bool // the snapshot length cut the payload
	payload  []byte
}

// streams are the TCP connections that are being followed.
type streams struct {
	d     *Decoder
	table flowTable

	short, long order.List[half] // streams that wait for Limits.GapTime, and for Limits.StallTime

	clock    int64       // the largest time seen
	segments uint64      // segments seen
	conns    uint64      // connections numbered
	bytes    int         // held in all streams
	mark     stream.Mark // of the segment that is being read

	freeStreams  order.List[half]
	spareStreams int
}

func (s *streams) init(d *Decoder) {
	s.d = d
	s.table.init()
}

// flush hands on what is held back in every stream.
func (s *streams) flush() {
	for _, l := range []*order.List[half]{&s.short, &s.long} {
		for st := l.Oldest(); st != nil; st = l.Oldest() {
			why := stream.Capture
			if st.since < s.clock-int64(s.d.limits.GapTime) {
				why = stream.Over
			}
			st.wait.Remove()
			s.end(st, why)
		}
	}
}

// segment follows the connection of the segment that a Walk has stopped at.
func (s *streams) segment(w *packet.Walk) {
	s.segments++
	if w.At.HasTime && !s.d.driven {
		s.advance(w.At.Time)
	}
	seg := &segment{seq: w.Segment.Seq, ack: w.Segment.Ack, flags: w.Segment.Flags, cut: w.Cut, payload: w.Payload}
	hash := s.table.hash(&w.Src, &w.Dst)
	f, dir := s.table.find(&w.Src, &w.Dst, hash)
	if f == nil {
		if f = s.open(w, seg, hash); f == nil {
			return
		}
	}
	s.use(f)
	d := &f.dirs[dir]
	if d.ignored && seg.flags&(packet.FlagSYN|packet.FlagFIN|packet.FlagRST) == 0 {
		s.d.carries = f.sip
		if len(seg.payload) > 0 {
			s.census(f)
		}
		return
	}
	if !s.d.checksums.Accepts(w) {
		s.d.carries = true
		return
	}
	s.mark = w.At
	s.follow(f, dir, seg)
	s.d.carries = f.sip || !f.dirs[dir].ignored && f.class != ClassHTTP // which is followed for what it may become
}

// open begins to follow a connection at its first segment, unless that has
// nothing to follow: neither a SYN nor data.
func (s *streams) open(w *packet.Walk, seg *segment, hash uint64) *flow {
	if seg.flags&packet.FlagRST != 0 || seg.flags&packet.FlagSYN == 0 && len(seg.payload) == 0 {
		return nil
	}
	if s.table.count >= s.d.limits.Flows {
		s.evict(s.table.oldest())
	}
	f := s.table.add(&w.Src, &w.Dst, hash)
	f.hint = slices.Contains(s.d.ports, w.Src.Port) || slices.Contains(s.d.ports, w.Dst.Port)
	s.begin(f, seg)
	return f
}

// begin numbers a connection of which seg is the first segment.
func (s *streams) begin(f *flow, seg *segment) {
	s.conns++
	f.conn, f.last, f.opened = s.conns, s.clock, s.clock
	f.class, f.sip, f.dirs = ClassOther, false, [2]direction{}
	f.gaps, f.gapBytes = 0, 0
	f.midStream = seg.flags&packet.FlagSYN == 0
}

// evict forgets a flow to make room for another.
func (s *streams) evict(f *flow) {
	if !s.idle(f) && !(f.dirs[0].ended && f.dirs[1].ended) {
		s.d.stats.Evicted++
	}
	s.finish(f)
	s.table.remove(f)
}

func (s *streams) idle(f *flow) bool {
	return f.last < s.clock-int64(s.d.limits.FlowTime)
}

// use moves a flow to the end of the order of use, now and then: the order need
// not be exact, and most segments should touch only their own flow.
func (s *streams) use(f *flow) {
	if s.segments-f.touched > uint64(min(1024, s.d.limits.Flows/8)) {
		f.touched = s.segments
		s.rank(f, s.table.order(f))
	}
	if s.idle(f) {
		f.dirs[0].ended, f.dirs[1].ended = true, true
	}
	f.last = s.clock
}

// follow takes a segment of a flow that may matter.
func (s *streams) follow(f *flow, dir int, seg *segment) {
	if seg.flags&packet.FlagSYN != 0 {
		s.syn(f, dir, seg)
		seg.seq++
	}
	if seg.flags&packet.FlagRST != 0 {
		s.reset(f, dir, seg)
		return
	}
	if s.stale(f, dir, seg) {
		return
	}
	if seg.flags&packet.FlagACK != 0 {
		peer := &f.dirs[1-dir]
		peer.acked, peer.ackSeen = seg.ack, true
	}
	if len(seg.payload) > 0 && !f.dirs[dir].ignored {
		s.data(f, dir, seg)
	}
	if seg.flags&packet.FlagFIN != 0 {
		s.finSegment(f, dir, seg)
	}
}

// syn takes a SYN: of this connection, sent again, or of the next one on the same ports.
func (s *streams) syn(f *flow, dir int, seg *segment) {
	d := &f.dirs[dir]
	first := seg.seq + 1
	switch late := uint32(d.next) - first; {
	case d.syn && d.isn == seg.seq && !d.ended:
		s.synAgain(f, dir)
		return
	case !d.started:
	case !d.syn && !d.ended && late < 1<<16: // overtaken by the data
		d.syn, d.isn = true, seg.seq
		return
	default:
		s.renew(f, seg)
	}
	d.start(first)
	d.syn, d.isn = true, seg.seq
	if peer := &f.dirs[1-dir]; peer.repeated && seg.flags&packet.FlagACK != 0 {
		s.event(f, dir, ConnOpened, 0, &s.mark)
	}
}

// renew ends a connection and begins another one on the same ports.
func (s *streams) renew(f *flow, seg *segment) {
	s.finish(f)
	if f.sip {
		s.rank(f, &s.table.other)
	}
	s.begin(f, seg)
}

// stale reports whether a segment belongs to no connection that goes on. One
// with data after the end of its direction, which is no retransmission, begins a
// new connection.
func (s *streams) stale(f *flow, dir int, seg *segment) bool {
	d, peer := &f.dirs[dir], &f.dirs[1-dir]
	if d.ended {
		behind := uint32(d.next) - seg.seq
		if len(seg.payload) == 0 || behind-1 < maxJump {
			return true
		}
		s.renew(f, seg)
		return false
	}
	// Data of an earlier connection may be under way when the next one begins.
	expected := peer.syn && !peer.ignored && seg.flags&packet.FlagACK != 0
	return !d.started && expected && uint32(peer.next)-seg.ack+maxJump > 2*maxJump
}

// reset takes an RST, if the receiver would accept it.
func (s *streams) reset(f *flow, dir int, seg *segment) {
	d := &f.dirs[dir]
	if d.ended && f.dirs[1-dir].ended {
		return
	}
	if !f.takesReset(dir, seg) {
		return
	}
	refused := f.unanswered(1 - dir)
	s.finish(f)
	f.dirs[0].ended, f.dirs[1].ended = true, true
	switch {
	case f.sip:
		s.event(f, dir, ConnReset, 0, &s.mark)
	case refused:
		s.event(f, dir, ConnRefused, 0, &s.mark)
	}
}

// takesReset reports whether an RST ends the connection: it must lie in the window,
// and have the very sequence number that is expected (RFC 5961 3.2), or
// acknowledge what the other side has sent (5.2). Somebody who does not see the
// connection guesses neither; but a capture may lack what makes the number exact.
func (f *flow) takesReset(dir int, seg *segment) bool {
	d, peer := &f.dirs[dir], &f.dirs[1-dir]
	acknowledges := seg.flags&packet.FlagACK != 0 && peer.started && seg.ack == uint32(peer.next)
	switch {
	case acknowledges && !d.started:
		return true
	case d.ackSeen && seg.seq == d.acked:
		return true
	case !d.started:
		return !d.ackSeen && !peer.started
	}
	low := uint32(d.next)
	if seg.seq == low || d.finSeen && seg.seq == uint32(d.fin)+1 || d.stream != nil && seg.seq == d.stream.heldEnd() {
		return true
	}
	if d.ackSeen && int32(d.acked-low) < 0 {
		low = d.acked
	}
	return acknowledges && seg.seq-low <= maxJump
}

// finSegment takes a FIN. The direction ends when all bytes before it are there.
func (s *streams) finSegment(f *flow, dir int, seg *segment) {
	d := &f.dirs[dir]
	if d.ignored {
		return
	}
	if !d.started {
		d.start(seg.seq)
	}
	fin := d.position(seg.seq) + int64(len(seg.payload))
	if d.finSeen || fin-d.next > maxJump || d.next-fin > 0 {
		return
	}
	d.finSeen, d.fin = true, fin
	s.endAtFIN(f, dir)
	if f.sip {
		s.event(f, dir, ConnClose, 0, &s.mark)
	}
}

// endAtFIN ends a direction that has come to its FIN.
func (s *streams) endAtFIN(f *flow, dir int) {
	d := &f.dirs[dir]
	if !d.finSeen || d.next < d.fin || d.ended {
		return
	}
	d.ended = true
	if d.stream != nil {
		s.end(d.stream, stream.Over)
		s.release(f, dir)
	}
}

// finish hands on what both directions of a flow hold, and releases it.
func (s *streams) finish(f *flow) {
	for i := range f.dirs {
		if st := f.dirs[i].stream; st != nil {
			s.end(st, stream.Over)
			s.release(f, i)
		}
	}
}
