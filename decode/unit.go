package decode

import (
	"bytes"

	"simplecap/decode/stream"
)

// units is the Sink of a session: each unit holds one SIP message (RFC 7118 5,
// RFC 4168 5), as a datagram does.
type units struct {
	session   *session
	transport Transport
}

// units returns a Sink for whole units inside this session.
func (s *session) units(transport Transport) *units { return &units{s, transport} }

// Unit implements stream.Sink.
func (u *units) Unit(side stream.Side, b []byte, at *stream.Mark) {
	s := u.session
	m := &s.d.message
	if !m.scan(b, at.Carriage&stream.Cut != 0, &s.d.limits) {
		return
	}
	parts := append(append(s.d.framing.parts[:0], at.Also...), at.Frame)
	s.d.framing.parts = parts
	s.found(side)
	m.Payload = b
	if m.Beyond > 0 && matchStartLine(bytes.TrimLeft(b[len(b)-int(m.Beyond):], "\r\n")) == startYes {
		m.Defects |= DefectAnotherBehind
	}
	s.emit(side, u.transport, m, at, parts)
}
