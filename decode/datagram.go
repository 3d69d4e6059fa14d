package decode

import (
	"simplecap/decode/sip"
)

// readSIP looks for SIP in the payload of a UDP datagram; p.src and p.dst are
// set. Only the first message of a datagram counts (RFC 3261 18.3). It reports false
// where there is none.
func readSIP(d *Decoder, p *packet, payload []byte) bool {
	m := &d.message
	if !m.ScanUnit(payload, p.cut, &d.framing.Limits) {
		return false
	}
	whole := len(d.udpData) == len(payload)+8 && &d.udpData[8] == &payload[0] // not what was inside of DTLS or the like
	if whole && !d.checksums.accepts(p, protoUDP, d.udpData) {
		d.carries = true
		return true
	}
	m.Carrier = Carrier{Transport: UDP, Payload: payload}
	if whole {
		m.Datagram = Datagram{be16(d.udpData[4:]), d.checksums.right}
	}
	d.emit(p, m)
	if m.Defects.Any(sip.DefectContentLengthTooLong) && m.Carriage&Cut == 0 {
		d.shorts.add(m)
	}
	return true
}

// readUnreadable is the last probe of datagrams: what begins like SIP and is none is
// counted, so that it is not invisible.
func readUnreadable(d *Decoder, p *packet, b []byte) bool {
	if !sip.BeginsLikeSIP(b) {
		return false
	}
	d.stats.unreadable(p.ref, d.limits.FrameList)
	d.carries = true
	d.census(p, ClassSIPOther)
	return true
}

// emit fills in what carried the message, beside what m.Carrier says already, counts it
// and hands it on.
func (d *Decoder) emit(p *packet, m *Message) {
	m.Src, m.Dst = p.src, p.dst
	m.Time, m.HasTime, m.Frame, m.IPID = p.time, p.hasTime, p.ref, p.ipID
	if m.First == 0 {
		m.First = p.ref
	}
	if m.Parts = nil; len(p.parts) > 1 {
		m.Parts = p.parts
	}
	m.Carriage |= p.carriage
	if p.cut {
		m.Carriage |= Cut
	}
	d.stats.count(m, d.limits.Methods)
	d.hiding.peers.add(&m.Src.IP, &m.Dst.IP)
	d.carries = true
	d.handler.Message(m)
}
