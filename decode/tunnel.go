package decode

import "encoding/binary"

// enter goes one tunnel deeper and reports whether that is allowed.
func (d *Decoder) enter(p *packet) bool {
	if p.depth >= d.limits.TunnelDepth {
		d.stats.Evicted++
		return false
	}
	p.depth++
	p.carriage |= Tunneled
	p.src.Port, p.dst.Port = 0, 0
	return true
}

// ipTunnel enters what is directly inside IP (RFC 2003, RFC 2473, RFC 4213, RFC 2784, RFC 4023).
func (d *Decoder) ipTunnel(p *packet, protocol uint8, data []byte) {
	if !d.enter(p) {
		return
	}
	switch protocol {
	case protoIPv4:
		d.ipv4(p, data)
	case protoIPv6:
		d.ipv6(p, data)
	case protoGRE:
		d.gre(p, data)
	case protoMPLS:
		d.mpls(p, data)
	}
}

// bridged enters an Ethernet frame inside a tunnel.
func (d *Decoder) bridged(p *packet, data []byte) {
	if d.enter(p) {
		d.ethernet(p, data)
	}
}

// Protocol types of GRE beside the ethertypes.
const (
	greERSPAN  = 0x88be // types I and II
	greERSPAN3 = 0x22eb
	grePPP     = 0x880b
)

// The flags of a GRE header, in its first two bytes (RFC 1701, RFC 2637 4.1).
const (
	greChecksum = 0x8000 // checksum and offset are there
	greRouting  = 0x4000 // source route entries are there, and checksum and offset
	greKey      = 0x2000
	greSequence = 0x1000
	greAck      = 0x0080 // acknowledgment number, in version 1
	greVersion  = 0x0007
)

// greHeader is what of a GRE header says what is behind it.
type greHeader struct {
	flags    uint16
	protocol uint16
	key      uint32
	payload  []byte
}

// parseGRE reads a GRE header of version 0 (RFC 2784, RFC 2890, RFC 1701) or 1
// (RFC 2637), with any of checksum, routing, key, sequence and acknowledgment. It
// reports false where the header is cut.
func parseGRE(data []byte) (h greHeader, ok bool) {
	if len(data) < 4 {
		return h, false
	}
	h.flags, h.protocol = be16(data), be16(data[2:])
	size := 4
	if h.flags&(greChecksum|greRouting) != 0 {
		size += 4
	}
	key := size
	if h.flags&greKey != 0 {
		size += 4
	}
	if h.flags&greSequence != 0 {
		size += 4
	}
	if h.flags&greRouting != 0 {
		size = greRoute(data, size)
	}
	if h.flags&greAck != 0 {
		size += 4
	}
	if size > len(data) {
		return h, false
	}
	if h.flags&greKey != 0 {
		h.key = binary.BigEndian.Uint32(data[key:])
	}
	h.payload = data[size:]
	return h, true
}

// greRoute returns where the source route entries end that begin at offset at
// (RFC 1701 Routing): with one of address family and length 0. Where they are cut
// it is beyond the data.
func greRoute(data []byte, at int) int {
	for at+4 <= len(data) {
		family, length := be16(data[at:]), int(data[at+3])
		at += 4 + length
		if family == 0 && length == 0 {
			return at
		}
	}
	return len(data) + 1
}

// gre enters a GRE tunnel.
func (d *Decoder) gre(p *packet, data []byte) {
	gre, ok := parseGRE(data)
	if !ok {
		d.broken()
		return
	}
	switch gre.protocol {
	case grePPP:
		d.pptp(p, &gre)
	case greERSPAN:
		d.erspan(p, gre.flags&greSequence != 0, gre.payload)
	case greERSPAN3:
		d.erspan3(p, gre.payload)
	case etherBridged:
		d.ethernet(p, gre.payload)
	default:
		d.protocolType(p, gre.protocol, gre.payload)
	}
}

