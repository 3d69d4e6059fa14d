package decode

import (
	"time"

	"simplecap/decode/stream"
)

// This file tells of TCP connections that do not come about: what a proxy meets that
// cannot reach its next hop.

// unanswered reports whether a direction has sent its SYN and nothing more, and the
// other one has not said anything.
func (f *flow) unanswered(dir int) bool {
	d, peer := &f.dirs[dir], &f.dirs[1-dir]
	return d.syn && uint32(d.next) == d.isn+1 && !d.ended && !peer.started
}

// synPause is how long after its first SYN a client sends another one at the earliest
// (RFC 6298 2.1 and 2.4 ask for a second). What comes before is a copy that the capture made.
const synPause = 500 * time.Millisecond

// synAgain takes a SYN that was sent again.
func (s *streams) synAgain(f *flow, dir int) {
	if !f.unanswered(dir) || s.clock-f.opened < int64(synPause) {
		return
	}
	f.dirs[dir].repeated = true
	s.event(f, 1-dir, ConnSilent, 0, &s.mark)
}

// quoted returns the connection that an ICMP error quotes a segment of, if bytes of
// that number are under way: sent, and not acknowledged (RFC 5927 4.1); 0 for none.
// Where the segment is a SYN the connection was refused.
func (s *streams) quoted(e *ICMPError) (conn uint64) {
	f, dir := s.table.find(&e.Src, &e.Dst, s.table.hash(&e.Src, &e.Dst))
	if f == nil || !f.underWay(dir, e.seq) {
		return 0
	}
	if f.unanswered(dir) {
		s.mark = stream.Mark{Frame: e.Frame, Time: e.Time, HasTime: e.HasTime}
		s.refused(f, dir, e)
	}
	return f.conn
}

// underWay reports whether a direction has sent the byte, or SYN, with a sequence
// number and nobody has acknowledged it.
func (f *flow) underWay(dir int, seq uint32) bool {
	d := &f.dirs[dir]
	if !d.started {
		return false
	}
	end := uint32(d.next)
	if d.stream != nil && len(d.stream.held.segs) > 0 {
		end = d.stream.heldEnd()
	}
	sent := end - seq // bytes since then
	return sent > 0 && sent <= maxJump && (!d.ackSeen || int32(seq-d.acked) >= 0)
}

// refused tells of a SYN that an ICMP error quotes.
func (s *streams) refused(f *flow, dir int, e *ICMPError) {
	if s.d.conns == nil {
		return
	}
	s.d.conns.Connection(&ConnEvent{
		Kind: ConnRefused, Conn: f.conn, Src: f.ends[1-dir], Dst: f.ends[dir],
		Reason: "ICMP " + e.Reason + " from " + e.From.Host(), Time: e.Time, HasTime: e.HasTime, Frame: e.Frame,
	})
}
