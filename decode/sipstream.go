package decode

import "simplecap/decode/stream"

// sipStream is the Conn of SIP on a stream (RFC 3261 18.3): a framer for each side.
type sipStream struct {
	sides [2]framer
}

// begin prepares a side for a session.
func (t *sipStream) begin(s *session, side stream.Side, unsure bool) {
	f := &t.sides[side]
	f.Reset()
	*f = framer{framing: &s.d.framing, sink: s, side: side, Trail: f.Trail, unsure: unsure}
}

// Feed implements stream.Conn.
func (t *sipStream) Feed(side stream.Side, b []byte, at *stream.Mark) { t.sides[side].feed(b, at) }

// Gap implements stream.Conn.
func (t *sipStream) Gap(side stream.Side, _ uint64, why stream.End) { t.sides[side].gap(why) }

// End implements stream.Conn.
func (t *sipStream) End(side stream.Side, why stream.End) { t.sides[side].finish(why) }

// Waiting implements stream.Conn.
func (t *sipStream) Waiting(side stream.Side) (held int, wait stream.Wait) {
	return t.sides[side].waiting()
}

// Close implements stream.Conn.
func (t *sipStream) Close() {
	for i := range t.sides {
		t.sides[i].forget()
	}
}

func sipFirst(c byte) bool { return tokenChar[c] || c == '\r' || c == '\n' || junkFirst(c) }

// sipBegins is the probe of SIP on a stream.
func sipBegins(b []byte, unsure bool) startMatch { return startsHere(b, unsure) }

func openSIP(s *session) stream.Conn { return &s.text }

// readSIP reads a datagram.
func readSIP(d *Decoder, p *packet, b []byte) bool { return d.datagram(p, b) }
