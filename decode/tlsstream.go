package decode

import (
	"simplecap/capture"
	"simplecap/decode/stream"
	"simplecap/decode/tcp"
	"simplecap/decode/tls"
	"simplecap/internal/order"
)

// portSIPS is where SIP over TLS is unless it is elsewhere (RFC 3261 19.1.2).
const portSIPS = 5061

// tlsConn is the Conn of TLS: what it opens goes to a session of its own, which asks
// the probe table again. A connection whose secrets are not known may go on waiting for
// them when its TCP connection is long over.
type tlsConn struct {
	d       *Decoder
	session *session  // the session around it, nil after Close
	flow    *tcp.Flow // the connection at the bottom, or a copy of it after Close
	conn    *tls.Conn[stream.Mark]
	inner   *session // what reads what is inside, nil while nothing has been opened
	unsure  [2]bool  // the first bytes of a side may not be the first that were sent
	over    bool
	lost    bool    // over, though the connection goes on and is or may be SIP
	sealed  [2]bool // what a side sends cannot be read, and that has been told
	also    [1]capture.Ref
	mark    stream.Mark

	place order.Place[tlsConn] // in hiding.active
}

// tlsBegins is the probe of TLS on a stream.
func tlsBegins(b []byte, _ bool) stream.Match {
	switch yes, more := tls.Begins(b); {
	case yes:
		return stream.Yes
	case more:
		return stream.Maybe
	}
	return stream.No
}

func openTLS(s *session) stream.Conn {
	t := &tlsConn{d: s.d, session: s, flow: s.flow}
	t.conn = tls.NewConn(s.d.hiding.tls, t)
	for i := range t.unsure {
		if t.unsure[i] = s.text.Unsure(stream.Side(i)); t.unsure[i] {
			t.conn.Joined(tls.Side(i))
		}
	}
	t.d.hiding.active.Push(&t.place, t)
	return t
}

// Feed implements stream.Conn.
func (t *tlsConn) Feed(side stream.Side, b []byte, at *stream.Mark) {
	if t.over {
		if t.lost && !t.sealed[side] {
			t.tell(side, at)
		}
		return
	}
	mark := *at
	mark.Also = nil
	t.conn.Feed(tls.Side(side), b, mark)
	if t.over { // it was given up to make room
		return
	}
	for i := range t.sealed {
		if s := stream.Side(i); t.conn.Sealed(tls.Side(s)) != t.sealed[s] {
			t.seal(s, at)
		}
	}
}

// seal tells that what a side sends cannot be read, or that it can be again, if it is
// or may be SIP.
func (t *tlsConn) seal(side stream.Side, at *stream.Mark) {
	if !t.sealed[side] && !t.flow.SIP {
		if h, closed := t.hidden(); !closed || !h.Likely {
			return
		}
	}
	t.tell(side, at)
}

// tell tells that what a side sends cannot be read, or that it can be again.
func (t *tlsConn) tell(side stream.Side, at *stream.Mark) {
	kind := ConnSealed
	if t.sealed[side] {
		kind = ConnUnsealed
	}
	t.sealed[side] = !t.sealed[side]
	if t.d.conns != nil {
		t.d.conns.Connection(&ConnEvent{
			Kind: kind, Conn: t.flow.Number, Src: t.flow.Ends[side], Dst: t.flow.Ends[side.Other()],
			Time: at.Time, HasTime: at.HasTime, Frame: at.Frame,
		})
	}
}

// Gap implements stream.Conn.
func (t *tlsConn) Gap(side stream.Side, n uint64, why stream.End) {
	const unknown, most = 64 << 10, 1 << 20 // of more the sequence numbers would not be found
	if t.over {
		return
	}
	if n == 0 {
		n = unknown
	}
	n = min(n, most)
	t.conn.Gap(tls.Side(side), int(n), stream.Mark{})
}

// End implements stream.Conn. What is inside knows no more than what has been opened.
func (t *tlsConn) End(side stream.Side, why stream.End) {
	if !t.over && t.inner != nil && !t.conn.Holds(tls.Side(side)) {
		t.inner.End(side, why)
	}
}

// Waiting implements stream.Conn. What TLS itself holds has a bound of its own.
func (t *tlsConn) Waiting(side stream.Side) (held int, wait stream.Wait) {
	if t.over || t.conn.Off(tls.Side(side)) {
		return 0, stream.Done
	}
	if t.inner == nil {
		return 0, stream.Nothing
	}
	held, wait = t.inner.Waiting(side)
	if wait != stream.Done {
		return held, wait
	}
	if _, other := t.inner.Waiting(side.Other()); other == stream.Done {
		return 0, stream.Done
	}
	return held, stream.Nothing // the other side needs the handshake of this one
}

// Close implements stream.Conn: the TCP connection is over, or left alone.
func (t *tlsConn) Close() {
	if t.over {
		return
	}
	t.flow, t.session = t.flow.Ghost(), nil
	if t.inner != nil {
		t.inner.detach(t.flow)
	}
	t.conn.End(0)
	t.conn.End(1)
}

// reader reads what is inside.
func (t *tlsConn) reader() *session {
	if t.inner == nil {
		t.inner = t.d.openSession(t.flow, TLS, true)
		for i := range t.unsure {
			t.inner.Begin(stream.Side(i), t.unsure[i])
		}
	}
	return t.inner
}

// Plain implements tls.Sink.
func (t *tlsConn) Plain(side tls.Side, b []byte, first, last stream.Mark) {
	t.mark = last
	if first.Frame != last.Frame {
		t.also[0] = first.Frame
		t.mark.Also = t.also[:]
		t.mark.Carriage |= first.Carriage
	}
	t.reader().Feed(stream.Side(side), b, &t.mark)
}

// Lost implements tls.Sink.
func (t *tlsConn) Lost(side tls.Side, _ stream.Mark) {
	if t.unsure[side] = true; t.inner != nil {
		t.inner.Gap(stream.Side(side), 0, stream.Missing)
	}
}

// Over implements tls.Sink.
func (t *tlsConn) Over() {
	if t.over {
		return
	}
	t.over = true
	if h, ok := t.hidden(); ok {
		t.d.hiding.hidden.add(h)
		t.lost = !t.flow.Gone && (h.Likely || t.flow.SIP)
	}
	t.place.Remove()
	if t.inner != nil {
		t.inner.End(stream.First, stream.Over)
		t.inner.End(stream.Second, stream.Over)
		t.inner.Close()
		t.inner = nil
	}
	t.conn = nil
}
