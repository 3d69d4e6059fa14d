package decode

import (
	"simplecap/capture"
	"simplecap/decode/stream"
)

// session reads a connection, or what a layer of one carries: it asks the probe table
// what the first bytes of a side are and gives all that follows to the Conn that reads
// it. It is a Conn itself, so that a layer such as TLS hands its bytes to a session,
// where they are probed again.
type session struct {
	d         *Decoder
	flow      *flow // the connection at the bottom of all layers
	transport Transport
	inner     bool        // it reads what is inside a layer, not the connection itself
	conn      stream.Conn // what reads it, nil until that is known
	sides     [2]sideState
	text      sipStream // SIP, or what may turn out to be SIP
	free      *session  // the next one that is not in use
}

// sideState says what is known of one side of a session without a Conn.
type sideState uint8

const (
	sideNew    sideState = iota // nothing, or not enough
	sideSearch                  // it is not what its first bytes may be, but SIP may follow
	sideOther                   // nothing that is read
)

// openSession returns a session for a flow.
func (d *Decoder) openSession(f *flow, transport Transport, inner bool) *session {
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

// inside returns a session for the bytes inside a layer of this one, which probes them.
func (s *session) inside(transport Transport) *session {
	n := s.d.openSession(s.flow, transport, true)
	for i := range n.sides {
		n.begin(stream.Side(i), s.text.sides[i].unsure)
	}
	return n
}

// begin prepares a side for its first bytes; unsure says that they may not be the first
// that were sent.
func (s *session) begin(side stream.Side, unsure bool) {
	s.text.begin(s, side, unsure)
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
		if p := s.d.probes.joins(b); p != nil && !s.flow.sip {
			s.become(p)
			s.conn.Feed(side, b, at)
			return
		}
		s.text.Feed(side, b, at)
	}
}

// probe asks what the first bytes of a side are, of which b are the next. Bytes that
// do not decide are kept.
func (s *session) probe(side stream.Side, b []byte, at *stream.Mark) {
	f := &s.text.sides[side]
	f.Add(len(b), at)
	if len(f.buf) > 0 {
		f.buf = append(f.buf, b...)
		b = f.buf
	}
	n := keepAliveLen(b)
	f.base += int64(n)
	p, match := s.what(f, b[n:])
	switch {
	case match == startYes:
		s.handOver(p, side, b[n:])
	case match == startPartial && len(f.buf) == 0:
		f.keep(b[n:])
	case match == startPartial:
		f.consume(n)
	default:
		s.unknown(side, b[n:])
	}
	f.Drop(f.base)
}

// what asks the probe table about the first bytes of a side. It answers startPartial
// where more of them are needed.
func (s *session) what(f *framer, b []byte) (*protocol, startMatch) {
	if len(b) == 0 || f.stillWaits(b) {
		return nil, startPartial
	}
	if f.unsure && !s.flow.sip {
		if p := s.d.probes.joins(b); p != nil {
			return p, startYes
		}
	}
	p, match := s.d.probes.stream(b, f.unsure)
	if match == startPartial && len(b) >= minLine {
		f.waitForLine(b, 0)
	}
	return p, match
}

// minLine is more than the bytes that a protocol without lines is recognised by.
const minLine = 32

// handOver gives what is known of a side to the reader of what it turned out to be.
func (s *session) handOver(p *protocol, side stream.Side, b []byte) {
	f := &s.text.sides[side]
	f.looked = 0
	s.become(p)
	switch {
	case s.conn == &s.text:
		f.resume(b)
		return
	case s.conn != nil:
		s.pass(f, b)
	}
	f.forget()
	if other := &s.text.sides[side.Other()]; len(other.buf) > 0 {
		if s.conn != nil {
			s.pass(other, other.buf)
		}
		other.forget()
	}
}

// pass feeds the bytes of a framer to the session's Conn as they came.
func (s *session) pass(f *framer, b []byte) {
	for len(b) > 0 {
		at, end := f.Piece(f.base, nil)
		n := min(len(b), int(end-f.base))
		s.conn.Feed(f.side, b[:n], &at)
		b = b[n:]
		f.base += int64(n)
	}
}

