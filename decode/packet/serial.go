package packet

import (
	"encoding/binary"

	"simplecap/capture"
	"simplecap/decode/hdlc"
)

// The links of this file, and MPLS, are read in place: gopacket has decoders for
// PPP, PPPoE and MPLS that only work inside its packets and index unchecked, takes
// a PPPoE length for granted, and has none for Cisco HDLC.

// loopback reads the header of BSD's NULL and OpenBSD's LOOP: an address family,
// in the byte order of the host that captured, or in network order.
func (w *Walk) loopback(data []byte) {
	if len(data) < 4 {
		w.end(Broken)
		return
	}
	family := binary.LittleEndian.Uint32(data)
	if family > 0xffff {
		family = binary.BigEndian.Uint32(data)
	}
	switch family {
	case 2: // AF_INET everywhere
		w.ipv4(data[4:])
	case 10, 24, 28, 30: // AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS
		w.ipv6(data[4:])
	default:
		w.end(NotIP)
	}
}

// PPP protocol numbers that lead to IP (RFC 1661, RFC 1332, RFC 5072, RFC 3032).
const (
	pppIPv4     = 0x0021
	pppIPv6     = 0x0057
	pppMPLS     = 0x0281
	pppMPLSMult = 0x0283
)

// ppp reads a PPP header: address and control are left out by some, and a
// protocol below 256 may be one byte long (RFC 1661 6.5 and 6.6).
func (w *Walk) ppp(data []byte) {
	if len(data) >= 2 && data[0] == 0xff && data[1] == 0x03 {
		data = data[2:]
	}
	if len(data) < 2 {
		w.end(Broken)
		return
	}
	protocol := uint16(data[0])
	if data[0]&1 == 0 {
		protocol = be16(data)
		data = data[1:]
	}
	w.pppProtocol(protocol, data[1:])
}

func (w *Walk) pppProtocol(protocol uint16, data []byte) {
	switch protocol {
	case pppIPv4:
		w.ipv4(data)
	case pppIPv6:
		w.ipv6(data)
	case pppMPLS, pppMPLSMult:
		w.mpls(data)
	default:
		w.Unread = unreadPPP(protocol)
		w.end(NotIP)
	}
}

// serialPPP reads PPP as it was captured on a line, where its octets may be stuffed.
func (w *Walk) serialPPP(data []byte) {
	if hdlc.Stuffed(data) {
		w.stuffed(data)
		return
	}
	w.ppp(data)
}

// stuffed reads the first frame with octet stuffing (RFC 1662), and keeps the others for
// Next. What the sender has given up is broken, unless the capture lost its end.
func (w *Walk) stuffed(data []byte) {
	var frame []byte
	frame, w.rest = hdlc.Next(data)
	w.Stuffed, w.Cut = true, w.cut && len(w.rest) == 0
	var whole bool
	w.line, whole = hdlc.Open(w.line[:0], frame)
	switch {
	case len(frame) == 0:
		w.end(Nothing)
	case !whole && !w.Cut:
		w.end(Broken)
	default:
		w.ppp(w.line)
	}
}

// lineOf is what was captured of a line where the octets of a frame may be stuffed, and
// nil for any other link.
func lineOf(link capture.LinkType, data []byte) []byte {
	switch link {
	case capture.LinkPPP, capture.LinkPPPHDLC:
		return data
	case capture.LinkPPPDirection:
		return data[min(1, len(data)):]
	}
	return nil
}

// Unstuffed returns a frame without its octet stuffing, its data appended to dst. ok is
// false where it has none, and where it is not one frame of PPP.
func Unstuffed(dst []byte, f *capture.Frame) (plain []byte, ok bool) {
	line := lineOf(f.Link, f.Data)
	if !hdlc.Stuffed(line) {
		return dst, false
	}
	frame, rest := hdlc.Next(line)
	if more, _ := hdlc.Next(rest); len(more) > 0 {
		return dst, false
	}
	return hdlc.Open(append(dst, f.Data[:len(f.Data)-len(line)]...), frame)
}

