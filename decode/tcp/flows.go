package tcp

import (
	"time"

	"simplecap/decode/packet"
	"simplecap/decode/stream"
	"simplecap/internal/order"
)

// Limits are the bounds of Flows. None may be 0. What is given up because of them is
// counted in Stats.Evicted.
type Limits struct {
	Flows       int           // connections remembered
	FlowBytes   int           // bytes held for one direction of a connection
	StreamBytes int           // bytes held for all connections, with what their Readers hold
	RecallBytes int           // bytes of one direction with SIP that are kept to be compared with what comes again
	RecallTotal int           // bytes of memory that all of these take, about
	GapTime     time.Duration // how long a missing segment is waited for
	StallTime   time.Duration // how long a Reader may wait for the rest of a unit
	FlowTime    time.Duration // idle time after which a connection is forgotten
}

// Stats count what became of connections that carry SIP, and what was given up of any.
type Stats struct {
	Gaps, GapBytes uint64 // holes, and the bytes that are missing in them
	Cut            uint64 // segments that the snapshot length cut
	Evicted        uint64 // flows, holes and units given up because a limit was reached
}

// Reader reads the bytes of a connection in order.
type Reader interface {
	stream.Conn
	// Begin prepares a side for its first bytes; unsure says that they may not be the first
	// that were sent.
	Begin(side stream.Side, unsure bool)
	// Patience is how many bytes of a side may come before it is left alone, as long as no
	// SIP is found.
	Patience() int
	// Early takes bytes that were sent before the first ones that were captured of a side; end
	// is the sequence number behind them. It reports whether they could be read apart from the others.
	Early(side stream.Side, b []byte, at *stream.Mark, end uint32) bool
}

// Flows are the TCP connections that are being followed. A segment is taken in two
// steps, because what a wrong checksum means is its owner's to say: Find, and Follow
// where the flow is not Passing.
type Flows struct {
	Limits Limits
	Hint   func(f *Flow) bool   // whether a port of a connection that begins is known for SIP; may be nil
	Open   func(f *Flow) Reader // who reads a connection, of which the first bytes come
	Event  func(e *Event)       // what happens to connections that carry SIP, and which do not come about; may be nil

	table flowTable
	stats Stats

	short, long order.List[half] // streams that wait for Limits.GapTime, and for Limits.StallTime

	clock    int64       // the largest time seen
	segments uint64      // segments seen
	flows    uint64      // connections numbered
	bytes    int         // held in all streams
	mark     stream.Mark // of the segment that is being read
	other    bool        // that segment brought data of something else than SIP

	recalls recalls // what was read last, to be compared with what comes again

	freeStreams  order.List[half]
	spareStreams int
}

// segment is the part of a TCP segment that matters here (RFC 9293 3.1).
type segment struct {
	seq, ack uint32
	flags    uint8
	cut      int64 // bytes by which the snapshot length cut the payload
	payload  []byte
}

// Init makes the Flows ready; its exported fields are set before.
func (s *Flows) Init() { s.table.init() }

// Stats returns what has been counted so far.
func (s *Flows) Stats() Stats { return s.stats }

// Clock is the largest time that Advance was given, in nanoseconds since 1970 UTC.
func (s *Flows) Clock() int64 { return s.clock }

// Held returns how many bytes of memory are held for all connections.
func (s *Flows) Held() int { return s.bytes }

// Len returns how many connections are known.
func (s *Flows) Len() int { return s.table.count }

// Flush hands on what is held back in every stream: the capture is over.
func (s *Flows) Flush() {
	for _, l := range []*order.List[half]{&s.short, &s.long} {
		for st := l.Oldest(); st != nil; st = l.Oldest() {
			why := stream.Capture
			if st.since < s.clock-int64(s.Limits.GapTime) {
				why = stream.Over
			}
			st.wait.Remove()
			s.end(st, why)
		}
	}
}

// Forget ends all connections and sets the clock back.
func (s *Flows) Forget() {
	for s.table.count > 0 {
		f := s.table.oldest()
		s.finish(f)
		s.forget(f)
		s.table.remove(f)
	}
	s.clock = 0
}

// Find returns the flow of the segment that a Walk has stopped at and which side sends it.
// The first segment opens one, unless it has nothing to follow, neither a SYN nor data:
// the flow is nil then.
func (s *Flows) Find(w *packet.Walk) (*Flow, stream.Side) {
	s.segments++
	hash := s.table.hash(&w.Src, &w.Dst)
	f, dir := s.table.find(&w.Src, &w.Dst, hash)
	if f == nil {
		if f = s.open(w, hash); f == nil {
			return nil, 0
		}
	}
	s.use(f)
	return f, dir
}

// Passing reports whether the segment changes nothing: its side is left alone, and it
// neither begins nor ends anything.
func (f *Flow) Passing(side stream.Side, flags uint8) bool {
	return f.dirs[side].ignored && flags&(packet.FlagSYN|packet.FlagFIN|packet.FlagRST) == 0
}

// Follow takes the segment that Find has found the flow of. It reports whether that brought
// data of something else than SIP.
func (s *Flows) Follow(w *packet.Walk, f *Flow, side stream.Side) (other bool) {
	s.mark, s.other = w.At, false
	s.follow(f, side, &segment{seq: w.Segment.Seq, ack: w.Segment.Ack, flags: w.Segment.Flags, cut: w.Lacks(), payload: w.Payload})
	return s.other
}

