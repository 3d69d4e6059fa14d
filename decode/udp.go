package decode

import "simplecap/decode/sctp"

// udp reads a UDP header (RFC 768) and drops what cannot be SIP; p.src.IP and
// p.dst.IP are set. A length of 0 means all of the payload: a jumbogram
// (RFC 2675 4), or one that the network card was to fill in.
func (d *Decoder) udp(p *packet, data []byte) {
	if len(data) < 8 {
		d.broken()
		return
	}
	p.src.Port, p.dst.Port = be16(data), be16(data[2:])
	length := int(be16(data[4:]))
	switch {
	case length == 0:
	case length < 8:
		d.broken()
		return
	case length <= len(data):
		data, p.cut = data[:length], false
	default:
		p.cut = true
	}
	if d.place != nil {
		d.place.datagram(p.src, p.dst, data)
	}
	d.udpData = data
	d.udpPayload(p, data[8:])
}

// udpPayload goes on by content; a port alone never decides. Tunnels come first:
// the first byte of GTP-U is a digit, but none of them begins with two characters
// of a start line.
func (d *Decoder) udpPayload(p *packet, payload []byte) {
	switch {
	case len(d.shorts) > 0 && d.isRest(p, payload):
	case d.udpTunnel(p, payload):
	case len(payload) >= 12 && rtpFirst(payload[0]) && !isDNSPort(p.src.Port) && !isDNSPort(p.dst.Port):
		d.census(p, classifyRTP(payload)) // as the probe table would say, but this is what most packets in tunnels are
	default:
		d.probes.datagram(d, p, payload)
	}
}

// Ports of tunnels over UDP.
const (
	portGTPU       = 2152
	portVXLAN      = 4789
	portGeneve     = 6081
	portVXLANLinux = 8472 // Linux's default, from before the assignment
)

// udpTunnel reports whether the payload was a tunnel's, and goes on inside.
func (d *Decoder) udpTunnel(p *packet, payload []byte) bool {
	switch p.dst.Port {
	case portVXLAN, portVXLANLinux:
		return d.vxlan(p, payload)
	case portGeneve:
		return d.geneve(p, payload)
	case portGTPU:
		return d.gtpU(p, payload)
	}
	switch {
	case p.dst.Port == portNATT || p.src.Port == portNATT:
		return d.natTraversal(p, payload)
	case (p.dst.Port == portSCTP || p.src.Port == portSCTP) && sctp.Plausible(payload):
		d.sctp(p, payload)
		return true
	}
	return false
}
