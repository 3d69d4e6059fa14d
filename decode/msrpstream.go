package decode

import (
	"simplecap/capture"
	"simplecap/decode/msrp"
	"simplecap/decode/stream"
)

// MSRP is one MSRP message, or a chunk of one, and what carried it. The message is
// valid until the handler returns.
type MSRP struct {
	*msrp.Message
	Src, Dst  Endpoint
	Transport Transport
	Conn      uint64 // number of the TCP connection in this run
	Time      int64  // capture time of the frame that completes it, in nanoseconds since 1970 UTC
	HasTime   bool
	Frame     capture.Ref // the frame that completes it
	Carriage  Carriage
}

// MSRPHandler is implemented by a Handler that wants MSRP.
type MSRPHandler interface {
	// MSRP is called with each message, in the order of the capture.
	MSRP(m *MSRP)
}

// msrpJoins is the probe of MSRP where a stream is joined in the middle: a whole start
// line, since a text may begin with the word.
func msrpJoins(b []byte) bool {
	line, ended := stream.Line(b)
	return ended && msrp.Start(b[:min(len(b), len(line)+2)])
}

// msrpConnection is the Conn of MSRP (RFC 4975).
type msrpConnection struct {
	session *session
	sides   [2]msrp.Parser
}

func openMSRP(s *session) stream.Conn {
	m := &msrpConnection{session: s}
	for i := range m.sides {
		m.sides[i].Bytes = s.d.limits.MessageBytes
		if s.flow.MidStream {
			m.sides[i].Lose(func(*msrp.Message) {}) // the first bytes may be of a text
		}
	}
	return m
}

// readsMSRP reports whether what a session carries is MSRP that somebody wants.
func (s *session) readsMSRP() bool {
	switch c := s.conn.(type) {
	case *msrpConnection:
		return s.d.msrp != nil
	case *tlsConn:
		return c.inner != nil && c.inner.readsMSRP()
	}
	return false
}

// Feed implements stream.Conn.
func (c *msrpConnection) Feed(side stream.Side, b []byte, at *stream.Mark) {
	c.session.d.carries = true
	c.sides[side].Feed(b, func(m *msrp.Message) { c.emit(side, m, at) })
}

// emit hands on a message that came on a side.
func (c *msrpConnection) emit(side stream.Side, m *msrp.Message, at *stream.Mark) {
	d := c.session.d
	d.stats.MSRP++
	if d.msrp == nil {
		return
	}
	f, carriage := c.session.flow, at.Carriage
	if f.MidStream {
		carriage |= MidStream
	}
	d.msrp.MSRP(&MSRP{
		Message: m, Src: f.Ends[side], Dst: f.Ends[side.Other()], Transport: c.session.transport, Conn: f.Number,
		Time: at.Time, HasTime: at.HasTime, Frame: at.Frame, Carriage: carriage,
	})
}

// Gap implements stream.Conn.
func (c *msrpConnection) Gap(side stream.Side, n uint64, _ stream.End) {
	c.sides[side].Lose(func(m *msrp.Message) { c.cut(side, m) })
}

// End implements stream.Conn.
func (c *msrpConnection) End(side stream.Side, why stream.End) {
	if why != stream.Silence {
		c.sides[side].End(func(m *msrp.Message) { c.cut(side, m) })
	}
}

// cut hands on a message whose end is not there: it has no frame that completes it.
func (c *msrpConnection) cut(side stream.Side, m *msrp.Message) {
	c.emit(side, m, &stream.Mark{Carriage: stream.Cut})
}

// Waiting implements stream.Conn.
func (c *msrpConnection) Waiting(side stream.Side) (held int, wait stream.Wait) {
	held = c.sides[side].Held()
	if c.sides[side].Waiting() {
		return held, stream.ForRest
	}
	return held, stream.Nothing
}

// Close implements stream.Conn.
func (c *msrpConnection) Close() {
	for i := range c.sides {
		c.sides[i] = msrp.Parser{}
	}
}
