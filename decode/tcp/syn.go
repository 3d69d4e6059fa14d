package tcp

import (
	"simplecap/decode/packet"
	"simplecap/decode/stream"
)

// This file tells which SYN begins a connection. Who knows only addresses and ports can slip
// one into a connection that goes on: its receiver answers with what it waits for, and
// nothing changes (RFC 9293 3.10.7.4, RFC 5961 4). So on the ports of a connection that goes
// on a SYN is remembered until something shows that it counts.

// offer is a SYN on the ports of a connection that goes on.
type offer struct {
	at     int64  // the capture's clock
	isn    uint32 // its sequence number
	side   stream.Side
	set    bool
	denied bool // the connection has gone on since
}

// syn takes a SYN: of this connection, sent again, or of the next one on the same ports. It
// reports whether the rest of the segment counts.
func (s *Flows) syn(f *Flow, dir stream.Side, seg *segment) bool {
	d := &f.dirs[dir]
	first := seg.seq + 1
	switch late := uint32(d.next) - first; {
	case d.syn && d.isn == seg.seq && !d.ended:
		s.synAgain(f, dir)
		return true
	case !d.started && !f.contradicts(dir, first):
	case d.started && !d.syn && !d.ended && late < 1<<16: // overtaken by the data
		d.syn, d.isn = true, seg.seq
		return true
	case d.started && d.syn && !d.ended && f.answers(1-dir, seg): // once more: what is acknowledged tells which one counts
		return true
	case f.goesOn():
		return s.offered(f, dir, seg)
	default:
		s.renew(f, seg)
	}
	d.start(first)
	d.syn, d.isn = true, seg.seq
	if peer := &f.dirs[1-dir]; peer.repeated && seg.flags&packet.FlagACK != 0 {
		s.event(f, dir, Opened, 0, &s.mark)
	}
	return true
}

// contradicts reports whether the other side waits for another first byte of a side of which
// nothing was seen.
func (f *Flow) contradicts(side stream.Side, first uint32) bool {
	d := &f.dirs[side]
	return d.ackSeen && d.acked != first && f.dirs[1-side].started
}

// answers reports whether a SYN acknowledges the one of a side that has sent no other since.
func (f *Flow) answers(side stream.Side, seg *segment) bool {
	d := &f.dirs[side]
	return seg.flags&packet.FlagACK != 0 && d.syn && !d.ended && seg.ack == d.isn+1
}

// goesOn reports whether there is a connection that a SYN could take the place of: it has
// not ended, and it is followed.
func (f *Flow) goesOn() bool {
	a, b := &f.dirs[0], &f.dirs[1]
	return !(a.ended && b.ended) && !a.ignored && !b.ignored
}

// offered remembers a SYN, in place of an earlier one. If it is the same again, and
// nothing was seen of the connection meanwhile, that is over. It reports whether the rest
// of the segment counts.
func (s *Flows) offered(f *Flow, side stream.Side, seg *segment) bool {
	o := &f.offer
	if !o.set || o.side != side || o.isn != seg.seq {
		*o = offer{at: s.clock, isn: seg.seq, side: side, set: true}
		return false
	}
	if o.denied || s.clock-o.at < int64(synPause) {
		return false
	}
	s.take(f)
	s.synAgain(f, side)
	return true
}

// decide looks at a segment behind a SYN that was remembered.
func (s *Flows) decide(f *Flow, side stream.Side, seg *segment) {
	switch {
	case f.accepts(side, seg):
		s.take(f)
	case seg.flags&packet.FlagSYN == 0:
		f.offer.denied = true
	}
}

// accepts reports whether a segment shows that the SYN that was remembered counts: the other
// side acknowledges it, or it is the next of a side whose other side was never seen. An
// acknowledgement without SYN may be of what the connection itself has sent there.
func (f *Flow) accepts(side stream.Side, seg *segment) bool {
	o, isSYN := &f.offer, seg.flags&packet.FlagSYN != 0
	d, first := &f.dirs[o.side], f.offer.isn+1
	if side == o.side {
		return !isSYN && seg.seq == first && !d.ackSeen && !f.dirs[1-side].started
	}
	if seg.flags&packet.FlagACK == 0 {
		return false
	}
	if other := &f.dirs[side]; !isSYN && other.started && !other.near(seg.seq) && seg.ack-first < 1<<16 {
		return true // it is not of the connection, and has what came behind the SYN
	}
	return seg.ack == first && (isSYN || first-uint32(d.next)+maxJump > 2*maxJump)
}

// take begins the connection of the SYN that was remembered.
func (s *Flows) take(f *Flow) {
	o := f.offer
	s.renew(f, &segment{seq: o.isn, flags: packet.FlagSYN})
	f.opened = o.at
	d := &f.dirs[o.side]
	d.start(o.isn + 1)
	d.syn, d.isn = true, o.isn
}

// renew ends a connection and begins another one on the same ports.
func (s *Flows) renew(f *Flow, seg *segment) {
	s.finish(f)
	s.forget(f)
	if f.SIP {
		s.rank(f, &s.table.other)
	}
	s.begin(f, seg.flags)
}
