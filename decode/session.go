package decode

import (
	"simplecap/capture"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
	"simplecap/decode/tcp"
)

// maxSpareSessions is how many are kept for reuse.
const maxSpareSessions = 1024

// session reads a connection, or what a layer of one carries: it asks the probe table
// what the first bytes of a side are and gives all that follows to the Conn that reads
// it. It is a Conn itself, so that a layer such as TLS hands its bytes to a session,
// where they are probed again.
type session struct {
	d         *Decoder
	flow      *tcp.Flow // the connection at the bottom of all layers
	transport Transport
	inner     bool        // it reads what is inside a layer, not the connection itself
	conn      stream.Conn // what reads it, nil until that is known
	sides     [2]sideState
	probing   [2]*probing // what the probe table has not decided about; nil for nothing
	text      sip.Stream  // SIP, or what may turn out to be SIP
	early     *uint32     // it reads bytes from before the beginning: the sequence number behind them
	free      *session    // the next one that is not in use
}

// sideState says what is known of one side of a session without a Conn.
type sideState uint8

const (
	sideNew    sideState = iota // nothing, or not enough
	sideSearch                  // it is not what its first bytes may be, but SIP may follow
	sideOther                   // nothing that is read
)

// openSession returns a session for a flow.
func (d *Decoder) openSession(f *tcp.Flow, transport Transport, inner bool) *session {
	s := d.sessions
	if s == nil {
		s = new(session)
	} else {
		d.sessions, d.spare = s.free, d.spare-1
	}
	text := s.text
	*s = session{d: d, flow: f, transport: transport, inner: inner, text: text}
	return s
}

// Begin implements tcp.Reader.
func (s *session) Begin(side stream.Side, unsure bool) {
	s.text.Begin(&s.d.framing, s, side, unsure)
	s.probing[side] = nil
	switch {
	case s.conn == nil:
		s.sides[side] = sideNew
	case unsure && s.conn != &s.text:
		s.conn.Gap(side, 0, stream.Missing)
	}
}

// Feed implements stream.Conn.
func (s *session) Feed(side stream.Side, b []byte, at *stream.Mark) {
	switch {
	case s.conn != nil:
		s.conn.Feed(side, b, at)
	case s.sides[side] == sideNew:
		s.probe(side, b, at)
	case s.sides[side] == sideSearch:
		if p := s.d.probes.joins(b); p != nil && !s.flow.SIP {
			s.become(p)
			s.conn.Feed(side, b, at)
			return
		}
		s.text.Feed(side, b, at)
	}
}

// probing holds what a side has sent that does not say yet what it is.
type probing struct {
	stream.Buffer
	line stream.LineWait
}

// minLine is more than the bytes that a protocol without lines is recognised by.
const minLine = 32

// probe asks what the first bytes of a side are, of which b are the next. Bytes that
// do not decide are held.
func (s *session) probe(side stream.Side, b []byte, at *stream.Mark) {
	q := s.probing[side]
	if q == nil {
		if b = b[sip.KeepAlive(b):]; len(b) == 0 {
			return
		}
	} else if q.Hold(b, at); q.line.Still(q.Kept()) {
		return
	} else {
		b = q.Kept()
	}
	switch p, match := s.what(b, s.text.Unsure(side)); match {
	case stream.Yes:
		s.become(p)
		s.handOver(side, b, at)
	case stream.No:
		s.unknown(side, b, at)
	default:
		s.hold(side, b, at)
	}
}

// hold keeps the first bytes of a side, which do not decide, unless they are held already.
func (s *session) hold(side stream.Side, b []byte, at *stream.Mark) {
	q := s.probing[side]
	if q == nil {
		q = new(probing)
		q.Hold(b, at)
		s.probing[side] = q
	}
	if len(b) >= minLine {
		q.line.For(b, stream.MaxLine)
	}
}

// what asks the probe table about the first bytes of a side; unsure says that they may be
// in the middle of something.
func (s *session) what(b []byte, unsure bool) (*protocol, stream.Match) {
	if unsure && !s.flow.SIP {
		if p := s.d.probes.joins(b); p != nil {
			return p, stream.Yes
		}
	}
	return s.d.probes.stream(b, unsure)
}

// handOver gives the first bytes of a side, b, which came as at says or are held, to the
// reader of what they turned out to be, and what is held of the other side.
func (s *session) handOver(side stream.Side, b []byte, at *stream.Mark) {
	if s.probing[side] == nil && s.conn != nil {
		s.conn.Feed(side, b, at)
	}
	s.release(side, s.conn)
	s.release(side.Other(), s.conn)
}

// release gives what is held of a side to a Conn, if there is one.
func (s *session) release(side stream.Side, to stream.Conn) {
	q := s.probing[side]
	if s.probing[side] = nil; q != nil && to != nil {
		q.Give(to, side)
	}
}

