package sip

import "simplecap/decode/stream"

// Stream is the stream.Conn of SIP (RFC 3261 18.3): it cuts both sides of a connection
// into messages. Begin must be called for a side before its first bytes.
type Stream struct {
	sides [2]framer
}

// Begin prepares a side for its first bytes; unsure says that they may be in the middle
// of a message. What is found goes to out.
func (t *Stream) Begin(shared *Framing, out Sink, side stream.Side, unsure bool) {
	f := &t.sides[side]
	f.Reset()
	*f = framer{Framing: shared, sink: out, side: side, Trail: f.Trail, unsure: unsure}
}

// Unsure reports whether the next bytes of a side may be in the middle of a message.
func (t *Stream) Unsure(side stream.Side) bool { return t.sides[side].unsure }

// Search takes the next bytes of a side for anything, up to the first start line.
func (t *Stream) Search(side stream.Side) { t.sides[side].enter(phaseSearch) }

// Unreadable reports whether b, the first bytes of a side, which have not been fed,
// begin like a message that cannot be read, and tells the Sink.
func (t *Stream) Unreadable(side stream.Side, b []byte, at *stream.Mark) bool {
	return t.sides[side].unreadable(b, at)
}

// Feed implements stream.Conn.
func (t *Stream) Feed(side stream.Side, b []byte, at *stream.Mark) { t.sides[side].feed(b, at) }

// Gap implements stream.Conn.
func (t *Stream) Gap(side stream.Side, _ uint64, why stream.End) { t.sides[side].gap(why) }

// End implements stream.Conn.
func (t *Stream) End(side stream.Side, why stream.End) { t.sides[side].finish(why) }

// Waiting implements stream.Conn.
func (t *Stream) Waiting(side stream.Side) (held int, wait stream.Wait) {
	return t.sides[side].waiting()
}

// Close implements stream.Conn.
func (t *Stream) Close() {
	for i := range t.sides {
		t.sides[i].forget()
	}
}
