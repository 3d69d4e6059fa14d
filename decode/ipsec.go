package decode

import (
	"bytes"
	"net/netip"

	"simplecap/decode/esp"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
)

// Ports of what is inside UDP so that address translators let it pass.
const (
	portNATT = 4500 // ESP and IKE (RFC 3948)
	portSCTP = 9899 // SCTP (RFC 6951)
)

// esp opens a packet of ESP and goes on with what is in it.
func (d *Decoder) esp(p *packet, b []byte) {
	if d.place != nil || p.cut {
		d.census(p, ClassESP)
		return
	}
	if p.depth >= d.limits.TunnelDepth {
		d.broken()
		return
	}
	src, dst := netip.AddrFrom16(p.src.IP), netip.AddrFrom16(p.dst.IP)
	next, payload, result := d.hiding.esp.Open(src, dst, b)
	if s := d.hiding.esp.Changed(); s != nil {
		d.sealESP(p, s.Closed)
	}
	switch result {
	case esp.Opened:
		if p.carriage&stream.IPsec != 0 {
			payload = bytes.Clone(payload) // that of the outer packet must not be opened into itself
		}
		p.carriage |= stream.IPsec
		p.depth++
		d.transport(p, next, payload)
	case esp.Nothing:
	case esp.Broken:
		d.broken()
	default:
		d.carries = true // it may be SIP
		d.census(p, ClassESP)
	}
}

// sealESP tells that what one host sends another in IPsec cannot be read, or can be again.
func (d *Decoder) sealESP(p *packet, sealed bool) {
	if d.conns == nil {
		return
	}
	kind := ConnUnsealed
	if sealed {
		kind = ConnSealed
	}
	d.conns.Connection(&ConnEvent{
		Kind: kind, Src: Endpoint{IP: p.src.IP}, Dst: Endpoint{IP: p.dst.IP}, Time: p.time, HasTime: p.hasTime, Frame: p.ref,
	})
}

// natTraversal reads what is on the port of RFC 3948, and reports false where it may be
// something else, as plain SIP.
func (d *Decoder) natTraversal(p *packet, b []byte) bool {
	switch {
	case len(b) == 1 && b[0] == 0xff: // 2.3
		d.census(p, ClassKeepAlive)
		return true
	case len(b) < 12 || sip.First(b[0]):
		return false
	case b[0]|b[1]|b[2]|b[3] == 0: // 2.2: IKE
		d.census(p, ClassIKE)
		return true
	}
	d.esp(p, b)
	return true
}
