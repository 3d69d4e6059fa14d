package decode

import (
	"encoding/binary"

	"simplecap/decode/packet"
	"simplecap/decode/sip"
)

// readSIP looks for SIP in the payload of a UDP datagram. Only the first message of a
// datagram counts (RFC 3261 18.3). It reports false where there is none.
func readSIP(d *Decoder, w *packet.Walk, payload []byte) bool {
	m := &d.message
	if !m.ScanUnit(payload, w.Cut, &d.framing.Limits) {
		return false
	}
	if !d.checksums.Accepts(w) {
		d.carries = true
		return true
	}
	m.Carrier = Carrier{Transport: UDP, Payload: payload}
	m.Datagram = Datagram{binary.BigEndian.Uint16(w.Data[4:]), d.checksums.Right}
	d.emit(d.from(w), m)
	if m.Defects.Any(sip.DefectContentLengthTooLong) && m.Carriage&Cut == 0 {
		d.addShort(m)
	}
	return true
}

// readUnreadable is the last probe of datagrams: what begins like SIP and is none is
// counted, so that it is not invisible.
func readUnreadable(d *Decoder, w *packet.Walk, b []byte) bool {
	if !sip.BeginsLikeSIP(b) {
		return false
	}
	d.stats.unreadable(w.At.Frame, d.limits.FrameList)
	d.carries = true
	d.census(w, ClassSIPOther)
	return true
}

// from describes the packet that a Walk has stopped at.
func (d *Decoder) from(w *packet.Walk) *origin {
	p := &d.origin
	p.Mark, p.Src, p.Dst, p.Cut, p.parts = w.At, w.Src, w.Dst, w.Cut, nil
	if w.At.Carriage&Fragmented != 0 {
		p.parts = d.fragmented
	}
	return p
}

// emit fills in what carried the message, beside what m.Carrier says already, counts it
// and hands it on.
func (d *Decoder) emit(p *origin, m *Message) {
	m.Src, m.Dst = p.Src, p.Dst
	m.Time, m.HasTime, m.Frame, m.IPID = p.Time, p.HasTime, p.Frame, p.IPID
	if m.First == 0 {
		m.First = p.Frame
	}
	if m.Parts = nil; len(p.parts) > 1 {
		m.Parts = p.parts
	}
	m.Carriage |= p.Carriage
	if p.Cut {
		m.Carriage |= Cut
	}
	d.stats.count(m, d.limits.Methods)
	d.hiding.peers.add(m.Src.IP, m.Dst.IP)
	if m.ViaCount > 1 && d.hiding.active.Oldest() != nil {
		d.hiding.noteClients(m)
	}
	d.carries = true
	d.handler.Message(m)
}
