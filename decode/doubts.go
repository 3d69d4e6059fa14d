package decode

import "simplecap/capture"

// ContradictionHandler is implemented by a Handler that wants to know of bytes that came
// twice and differ. Where a message was not handed on yet when its bytes did, Contradicted
// in its Carriage says so instead.
type ContradictionHandler interface {
	Contradiction(c *Contradiction) // valid until it returns
}

// Contradiction is bytes that came twice and differ. The first were read.
type Contradiction struct {
	Src, Dst  Endpoint
	Transport Transport   // TCP or SCTP, whatever is inside
	Conn      uint64      // as Message.Conn
	Of        capture.Ref // that brought the first ones, 0 where that is not known
	Frame     capture.Ref // that brought the others
}

// contradicted counts a contradiction and tells of it.
func (d *Decoder) contradicted(c *Contradiction) {
	d.stats.Contradictions++
	d.carries = true
	if d.doubts != nil {
		d.doubts.Contradiction(c)
	}
}
