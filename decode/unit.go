package decode

import (
	"simplecap/decode/sip"
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
	if !m.ScanUnit(b, at.Carriage&(stream.Cut|stream.ShortFrame) != 0, &s.d.framing.Limits) {
		return
	}
	parts := s.d.framesOf(at)
	s.found(side)
	if m.Another(b) {
		m.Defects |= sip.DefectAnotherBehind
	}
	s.emit(side, u.transport, Carrier{Payload: b}, at, parts)
}
