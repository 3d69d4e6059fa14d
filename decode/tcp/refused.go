package tcp

import (
	"time"

	"simplecap/decode/packet"
	"simplecap/decode/stream"
)

// This file tells of TCP connections that do not come about: what a proxy meets that
// cannot reach its next hop.

// unanswered reports whether a direction has sent its SYN and nothing more, and the
// other one has not said anything.
func (f *Flow) unanswered(dir stream.Side) bool {
	d, peer := &f.dirs[dir], &f.dirs[1-dir]
	return d.syn && uint32(d.next) == d.isn+1 && !d.ended && !peer.started
}

// synPause is how long after its first SYN a client sends another one at the earliest
// (RFC 6298 2.1 and 2.4 ask for a second). What comes before is a copy that the capture made.
const synPause = 500 * time.Millisecond

// synAgain takes a SYN that was sent again.
func (s *Flows) synAgain(f *Flow, dir stream.Side) {
	if !f.unanswered(dir) || s.clock-f.opened < int64(synPause) {
		return
	}
	f.dirs[dir].repeated = true
	s.event(f, 1-dir, Silent, 0, &s.mark)
}

// Quoted returns the flow that an ICMP error quotes a segment of, if bytes of its number are
// under way: sent, and not acknowledged (RFC 5927 4.1); nil for none. Where the segment is a
// SYN that nobody has answered, the connection was refused.
func (s *Flows) Quoted(src, dst *packet.Endpoint, seq uint32) (f *Flow, refused bool) {
	f, dir := s.table.find(src, dst, s.table.hash(src, dst))
	if f == nil || !f.underWay(dir, seq) {
		return nil, false
	}
	return f, f.unanswered(dir)
}

// underWay reports whether a direction has sent the byte, or SYN, with a sequence
// number and nobody has acknowledged it.
func (f *Flow) underWay(dir stream.Side, seq uint32) bool {
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
