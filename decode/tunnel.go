package decode

import (
	"errors"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

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

// errPanic stands for a panic in one of gopacket's decoders.
var errPanic = errors.New("header cut")

// guard runs one of gopacket's decoders. Several index what they were given
// unchecked: a panic is a header that is cut.
func guard(decode func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return decode()
}

// decoded counts the error of one of gopacket's decoders and reports whether there was none.
func (d *Decoder) decoded(err error) bool {
	if err != nil {
		d.broken()
	}
	return err == nil
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

// gre reads a GRE header of version 0 (RFC 2784, RFC 2890, RFC 1701) or 1
// (RFC 2637), with any of checksum, routing, key, sequence and acknowledgment.
func (d *Decoder) gre(p *packet, data []byte) {
	var gre layers.GRE
	if !d.decoded(guard(func() error { return gre.DecodeFromBytes(data, gopacket.NilDecodeFeedback) })) {
		return
	}
	payload := gre.Payload
	switch gre.Protocol {
	case grePPP:
		d.pptp(p, &gre)
	case greERSPAN:
		d.erspan(p, gre.SeqPresent, payload)
	case greERSPAN3:
		d.erspan3(p, payload)
	case etherBridged:
		d.ethernet(p, payload)
	default:
		d.protocolType(p, uint16(gre.Protocol), payload)
	}
}

// pptp reads PPP in GRE version 1, where the key holds the length of the payload
// (RFC 2637 4.1). Without a sequence number it is an acknowledgment alone.
func (d *Decoder) pptp(p *packet, gre *layers.GRE) {
	payload := gre.Payload
	if gre.Version == 1 {
		payload = payload[:min(int(gre.Key>>16), len(payload))]
	}
	if len(payload) == 0 {
		d.census(p, ClassNotIP)
		return
	}
	d.ppp(p, payload)
}

// erspan reads a mirrored frame: type I has no header of its own and is told by
// GRE without a sequence number, which gopacket reads as type II.
func (d *Decoder) erspan(p *packet, sequenced bool, data []byte) {
	if !sequenced {
		d.ethernet(p, data)
		return
	}
	var erspan layers.ERSPANII
	if d.decoded(guard(func() error { return erspan.DecodeFromBytes(data, gopacket.NilDecodeFeedback) })) {
		d.ethernet(p, erspan.Payload)
	}
}

// erspan3 reads a mirrored frame of ERSPAN type III, which gopacket lacks: a
// header of 12 bytes, and 8 more where the last bit says so.
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
	var vxlan layers.VXLAN
	err := vxlan.DecodeFromBytes(payload, gopacket.NilDecodeFeedback)
	if err != nil || !vxlan.ValidIDFlag || payload[0]&0x77 != 0 {
		return false
	}
	d.bridged(p, vxlan.Payload)
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
