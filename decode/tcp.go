package decode

import (
	"math"
	"slices"

	"simplecap/decode/packet"
	"simplecap/decode/sip"
	"simplecap/decode/tcp"
	"simplecap/decode/websocket"
)

// This file is the Decoder's side of package tcp: what becomes of a segment, and who reads
// a connection.

// initTCP makes the Decoder follow connections.
func (d *Decoder) initTCP() {
	d.flows.Limits = d.limits.tcp()
	d.flows.Hint = d.hints
	d.flows.Open = d.openFlow
	d.flows.Event = d.connection
	d.flows.Init()
}

// tcp reads a segment.
func (d *Decoder) tcp(w *packet.Walk) {
	if w.At.HasTime && !d.driven {
		d.flows.Advance(w.At.Time)
	}
	f, side := d.flows.Find(w)
	switch {
	case f == nil:
	case f.Passing(side, w.Segment.Flags):
		d.carries = f.SIP
		if len(w.Payload) > 0 {
			d.census(w, Class(f.Label))
		}
	case !d.checksums.Accepts(w):
		d.carries = true
	default:
		if d.flows.Follow(w, f, side) {
			d.census(w, Class(f.Label))
		}
		d.carries = f.SIP || !f.LeftAlone(side) && Class(f.Label) != ClassHTTP // which is followed for what it may become
	}
}

// openFlow returns who reads a connection.
func (d *Decoder) openFlow(f *tcp.Flow) tcp.Reader {
	return d.openSession(f, TCP, false)
}

// hints reports whether a port of a connection is known for SIP.
func (d *Decoder) hints(f *tcp.Flow) bool {
	return slices.Contains(d.ports, f.Ends[0].Port) || slices.Contains(d.ports, f.Ends[1].Port)
}

// connection tells of what happened to a connection.
func (d *Decoder) connection(e *tcp.Event) {
	f, at := e.Flow, e.At
	if e.Kind == tcp.Contradicted {
		d.contradicted(&Contradiction{Src: f.Ends[e.Side], Dst: f.Ends[e.Side.Other()], Transport: TCP, Conn: f.Number, Of: e.Of.Frame, Frame: at.Frame})
		return
	}
	if d.conns == nil {
		return
	}
	d.conns.Connection(&ConnEvent{
		Kind: connKinds[e.Kind], Conn: f.Number, Src: f.Ends[e.Side], Dst: f.Ends[e.Side.Other()], Bytes: e.Bytes, Acked: e.Acked, Since: e.Since,
		Time: at.Time, HasTime: at.HasTime, Frame: at.Frame,
	})
}

// connKinds are the kinds of what happens to a connection, as a Handler is told.
var connKinds = [...]ConnKind{
	tcp.Reset: ConnReset, tcp.Close: ConnClose, tcp.Gap: ConnGap,
	tcp.Refused: ConnRefused, tcp.Silent: ConnSilent, tcp.Opened: ConnOpened,
	tcp.Lacking: ConnLacking, tcp.Caught: ConnCaught, tcp.Stuck: ConnStuck, tcp.Moved: ConnMoved,
}

// quotedSegment finds the connection that an ICMP error quotes a segment of, and tells of
// one that was refused by it.
func (d *Decoder) quotedSegment(e *ICMPError) {
	f, refused := d.flows.Quoted(&e.Src, &e.Dst, e.seq)
	if f == nil {
		return
	}
	if e.Conn = f.Number; refused && d.conns != nil {
		d.conns.Connection(&ConnEvent{
			Kind: ConnRefused, Conn: f.Number, Src: e.Dst, Dst: e.Src,
			Reason: "ICMP " + e.Reason + " from " + e.From.Host(), Time: e.Time, HasTime: e.HasTime, Frame: e.Frame,
		})
	}
}

// Patience implements tcp.Reader: where SIP is likely it is looked for longer, and MSRP is
// read to its end.
func (s *session) Patience() int {
	if s.readsMSRP() {
		return math.MaxInt
	}
	if f := s.flow; f.Hint || f.Ends[0].Port == portSIPS || f.Ends[1].Port == portSIPS || s.begun() {
		return 16 * s.d.limits.ProbeBytes
	}
	return s.d.limits.ProbeBytes
}

// begun reports whether something has begun that holds SIP, or may: its first message may
// be longer than what is searched for one.
func (s *session) begun() bool {
	switch c := s.conn.(type) {
	case *sip.Stream:
		return true
	case *tlsConn:
		return c.inner != nil && c.inner.begun()
	case *websocket.Conn:
		return c.Open()
	}
	return false
}
