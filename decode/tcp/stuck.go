package tcp

import (
	"time"

	"simplecap/decode/stream"
)

// stuckAfter is how long bytes have been under way at least, in nanoseconds, when their coming
// again says that they do not arrive. A sender's timer has had them sent again before, mostly
// more than once (RFC 6298); a copy that the capture made comes sooner.
const stuckAfter = int64(time.Second)

// resent takes a segment whose bytes have all come before: where the other side has not
// acknowledged them, they have not arrived, or their acknowledgement has not.
func (s *Flows) resent(f *Flow, dir stream.Side, seg *segment) {
	d := &f.dirs[dir]
	if !f.SIP || d.stuck || !d.ackSeen || d.sentAt == 0 || s.mark.Time-d.sentAt < stuckAfter {
		return
	}
	if missing := seg.seq + uint32(len(seg.payload)) - d.acked; missing == 0 || missing > maxJump {
		return
	}
	d.stuck = true
	s.event(f, dir, Stuck, 0, &s.mark)
}

// moved takes an acknowledgement of other bytes than the last one. What is left was sent
// some time ago: nobody knows when.
func (s *Flows) moved(f *Flow, side stream.Side, ack uint32) {
	d := &f.dirs[side]
	if ack != uint32(d.next) {
		d.sentAt = s.mark.Time
	}
	if d.stuck {
		d.stuck = false
		s.event(f, side, Moved, 0, &s.mark)
	}
}