// pptp reads PPP in GRE version 1, where the key holds the length of the payload
// (RFC 2637 4.1). Without a sequence number it is an acknowledgment alone.
func (d *Decoder) pptp(p *packet, gre *greHeader) {
	payload := gre.payload
	if gre.flags&greVersion == 1 {
		payload = payload[:min(int(gre.key>>16), len(payload))]
	}
	if len(payload) == 0 {
		d.census(p, ClassNotIP)
		return
	}
	d.ppp(p, payload)
}

// erspan reads a mirrored frame: type I has no header of its own and is told by
// GRE without a sequence number, type II has one of 8 bytes.
func (d *Decoder) erspan(p *packet, sequenced bool, data []byte) {
	const header = 8
	switch {
	case !sequenced:
		d.ethernet(p, data)
	case len(data) < header:
		d.broken()
	default:
		d.ethernet(p, data[header:])
	}
}

// erspan3 reads a mirrored frame of ERSPAN type III: a header of 12 bytes, and 8
// more where the last bit says so.
func (d *Decoder) erspan3(p *packet, data []byte) {
	const header, subheader = 12, 8
	size := header
	if len(data) >= header && data[header-1]&1 != 0 {
		size += subheader
	}
	if len(data) < size {
		d.broken()
		return
	}
	switch data[10] >> 2 & 0x1f { // frame type
	case 0:
		d.ethernet(p, data[size:])
	case 2:
		d.rawIP(p, data[size:])
	default:
		d.census(p, ClassNotIP)
	}
}

// vxlan reads a VXLAN header (RFC 7348 5). One without the I flag is none, nor one
// with other flags than that of the group policy: most letters have the I flag too.
func (d *Decoder) vxlan(p *packet, payload []byte) bool {
	const header, validID, group = 8, 0x08, 0x80
	if len(payload) < header || payload[0]&validID == 0 || payload[0]&^(validID|group) != 0 {
		return false
	}
	d.bridged(p, payload[header:])
	return true
}

// geneve reads a Geneve header (RFC 8926 3.4). It is read in place because
// gopacket takes the length of an option from 4 of its 5 bits, counts options
// beyond 247 bytes in a byte that overflows, and slices one byte too far.
func (d *Decoder) geneve(p *packet, payload []byte) bool {
	if len(payload) < 8 || payload[0]>>6 != 0 || payload[1]&0x3f != 0 {
		return false
	}
	size := 8 + int(payload[0]&0x3f)*4
	if size > len(payload) {
		d.broken()
		return true
	}
	if !d.enter(p) {
		return true
	}
	if ether := be16(payload[2:]); ether == etherBridged {
		d.ethernet(p, payload[size:])
	} else {
		d.protocolType(p, ether, payload[size:])
	}
	return true
}

// Fields of a GTP-U header (3GPP TS 29.281 5.1).
const (
	gtpVersion  = 0x30 // version 1, protocol type GTP
	gtpOptional = 0x07 // extension header, sequence number, N-PDU number
	gtpExtended = 0x04
	gtpGPDU     = 255 // message type: a user's packet
)

// gtpU reads a GTP-U header with its extension headers. It is read in place
// because gopacket refuses packets that the snapshot length cut, overflows its
// 16-bit lengths and prints to standard output.
func (d *Decoder) gtpU(p *packet, payload []byte) bool {
	if len(payload) < 8 || payload[0]&0xf0 != gtpVersion || payload[1] != gtpGPDU {
		return false
	}
	flags, length := payload[0], int(be16(payload[2:]))
	data := payload[8:min(8+length, len(payload))]
	if flags&gtpOptional != 0 {
		data = gtpOptions(data, flags&gtpExtended != 0)
	}
	if len(data) == 0 {
		d.broken()
	} else if d.enter(p) {
		d.guess(p, data)
	}
	return true
}

// gtpOptions skips the optional fields and the extension headers (3GPP TS 29.281
// 5.2) and returns what is behind them, nothing where they are cut.
func gtpOptions(data []byte, extended bool) []byte {
	if len(data) < 4 {
		return nil
	}
	next := data[3]
	data = data[4:]
	for extended && next != 0 {
		if len(data) == 0 || data[0] == 0 || int(data[0])*4 > len(data) {
			return nil
		}
		size := int(data[0]) * 4
		next, data = data[size-1], data[size:]
	}
	return data
}