// become makes the session one of a protocol that the probe table has recognised.
func (s *session) become(p *protocol) {
	s.flow.Label = uint8(p.class)
	if p.open == nil {
		s.sides = [2]sideState{sideOther, sideOther}
		return
	}
	s.conn = p.open(s)
}

// unknown decides about bytes that begin nothing that is known: search them for SIP, or
// leave them alone. A stream whose beginning was captured does not become SIP later,
// unless its port says so or it begins like SIP that cannot be read.
func (s *session) unknown(side stream.Side, b []byte, at *stream.Mark) {
	q := s.probing[side]
	first := at
	if q != nil {
		mark := q.Mark(1)
		first = &mark
	}
	like := s.text.Unreadable(side, b, first)
	if like {
		s.flow.Label = uint8(ClassSIPOther)
	}
	if !like && !s.text.Unsure(side) && !s.flow.Hint && !s.flow.SIP {
		s.sides[side] = sideOther
		s.probing[side] = nil
		return
	}
	s.sides[side] = sideSearch
	s.text.Search(side)
	if q == nil {
		s.text.Feed(side, b, at)
	}
	s.release(side, &s.text)
}

// reader is what reads a side of which no more bytes come that could tell what they are.
func (s *session) reader(side stream.Side) stream.Conn {
	if s.conn != nil {
		return s.conn
	}
	s.release(side, &s.text)
	return &s.text
}

// Gap implements stream.Conn.
func (s *session) Gap(side stream.Side, n uint64, why stream.End) { s.reader(side).Gap(side, n, why) }

// End implements stream.Conn.
func (s *session) End(side stream.Side, why stream.End) { s.reader(side).End(side, why) }

// Waiting implements stream.Conn.
func (s *session) Waiting(side stream.Side) (held int, wait stream.Wait) {
	switch {
	case s.conn != nil:
		return s.conn.Waiting(side)
	case s.sides[side] == sideOther:
		return 0, stream.Done
	case s.probing[side] != nil:
		return s.probing[side].Waiting()
	}
	return s.text.Waiting(side)
}

// Close implements stream.Conn.
func (s *session) Close() {
	if s.conn != nil && s.conn != &s.text {
		s.conn.Close()
	}
	s.text.Close()
	s.conn, s.flow, s.probing = nil, nil, [2]*probing{}
	if s.d.spare < maxSpareSessions {
		s.free, s.d.sessions, s.d.spare = s.d.sessions, s, s.d.spare+1
	}
}

// detach makes the session, and what is inside it, read a copy of its flow: the
// connection is over, but something in it waits.
func (s *session) detach(f *tcp.Flow) {
	s.flow = f
	if t, ok := s.conn.(*tlsConn); ok {
		if t.flow = f; t.inner != nil {
			t.inner.detach(f)
		}
	}
}

// found notes that the connection carries SIP.
func (s *session) found(side stream.Side) {
	if !s.flow.SIP {
		s.d.flows.Found(s.flow, side)
		if s.inner {
			s.d.hiding.noteServer(s.flow)
		}
	}
}

// framesOf lists the frames that carried what a mark describes, in their order. They are
// valid until the next call.
func (d *Decoder) framesOf(at *stream.Mark) []capture.Ref {
	d.parts = append(append(d.parts[:0], at.Also...), at.Frame)
	return d.parts
}

// from describes what came on a side, for a message or a report in it.
func (s *session) from(side stream.Side, at *stream.Mark, parts []capture.Ref) *origin {
	f := s.flow
	p := &s.d.origin
	p.Mark, p.Src, p.Dst, p.Cut, p.parts = *at, f.Ends[side], f.Ends[side.Other()], false, parts
	return p
}

// Framed implements sip.Sink.
func (s *session) Framed(side stream.Side, m *sip.Framed) {
	s.conn = &s.text
	s.found(side)
	c := Carrier{Skipped: m.Skipped, Liar: m.Liar}
	if !s.inner {
		c.Seq = s.next(side) - uint32(m.Behind)
	}
	s.emit(side, s.transport, c, &m.Last, m.Parts)
}

// Unreadable implements sip.Sink.
func (s *session) Unreadable(_ stream.Side, at *stream.Mark) {
	s.d.stats.unreadable(at.Frame, s.d.limits.FrameList)
}

// emit hands on the Decoder's message, which came on a side; c is what is known of how.
func (s *session) emit(side stream.Side, transport Transport, c Carrier, last *stream.Mark, parts []capture.Ref) {
	m := &s.d.message
	m.Carrier = c
	m.Transport, m.Conn, m.First = transport, s.flow.Number, parts[0]
	if s.flow.MidStream {
		m.Carriage |= MidStream
	}
	s.d.emit(s.from(side, last, parts), m)
}

// openSIP makes SIP what reads a session.
func openSIP(s *session) stream.Conn { return &s.text }