// become makes the session one of a protocol that the probe table has recognised.
func (s *session) become(p *protocol) {
	s.flow.class = p.class
	if p.open == nil {
		s.sides = [2]sideState{sideOther, sideOther}
		return
	}
	s.conn = p.open(s)
}

// unknown decides about bytes that begin nothing that is known: search them for SIP, or
// leave them alone. A stream whose beginning was captured does not become SIP later,
// unless its port says so or it begins like SIP that cannot be read.
func (s *session) unknown(side stream.Side, b []byte) {
	f := &s.text.sides[side]
	f.looked = 0
	like := f.unreadable(b)
	if like {
		s.flow.class = ClassSIPOther
	}
	if !like && !f.unsure && !s.flow.hint && !s.flow.sip {
		s.sides[side] = sideOther
		f.forget()
		return
	}
	s.sides[side] = sideSearch
	f.enter(phaseSearch)
	f.resume(b)
}

// Gap implements stream.Conn.
func (s *session) Gap(side stream.Side, n uint64, why stream.End) {
	if s.conn != nil {
		s.conn.Gap(side, n, why)
		return
	}
	s.text.Gap(side, n, why)
}

// End implements stream.Conn.
func (s *session) End(side stream.Side, why stream.End) {
	if s.conn != nil {
		s.conn.End(side, why)
		return
	}
	s.text.End(side, why)
}

// Waiting implements stream.Conn.
func (s *session) Waiting(side stream.Side) (held int, wait stream.Wait) {
	switch {
	case s.conn != nil:
		return s.conn.Waiting(side)
	case s.sides[side] == sideOther:
		return 0, stream.Done
	}
	return s.text.Waiting(side)
}

// Close implements stream.Conn.
func (s *session) Close() {
	if s.conn != nil && s.conn != &s.text {
		s.conn.Close()
	}
	s.text.Close()
	s.conn, s.flow = nil, nil
	if s.d.spare < maxSpareSessions {
		s.free, s.d.sessions, s.d.spare = s.d.sessions, s, s.d.spare+1
	}
}

// detach makes the session, and what is inside it, read a copy of its flow: the
// connection is over, but something in it waits.
func (s *session) detach(f *flow) {
	s.flow = f
	if t, ok := s.conn.(*tlsConn); ok {
		t.flow = f
		t.inner.detach(f)
	}
}

// found notes that the connection carries SIP.
func (s *session) found(side stream.Side) {
	if s.flow.gone {
		s.flow.sip = true
		return
	}
	if !s.flow.sip {
		s.d.streams.carriesSIP(s.flow, int(side.Other()))
	}
}

// packet describes what came on a side, for a message or a report in it.
func (s *session) packet(side stream.Side, at *stream.Mark, parts []capture.Ref) *packet {
	f := s.flow
	s.d.streams.packet = packet{
		ref: at.Frame, time: at.Time, hasTime: at.HasTime, ipID: at.IPID, carriage: at.Carriage,
		src: f.ends[side], dst: f.ends[side.Other()], parts: parts,
	}
	return &s.d.streams.packet
}

// framed implements messageSink.
func (s *session) framed(f *framer, m *Message, last *stream.Mark, parts []capture.Ref) {
	s.conn = &s.text
	s.found(f.side)
	if !s.inner {
		m.Seq = uint32(s.flow.dirs[f.side].next - f.behind())
	}
	s.emit(f.side, s.transport, m, last, parts)
}

// emit hands on a message that came on a side.
func (s *session) emit(side stream.Side, transport Transport, m *Message, last *stream.Mark, parts []capture.Ref) {
	m.Transport, m.Conn, m.First = transport, s.flow.conn, parts[0]
	if s.flow.midStream {
		m.Carriage |= MidStream
	}
	s.d.emit(s.packet(side, last, parts), m)
}