// Restuffed puts other data in the place of what Unstuffed returned of a frame. It is as
// long as the frame was; false means that it cannot be.
func Restuffed(f *capture.Frame, plain []byte) ([]byte, bool) {
	line := lineOf(f.Link, f.Data)
	head := len(f.Data) - len(line)
	if len(plain) < head {
		return nil, false
	}
	stuffed, ok := hdlc.Rewrite(line, plain[head:])
	return append(f.Data[:head:head], stuffed...), ok
}

// pppHDLC reads what the link type PPP_HDLC stands for: PPP in HDLC-like framing,
// or Cisco's framing, told apart by the address byte.
func (w *Walk) pppHDLC(data []byte) {
	if len(data) > 0 && (data[0] == 0x0f || data[0] == 0x8f) {
		w.ciscoHDLC(data)
		return
	}
	w.serialPPP(data)
}

// ciscoHDLC reads address, control and an ethertype.
func (w *Walk) ciscoHDLC(data []byte) {
	if len(data) < 4 {
		w.end(Broken)
		return
	}
	w.protocolType(be16(data[2:]), data[4:])
}

// pppoe reads a PPPoE session header (RFC 2516 4).
func (w *Walk) pppoe(data []byte) {
	if len(data) < 6 || data[0] != 0x11 {
		w.end(Broken)
		return
	}
	if data[1] != 0 {
		w.end(NotIP) // discovery
		return
	}
	length := int(be16(data[4:]))
	data = data[6:]
	w.ppp(data[:min(length, len(data))])
}

// mpls skips a label stack (RFC 3032). Nothing in it says what comes below.
func (w *Walk) mpls(data []byte) {
	for len(data) >= 4 {
		bottom := data[2]&1 != 0
		data = data[4:]
		if bottom {
			w.guess(data)
			return
		}
	}
	w.end(Broken)
}

// guess finds out what is below MPLS labels or in GTP-U: IP, or an Ethernet frame,
// perhaps behind the control word of a pseudowire (RFC 4385, RFC 4448). An Ethernet
// address that begins with the digit 4 or 6 looks like IP at first sight, so the
// lengths decide before the version does.
func (w *Walk) guess(data []byte) {
	switch {
	case fitsIPv4(data):
		w.ipv4(data)
	case fitsIPv6(data):
		w.ipv6(data)
	case fitsEthernet(data):
		w.bridged(data)
	case len(data) > 4 && data[0]>>4 == 0 && fitsEthernet(data[4:]):
		w.bridged(data[4:])
	case len(data) > 0 && data[0]>>4 == 4:
		w.ipv4(data)
	case len(data) > 0 && data[0]>>4 == 6:
		w.ipv6(data)
	default:
		w.end(NotIP)
	}
}

// fitsIPv4 reports whether data begins with a complete IPv4 packet.
func fitsIPv4(data []byte) bool {
	if len(data) < 20 || data[0]>>4 != 4 {
		return false
	}
	header, total := int(data[0]&0x0f)*4, int(be16(data[2:]))
	return header >= 20 && total >= header && total <= len(data)
}

// fitsIPv6 reports whether data begins with a complete IPv6 packet.
func fitsIPv6(data []byte) bool {
	return len(data) >= 40 && data[0]>>4 == 6 && 40+int(be16(data[4:])) <= len(data)
}

// fitsEthernet reports whether data begins with an Ethernet header that leads to
// something that is understood.
func fitsEthernet(data []byte) bool {
	if len(data) < 15 {
		return false
	}
	switch ether := be16(data[12:]); ether {
	case etherIPv4:
		return data[14]>>4 == 4
	case etherIPv6:
		return data[14]>>4 == 6
	case etherMPLS, etherMPLSMult, etherPPPoE:
		return true
	default:
		return isVLAN(ether) || ether < etherMin && isSNAP(data[etherBytes:])
	}
}

// isSNAP reports whether data begins with the LLC header of SNAP (RFC 1042).
func isSNAP(data []byte) bool {
	snap, _, ok := parseLLC(data)
	return ok && snap
}
