package decode

import (
	"encoding/binary"

	"simplecap/decode/packet"
	"simplecap/decode/sctp"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
)

// associations read SCTP: each user message holds one SIP message (RFC 4168 5.1).
type associations struct {
	d      *Decoder
	reader *sctp.Reader[stream.Mark]
	src    Addr // of the packet that is being read
	dst    Addr
	sip    bool // it has completed a SIP message
	other  bool // it has completed something else
}

func (a *associations) init(d *Decoder) {
	a.d = d
	a.reader = sctp.NewReader[stream.Mark](a, d.limits.SCTP)
}

// sctp reads a packet of SCTP.
func (d *Decoder) sctp(w *packet.Walk, b []byte) {
	a := &d.associations
	a.src, a.dst, a.sip, a.other = w.Src.IP, w.Dst.IP, false, false
	a.reader.Advance(d.flows.Clock())
	a.reader.Packet(a.src.As16(), a.dst.As16(), b, w.Cut, w.At)
	if !a.sip {
		if len(b) >= 4 {
			w.Src.Port, w.Dst.Port = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		}
		d.census(w, ClassSCTP)
	}
	d.carries = d.carries || !a.other
}

// Message implements sctp.Sink.
func (a *associations) Message(u *sctp.Message[stream.Mark]) (matters bool) {
	d, m := a.d, &a.d.message
	if !m.ScanUnit(u.Data, u.Cut, &d.framing.Limits) {
		a.other = true
		return false
	}
	a.sip = true
	at := &u.At
	parts := d.parts[:0]
	for i := range u.Parts {
		if ref := u.Parts[i].Frame; ref != at.Frame && (len(parts) == 0 || parts[len(parts)-1] != ref) {
			parts = append(parts, ref)
		}
		at.Carriage |= u.Parts[i].Carriage
	}
	parts = append(parts, at.Frame)
	d.parts = parts
	m.Carrier = Carrier{Transport: SCTP, Conn: firstAssociation + u.Association, First: parts[0], Payload: u.Data}
	d.origin = origin{Mark: *at, parts: parts, Cut: u.Cut, Src: Endpoint{IP: a.src, Port: u.SrcPort}, Dst: Endpoint{IP: a.dst, Port: u.DstPort}}
	d.emit(&d.origin, m)
	return true
}

// missingKinds are the kinds of what is known of missing chunks, as a Handler is told.
var missingKinds = [...]ConnKind{sctp.Awaited: ConnLacking, sctp.Come: ConnCaught, sctp.Lost: ConnGap}

// Missing implements sctp.Sink.
func (a *associations) Missing(m *sctp.Missing[stream.Mark]) {
	if a.d.conns == nil {
		return
	}
	a.d.conns.Connection(&ConnEvent{
		Kind: missingKinds[m.State], Conn: firstAssociation + m.Association,
		Src: Endpoint{IP: packet.AddrFrom16(m.Src), Port: m.SrcPort}, Dst: Endpoint{IP: packet.AddrFrom16(m.Dst), Port: m.DstPort},
		Time: m.At.Time, HasTime: m.At.HasTime, Frame: m.At.Frame,
	})
}

// firstAssociation keeps the numbers of associations apart from those of TCP connections.
const firstAssociation = 1 << 31

// Contradicted implements sctp.Sink.
func (a *associations) Contradicted(association uint64, srcPort, dstPort uint16, data []byte, at stream.Mark) {
	if !sip.StartsMessage(data) {
		return
	}
	a.d.contradicted(&Contradiction{
		Src: Endpoint{IP: a.src, Port: srcPort}, Dst: Endpoint{IP: a.dst, Port: dstPort}, Transport: SCTP,
		Conn: firstAssociation + association, Frame: at.Frame,
	})
}

// Abort implements sctp.Sink.
func (a *associations) Abort(association uint64, srcPort, dstPort uint16, at stream.Mark) {
	if a.d.conns == nil {
		return
	}
	a.d.conns.Connection(&ConnEvent{
		Kind: ConnReset, Conn: firstAssociation + association,
		Src: Endpoint{IP: a.src, Port: srcPort}, Dst: Endpoint{IP: a.dst, Port: dstPort}, Time: at.Time, HasTime: at.HasTime, Frame: at.Frame,
	})
}
