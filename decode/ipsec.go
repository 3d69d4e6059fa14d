package decode

import (
	"bytes"
	"net/netip"

	"simplecap/decode/esp"
	"simplecap/decode/packet"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
)

// esp opens a packet of ESP and reports whether the Walk goes on with what is in it.
func (d *Decoder) esp(w *packet.Walk, b []byte) (more bool) {
	if w.Cut {
		d.census(w, ClassESP)
		return false
	}
	if !w.Deeper() {
		d.broken()
		return false
	}
	src, dst := netip.AddrFrom16(w.Src.IP.As16()), netip.AddrFrom16(w.Dst.IP.As16())
	next, payload, result := d.hiding.esp.Open(src, dst, b)
	d.sealESP(w)
	switch result {
	case esp.Opened:
		if w.At.Carriage&stream.IPsec != 0 {
			payload = bytes.Clone(payload) // that of the outer packet must not be opened into itself
		}
		w.Opened(next, payload)
		return true
	case esp.Nothing:
	case esp.Broken:
		d.broken()
	default:
		d.carries = true // it may be SIP
		d.census(w, ClassESP)
	}
	return false
}

// sealESP tells that what one host sends another in IPsec cannot be read, or can be again;
// and once more when the two turn out to speak SIP: most of IPsec is no SIP.
func (d *Decoder) sealESP(w *packet.Walk) {
	s, changed := d.hiding.esp.Latest()
	if s == nil || !changed && (!s.Closed || s.SIP) {
		return
	}
	if !s.SIP {
		s.SIP = d.hiding.peers.exchanged(w.Src.IP, w.Dst.IP)
		changed = changed || s.SIP
	}
	if !changed || d.conns == nil {
		return
	}
	kind := ConnUnsealed
	if s.Closed {
		kind = ConnSealed
	}
	d.conns.Connection(&ConnEvent{
		Kind: kind, Src: Endpoint{IP: w.Src.IP}, Dst: Endpoint{IP: w.Dst.IP}, SIP: s.SIP, Time: w.At.Time, HasTime: w.At.HasTime, Frame: w.At.Frame,
	})
}

// natTraversal says what is on the port of RFC 3948, ClassOther where it may be
// something else, as plain SIP. An SPI is a random number and may begin as SIP does: what
// has text in its place and in that of the sequence number is none, as is what calls itself HEP.
func natTraversal(b []byte) Class {
	switch {
	case len(b) == 1 && b[0] == 0xff: // 2.3
		return ClassKeepAlive
	case len(b) < 12 || isText(b[:8]) || isHEP(b, 0, 0) || !isText(b[:1]) && sip.First(b[0]) && sip.BeginsLikeSIP(b):
		return ClassOther
	case b[0]|b[1]|b[2]|b[3] == 0: // 2.2: IKE
		return ClassIKE
	}
	return ClassESP
}

// isText reports whether b has nothing but printable characters of ASCII, tabs and line ends.
func isText(b []byte) bool {
	for _, c := range b {
		if (c < ' ' || c > '~') && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
