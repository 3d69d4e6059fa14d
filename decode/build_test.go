package decode

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"simplecap/capture"
	"simplecap/decode/packet"
)

// This file has what tests build frames of, from the outside to the inside, each
// around what follows its header, and the SIP texts that go into them; those that
// decode/strict reads as well are in internal/wire.

// Numbers in headers (IANA), as package packet has them.
const (
	etherIPv4, etherIPv6, etherVLAN, etherQinQ                 = 0x0800, 0x86dd, 0x8100, 0x88a8
	etherMPLS, etherMPLSMult, etherPPPoE                       = 0x8847, 0x8848, 0x8864
	etherOldQinQ, etherOldQinQ2, etherBridged                  = 0x9100, 0x9200, 0x6558
	greERSPAN, greERSPAN3, grePPP                              = 0x88be, 0x22eb, 0x880b
	pppIPv4, pppIPv6, pppMPLS, pppMPLSMult                     = 0x0021, 0x0057, 0x0281, 0x0283
	protoHopByHop, protoICMP, protoIPv4, protoTCP, protoUDP    = 0, 1, 4, 6, 17
	protoIPv6, protoRouting, protoFragment, protoGRE, protoESP = 41, 43, 44, 47, 50
	protoAH, protoICMPv6, protoDstOpts, protoSCTP, protoMPLS   = 51, 58, 60, 132, 137
	portDNS, portGTPU, portVXLAN, portVXLANLinux, portGeneve   = 53, 2152, 4789, 8472, 6081
	portTZSP, portL2TP, portTeredo                             = 37008, 1701, 3544
	portLISP, portVXLANGPE, portMPLS, etherNSH                 = 4341, 4790, 6635, 0x894f
	hardwareWifi, hardwareRadiotap, cookedLLC, gtpGPDU         = 801, 803, 4, 255
	flagFIN, flagSYN, flagRST, flagACK                         = packet.FlagFIN, packet.FlagSYN, packet.FlagRST, packet.FlagACK
	portNATT, portSCTP                                         = packet.PortNATT, packet.PortSCTP
)

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

func be(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

// frameOf is a whole frame with a number and a time in seconds.
func frameOf(link capture.LinkType, number uint64, seconds float64, data []byte) *capture.Frame {
	return &capture.Frame{Data: data, Length: len(data), Link: link, File: 1, Number: number,
		Time: int64(seconds * 1e9), HasTime: true}
}

func ethernet(etherType uint16, payload []byte) []byte {
	return join([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, be(etherType), payload)
}

// vlanTag is a VLAN tag behind its own EtherType, and what it tags.
func vlanTag(etherType uint16, payload []byte) []byte {
	return join(be(0x2005), be(etherType), payload)
}

func ipv4Packet(protocol uint8, payload []byte) []byte {
	return ipv4Fragment(protocol, 0x1234, 0, payload)
}

// ipv4Fragment is ipv4Packet with an identification, and flags and fragment
// offset as they are in the header.
func ipv4Fragment(protocol uint8, id, fragment uint16, payload []byte) []byte {
	return join([]byte{0x45, 0}, be(uint16(20+len(payload))), be(id), be(fragment), []byte{64, protocol, 0, 0},
		[]byte{192, 0, 2, 1}, []byte{192, 0, 2, 2}, payload)
}

func ipv6Packet(next uint8, payload []byte) []byte {
	src, dst := netip.MustParseAddr("2001:db8::1").As16(), netip.MustParseAddr("2001:db8::2").As16()
	return join([]byte{0x60, 0, 0, 0}, be(uint16(len(payload))), []byte{next, 64}, src[:], dst[:], payload)
}

// ipv6Fragment is an IPv6 packet with a Fragment header; the offset is in bytes.
func ipv6Fragment(next uint8, id uint32, offset int, more bool, payload []byte) []byte {
	field := uint16(offset)
	if more {
		field |= 1
	}
	return ipv6Packet(protoFragment, join([]byte{next, 0}, be(field), binary.BigEndian.AppendUint32(nil, id), payload))
}

// ipv6Extension is an IPv6 extension header of size bytes.
func ipv6Extension(next uint8, size int) []byte {
	return join([]byte{next, byte(size/8 - 1)}, make([]byte, size-2))
}

// authentication is an Authentication Header of 24 bytes.
func authentication(next uint8) []byte { return join([]byte{next, 4}, make([]byte, 22)) }

// icmpError is an ICMP error that quotes a packet, in its IPv4 packet.
func icmpError(kind, code byte, quote []byte) []byte {
	return ipv4Packet(protoICMP, join([]byte{kind, code}, make([]byte, 6), quote))
}

// icmpv6Error is an ICMPv6 error that quotes a packet, in its IPv6 packet.
func icmpv6Error(kind, code byte, quote []byte) []byte {
	return ipv6Packet(protoICMPv6, join([]byte{kind, code}, make([]byte, 6), quote))
}

func udpDatagram(src, dst uint16, payload []byte) []byte {
	return join(be(src), be(dst), be(uint16(8+len(payload))), be(0), payload)
}

func tcpSegment(src, dst uint16, seq, ack uint32, flags uint8, payload string) []byte {
	b := make([]byte, 20, 20+len(payload))
	binary.BigEndian.PutUint16(b, src)
	binary.BigEndian.PutUint16(b[2:], dst)
	binary.BigEndian.PutUint32(b[4:], seq)
	binary.BigEndian.PutUint32(b[8:], ack)
	b[12], b[13] = 5<<4, flags
	return append(b, payload...)
}

// rtpDatagram is 20 ms of G.711.
func rtpDatagram() []byte {
	return udpDatagram(40000, 10000, join([]byte{0x80, 0}, make([]byte, 170)))
}

// sipText is a MESSAGE that the layers below SIP can carry.
const sipText = "MESSAGE sip:bob@example.com SIP/2.0\r\nCall-ID: wire@example.com\r\nContent-Length: 2\r\n\r\nhi"

// sipDatagram, sipIPv4 and sipIPv6 carry sipText.
func sipDatagram() []byte { return udpDatagram(5060, 5062, []byte(sipText)) }
func sipIPv4() []byte     { return ipv4Packet(protoUDP, sipDatagram()) }
func sipIPv6() []byte     { return ipv6Packet(protoUDP, sipDatagram()) }

// sipOfSize is a UDP datagram of size bytes with one MESSAGE.
func sipOfSize(size int) []byte {
	const head = "MESSAGE sip:bob@example.com SIP/2.0\r\nCall-ID: wire@example.com\r\nContent-Length: %05d\r\n\r\n"
	body := strings.Repeat("0123456789abcdef", size/16+1)[:size-8-len(fmt.Sprintf(head, 0))]
	return udpDatagram(5060, 5062, []byte(fmt.Sprintf(head, len(body))+body))
}

// packetBetween is an IPv4 packet from one end to another.
func packetBetween(src, dst Endpoint, protocol uint8, payload []byte) []byte {
	b := ipv4Packet(protocol, payload)
	copy(b[12:], ipv4Of(src))
	copy(b[16:], ipv4Of(dst))
	return b
}

// ipv4Of is the IPv4 address of an end.
func ipv4Of(e Endpoint) []byte {
	ip := e.IP.As16()
	return ip[12:]
}