// open begins to follow a connection at its first segment.
func (s *Flows) open(w *packet.Walk, hash uint64) *Flow {
	flags := w.Segment.Flags
	if flags&packet.FlagRST != 0 || flags&packet.FlagSYN == 0 && len(w.Payload) == 0 {
		return nil
	}
	if s.table.count >= s.Limits.Flows {
		s.evict(s.table.oldest())
	}
	f := s.table.add(&w.Src, &w.Dst, hash)
	s.begin(f, flags)
	return f
}

// begin numbers a connection whose first segment has these flags.
func (s *Flows) begin(f *Flow, flags uint8) {
	s.flows++
	f.Number, f.last, f.opened = s.flows, s.clock, s.clock
	f.Label, f.SIP, f.dirs = 0, false, [2]direction{}
	f.gaps, f.gapBytes, f.doubt, f.offer = 0, 0, nil, offer{}
	f.MidStream = flags&packet.FlagSYN == 0
	f.Hint = s.Hint != nil && s.Hint(f)
}

// evict forgets a flow to make room for another.
func (s *Flows) evict(f *Flow) {
	if !s.idle(f) && !(f.dirs[0].ended && f.dirs[1].ended) {
		s.stats.Evicted++
	}
	s.finish(f)
	s.forget(f)
	s.table.remove(f)
}

func (s *Flows) idle(f *Flow) bool {
	return f.last < s.clock-int64(s.Limits.FlowTime)
}

// use moves a flow to the end of the order of use, now and then: the order need
// not be exact, and most segments should touch only their own flow.
func (s *Flows) use(f *Flow) {
	if s.segments-f.touched > uint64(min(1024, s.Limits.Flows/8)) {
		f.touched = s.segments
		s.rank(f, s.table.order(f))
	}
	if s.idle(f) { // what comes now is another connection, though the last one was left alone
		for i := range f.dirs {
			f.dirs[i].ended, f.dirs[i].ignored = true, false
		}
	}
	f.last = s.clock
}

// follow takes a segment of a flow that may matter.
func (s *Flows) follow(f *Flow, dir stream.Side, seg *segment) {
	if f.offer.set {
		s.decide(f, dir, seg)
	}
	if seg.flags&packet.FlagRST != 0 { // which counts before a SYN in the same segment (RFC 9293 3.10.7)
		s.reset(f, dir, seg)
		return
	}
	if seg.flags&packet.FlagSYN != 0 {
		if !s.syn(f, dir, seg) {
			return
		}
		seg.seq++
	}
	if s.stale(f, dir, seg) {
		return
	}
	if seg.flags&packet.FlagACK != 0 {
		peer := &f.dirs[1-dir]
		s.owes(f, 1-dir, seg)
		if f.SIP && seg.ack != peer.acked {
			s.moved(f, 1-dir, seg.ack)
		}
		peer.acked, peer.ackSeen = seg.ack, true
		if st := peer.stream; st != nil && st.far != nil {
			s.acknowledged(st, seg.ack)
		}
	}
	if len(seg.payload) > 0 && !f.dirs[dir].ignored {
		s.data(f, dir, seg)
	}
	if seg.flags&packet.FlagFIN != 0 {
		s.finSegment(f, dir, seg)
	}
}

// stale reports whether a segment belongs to no connection that goes on. One
// with data after the end of its direction, which is no retransmission, begins a
// new connection.
func (s *Flows) stale(f *Flow, dir stream.Side, seg *segment) bool {
	d, peer := &f.dirs[dir], &f.dirs[1-dir]
	if d.ended {
		behind, known := uint32(d.next)-seg.seq, d.next != 0 // else no byte of this side was seen, and none can come again
		if len(seg.payload) == 0 || known && behind-1 < maxJump {
			pos := d.position(seg.seq)
			s.early(f, dir, pos, seg.payload)
			s.compare(f, dir, pos, seg.payload)
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
func (s *Flows) reset(f *Flow, dir stream.Side, seg *segment) {
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
	case f.SIP:
		s.event(f, dir, Reset, 0, &s.mark)
	case refused:
		s.event(f, dir, Refused, 0, &s.mark)
	}
}

// takesReset reports whether an RST ends the connection: it must lie in the window,
// and have the very sequence number that is expected (RFC 5961 3.2), or
// acknowledge what the other side has sent (5.2). Somebody who does not see the
// connection guesses neither; but a capture may lack what makes the number exact.
func (f *Flow) takesReset(dir stream.Side, seg *segment) bool {
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
func (s *Flows) finSegment(f *Flow, dir stream.Side, seg *segment) {
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
	s.waitForTail(f, dir)
	s.endAtFIN(f, dir)
	if f.SIP {
		s.event(f, dir, Close, 0, &s.mark)
	}
}

// waitForTail waits for bytes that were sent last and have not come, as the segment at hand
// shows.
func (s *Flows) waitForTail(f *Flow, dir stream.Side) {
	if !f.dirs[dir].tail() {
		return
	}
	st := s.stream(f, dir)
	st.tailMark = s.mark
	s.ask(st)
}

// endAtFIN ends a direction that has come to its FIN.
func (s *Flows) endAtFIN(f *Flow, dir stream.Side) {
	d := &f.dirs[dir]
	if !d.finSeen || d.wanted() < d.fin || d.ended {
		return
	}
	d.ended, d.next = true, max(d.next, d.fin)
	if d.stream != nil {
		d.stream.far = nil // who comes to its end here was not there
		s.end(d.stream, stream.Over)
		s.release(f, dir)
	}
}

// finish hands on what both directions of a flow hold, and releases it.
func (s *Flows) finish(f *Flow) {
	for i := range f.dirs {
		if st := f.dirs[i].stream; st != nil {
			s.end(st, stream.Over)
			s.release(f, stream.Side(i))
		}
	}
}
