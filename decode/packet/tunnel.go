package packet

import (
	"encoding/binary"

	"simplecap/decode/stream"
)

// enter goes one tunnel deeper and reports whether that is allowed.
func (w *Walk) enter() bool {
	if !w.Deeper() {
		w.end(TooDeep)
		return false
	}
	w.At.Carriage |= stream.Tunneled
	w.Src.Port, w.Dst.Port = 0, 0
	return true
}

// Deeper counts one more packet inside a packet and reports whether Limits allow it.
func (w *Walk) Deeper() bool {
	w.depth++
	return w.depth <= w.Limits.TunnelDepth
}

// ipTunnel enters what is directly inside IP (RFC 2003, RFC 2473, RFC 4213, RFC 2784, RFC 4023, RFC 3378, RFC 8986 4.9).
func (w *Walk) ipTunnel(protocol uint8, data []byte) {
	if !w.enter() {
		return
	}
	switch protocol {
	case protoIPv4:
		w.ipv4(data)
	case protoIPv6:
		w.ipv6(data)
	case protoGRE:
		w.gre(data)
	case protoMPLS:
		w.mpls(data)
	case protoEtherIP:
		w.ethernet(data[min(2, len(data)):])
	case protoEthernet:
		w.ethernet(data)
	}
}

// bridged enters an Ethernet frame inside a tunnel.
func (w *Walk) bridged(data []byte) {
	if w.enter() {
		w.ethernet(data)
	}
}

// Protocol types of GRE beside the ethertypes.
const (
	greERSPAN  = 0x88be // types I and II
	greERSPAN3 = 0x22eb
	grePPP     = 0x880b
	greWCCP    = 0x883e // what a router has redirected
	greEoIP    = 0x6400 // MikroTik's Ethernet over IP
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
func (w *Walk) gre(data []byte) {
	gre, ok := parseGRE(data)
	if !ok {
		w.end(Broken)
		return
	}
	switch gre.protocol {
	case grePPP:
		w.pptp(&gre)
	case greERSPAN:
		w.erspan(gre.flags&greSequence != 0, gre.payload)
	case greERSPAN3:
		w.erspan3(gre.payload)
	case etherBridged, greEoIP:
		w.ethernet(gre.payload)
	case greWCCP:
		w.wccp(gre.payload)
	default:
		w.protocolType(gre.protocol, gre.payload)
	}
}

// pptp reads PPP in GRE version 1, where the key holds the length of the payload
// (RFC 2637 4.1). Without a sequence number it is an acknowledgment alone.
func (w *Walk) pptp(gre *greHeader) {
	payload := gre.payload
	if gre.flags&greVersion == 1 {
		payload = payload[:min(int(gre.key>>16), len(payload))]
	}
	if len(payload) == 0 {
		w.end(NotIP)
		return
	}
	w.ppp(payload)
}

// erspan reads a mirrored frame: type I has no header of its own and is told by
// GRE without a sequence number, type II has one of 8 bytes.
func (w *Walk) erspan(sequenced bool, data []byte) {
	const header = 8
	switch {
	case !sequenced:
		w.ethernet(data)
	case len(data) < header:
		w.end(Broken)
	default:
		w.ethernet(data[header:])
	}
}

// erspan3 reads a mirrored frame of ERSPAN type III: a header of 12 bytes, and 8
// more where the last bit says so.
func (w *Walk) erspan3(data []byte) {
	const header, subheader = 12, 8
	size := header
	if len(data) >= header && data[header-1]&1 != 0 {
		size += subheader
	}
	if len(data) < size {
		w.end(Broken)
		return
	}
	switch data[10] >> 2 & 0x1f { // frame type
	case 0:
		w.ethernet(data[size:])
	case 2:
		w.rawIP(data[size:])
	default:
		w.end(NotIP)
	}
}

// vxlan reads a VXLAN header (RFC 7348 5). One without the I flag is none, nor one
// with other flags than that of the group policy: most letters have the I flag too.
func (w *Walk) vxlan(payload []byte) bool {
	const header, validID, group = 8, 0x08, 0x80
	if len(payload) < header || payload[0]&validID == 0 || payload[0]&^(validID|group) != 0 {
		return false
	}
	w.bridged(payload[header:])
	return true
}

// geneve reads a Geneve header (RFC 8926 3.4). It is read in place because
// gopacket takes the length of an option from 4 of its 5 bits, counts options
// beyond 247 bytes in a byte that overflows, and slices one byte too far.
func (w *Walk) geneve(payload []byte) bool {
	if len(payload) < 8 || payload[0]>>6 != 0 || payload[1]&0x3f != 0 {
		return false
	}
	size := 8 + int(payload[0]&0x3f)*4
	if size > len(payload) {
		w.end(Broken)
		return true
	}
	if !w.enter() {
		return true
	}
	if ether := be16(payload[2:]); ether == etherBridged {
		w.ethernet(payload[size:])
	} else {
		w.protocolType(ether, payload[size:])
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
func (w *Walk) gtpU(payload []byte) bool {
	if len(payload) < 8 || payload[0]&0xf0 != gtpVersion || payload[1] != gtpGPDU {
		return false
	}
	flags, length := payload[0], int(be16(payload[2:]))
	data := payload[8:min(8+length, len(payload))]
	if flags&gtpOptional != 0 {
		data = gtpOptions(data, flags&gtpExtended != 0)
	}
	if len(data) == 0 {
		w.end(Broken)
	} else if w.enter() {
		w.guess(data)
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
