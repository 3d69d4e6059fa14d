package decode

import "simplecap/decode/stream"

// Early implements tcp.Reader. SIP is read by a session of its own, so that what is
// under way is not disturbed; in other protocols nothing can be read apart.
func (s *session) Early(side stream.Side, b []byte, at *stream.Mark, end uint32) bool {
	if s.conn != nil && s.conn != &s.text {
		return false
	}
	e := s.d.openSession(s.flow, s.transport, s.inner)
	e.early = &end
	e.Begin(side, true)
	e.sides[side] = sideSearch
	e.text.Search(side)
	e.text.Feed(side, b, at)
	e.text.End(side, stream.Missing)
	found := e.conn != nil
	e.Close()
	return found
}

// next is the sequence number behind what has been read of a side.
func (s *session) next(side stream.Side) uint32 {
	if s.early != nil {
		return *s.early
	}
	return s.flow.Next(side)
}
