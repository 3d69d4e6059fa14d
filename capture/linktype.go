package capture

import "strconv"

// LinkType is a link-layer header type as capture files number them, 16 bits
// wide (https://www.tcpdump.org/linktypes.html). gopacket's own type has 8 bits
// and cannot hold LINUX_SLL2, which is what "tcpdump -i any" writes.
type LinkType uint16

// The link types that decode understands.
const (
	LinkNull         LinkType = 0   // BSD loopback: address family in the host's byte order
	LinkEthernet     LinkType = 1   // Ethernet II and 802.3
	LinkPPP          LinkType = 9   // PPP, with or without HDLC framing
	LinkRawBSD       LinkType = 12  // raw IP as some systems number it
	LinkRawOBSD      LinkType = 14  // raw IP as OpenBSD numbers it
	LinkPPPHDLC      LinkType = 50  // PPP in HDLC framing
	LinkPPPoE        LinkType = 51  // PPPoE session
	LinkRaw          LinkType = 101 // IPv4 or IPv6 by its version nibble
	LinkCHDLC        LinkType = 104 // Cisco HDLC
	LinkWifi         LinkType = 105 // IEEE 802.11
	LinkLoop         LinkType = 108 // OpenBSD loopback: address family in network order
	LinkENC          LinkType = 109 // what OpenBSD has taken out of IPsec
	LinkLinuxSLL     LinkType = 113 // Linux cooked capture, version 1
	LinkPFLOG        LinkType = 117 // packets logged by the packet filter of BSD
	LinkRadiotap     LinkType = 127 // IEEE 802.11 behind a radiotap header
	LinkPPI          LinkType = 192 // frames behind a Per-Packet Information header
	LinkPPPDirection LinkType = 204 // PPP behind an octet that says who sent it
	LinkMPLS         LinkType = 219 // MPLS label stack
	LinkIPv4         LinkType = 228 // raw IPv4
	LinkIPv6         LinkType = 229 // raw IPv6
	LinkNFLOG        LinkType = 239 // packets logged by the Linux firewall
	LinkPKTAP        LinkType = 258 // Apple's captures of several interfaces
	LinkSLL2         LinkType = 276 // Linux cooked capture, version 2
)

var linkNames = map[LinkType]string{
	LinkNull: "NULL", LinkEthernet: "EN10MB", LinkPPP: "PPP", LinkRawBSD: "RAW", LinkRawOBSD: "RAW",
	LinkPPPHDLC: "PPP_SERIAL", LinkPPPoE: "PPP_ETHER", LinkPPPDirection: "PPP_WITH_DIR", LinkRaw: "RAW", LinkCHDLC: "C_HDLC",
	LinkLoop: "LOOP", LinkLinuxSLL: "LINUX_SLL", LinkMPLS: "MPLS", LinkIPv4: "IPV4", LinkIPv6: "IPV6",
	LinkSLL2: "LINUX_SLL2", LinkWifi: "IEEE802_11", LinkRadiotap: "IEEE802_11_RADIO", LinkNFLOG: "NFLOG", LinkPKTAP: "PKTAP",
	LinkENC: "ENC", LinkPFLOG: "PFLOG", LinkPPI: "PPI",
}

// String returns tcpdump's name of the link type, or "LINKTYPE_n".
func (t LinkType) String() string {
	if name, ok := linkNames[t]; ok {
		return name
	}
	return "LINKTYPE_" + strconv.Itoa(int(t))
}
