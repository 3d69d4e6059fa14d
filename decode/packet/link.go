package packet

import "simplecap/capture"

// Ethertypes that lead to IP.
const (
	etherIPv4     = 0x0800
	etherIPv6     = 0x86dd
	etherVLAN     = 0x8100 // IEEE 802.1Q
	etherQinQ     = 0x88a8 // IEEE 802.1ad
	etherOldQinQ  = 0x9100 // the same before it was standardised
	etherOldQinQ2 = 0x9200
	etherMPLS     = 0x8847
	etherMPLSMult = 0x8848
	etherPPPoE    = 0x8864
	etherBridged  = 0x6558 // an Ethernet frame inside GRE or Geneve
	etherMin      = 0x0600 // below it the field is a length (IEEE 802.3)
)

// link reads the link-layer header and hands the network layer on.
func (w *Walk) link(link capture.LinkType, data []byte) {
	switch link {
	case capture.LinkEthernet:
		w.ethernet(data)
	case capture.LinkSLL2:
		w.cooked2(data)
	case capture.LinkLinuxSLL:
		w.cooked(data)
	case capture.LinkRaw, capture.LinkRawBSD, capture.LinkRawOBSD:
		w.rawIP(data)
	case capture.LinkIPv4:
		w.ipv4(data)
	case capture.LinkIPv6:
		w.ipv6(data)
	case capture.LinkNull, capture.LinkLoop:
		w.loopback(data)
	case capture.LinkPPP, capture.LinkPPPDirection:
		w.serialPPP(lineOf(link, data))
	case capture.LinkPPPHDLC:
		w.pppHDLC(data)
	case capture.LinkPPPoE:
		w.pppoe(data)
	case capture.LinkCHDLC:
		w.ciscoHDLC(data)
	case capture.LinkMPLS:
		w.mpls(data)
	case capture.LinkWifi:
		w.wifi(data, false)
	case capture.LinkRadiotap:
		w.radiotap(data)
	case capture.LinkNFLOG:
		w.nflog(data)
	case capture.LinkPKTAP:
		w.pktap(data)
	case capture.LinkPPI:
		w.ppi(data)
	case capture.LinkPFLOG:
		w.pflog(data)
	case capture.LinkENC:
		w.rawIP(data[min(12, len(data)):])
	default:
		w.Link = link
		w.end(UnknownLink)
	}
}

// ethernet reads an Ethernet II or IEEE 802.3 header.
func (w *Walk) ethernet(data []byte) {
	if len(data) < 14 {
		w.end(Broken)
		return
	}
	w.etherType(be16(data[12:]), data[14:])
}

// etherType goes on by the ethertype before data, over any stack of VLAN tags.
func (w *Walk) etherType(ether uint16, data []byte) {
	for isVLAN(ether) {
		if len(data) < 4 {
			w.end(Broken)
			return
		}
		ether, data = be16(data[2:]), data[4:]
	}
	if ether >= etherMin {
		w.network(ether, data)
		return
	}
	w.llc(data[:min(int(ether), len(data))])
}

func isVLAN(ether uint16) bool {
	return ether == etherVLAN || ether == etherQinQ || ether == etherOldQinQ || ether == etherOldQinQ2
}

// protocolType goes on by a field that holds an ethertype and never a length.
func (w *Walk) protocolType(ether uint16, data []byte) {
	if ether < etherMin {
		w.end(NotIP)
		return
	}
	w.etherType(ether, data)
}

// network hands data to the protocol that the ethertype names.
func (w *Walk) network(ether uint16, data []byte) {
	switch ether {
	case etherIPv4:
		w.ipv4(data)
	case etherIPv6:
		w.ipv6(data)
	case etherMPLS, etherMPLSMult:
		w.mpls(data)
	case etherPPPoE:
		w.pppoe(data)
	default:
		w.shim(ether, data)
	}
}

// rawIP tells IPv4 from IPv6 by the version.
func (w *Walk) rawIP(data []byte) {
	switch {
	case len(data) > 0 && data[0]>>4 == 4:
		w.ipv4(data)
	case len(data) > 0 && data[0]>>4 == 6:
		w.ipv6(data)
	default:
		w.end(Broken)
	}
}

// cookedLLC is a value of a cooked capture's protocol field that is no ethertype.
const cookedLLC = 4

// cooked reads a Linux cooked capture header, version 1.
func (w *Walk) cooked(data []byte) {
	if len(data) < 16 {
		w.end(Broken)
		return
	}
	switch be16(data[2:]) {
	case hardwareWifi:
		w.wifi(data[16:], false)
	case hardwareRadiotap:
		w.radiotap(data[16:])
	default:
		w.cookedProtocol(be16(data[14:]), data[16:])
	}
}

// cooked2 reads a Linux cooked capture header, version 2.
func (w *Walk) cooked2(data []byte) {
	if len(data) < 20 {
		w.end(Broken)
		return
	}
	switch be16(data[8:]) {
	case hardwareWifi:
		w.wifi(data[20:], false)
	case hardwareRadiotap:
		w.radiotap(data[20:])
	default:
		w.cookedProtocol(be16(data), data[20:])
	}
}

func (w *Walk) cookedProtocol(protocol uint16, data []byte) {
	if protocol == cookedLLC {
		w.llc(data)
		return
	}
	for isVLAN(protocol) && len(data) >= 4 {
		protocol, data = be16(data[2:]), data[4:]
	}
	if (protocol == etherIPv4 || protocol == etherIPv6) && !beginsIP(protocol, data) {
		data = behindTags(protocol, data)
	}
	w.protocolType(protocol, data)
}

// beginsIP reports whether data may begin with a header of IP, of the version that the
// ethertype says.
func beginsIP(ether uint16, data []byte) bool {
	return len(data) == 0 || ether == etherIPv4 && data[0]>>4 == 4 && data[0]&15 >= 5 || ether == etherIPv6 && data[0]>>4 == 6
}

// behindTags passes over VLAN tags that stand behind a cooked header although that names
// what comes after them: so Linux hands on frames with more than one, of which it takes
// out the first.
func behindTags(ether uint16, data []byte) []byte {
	for rest := data; len(rest) > 4; {
		next := be16(rest[2:])
		rest = rest[4:]
		if next == ether && beginsIP(ether, rest) {
			return rest
		}
		if !isVLAN(next) {
			break
		}
	}
	return data
}

// llc reads IEEE 802.2 headers; only SNAP can lead to IP (RFC 1042).
func (w *Walk) llc(data []byte) {
	isSNAP, data, ok := parseLLC(data)
	if ok && !isSNAP {
		w.end(NotIP)
		return
	}
	if !ok || len(data) < 5 {
		w.end(Broken)
		return
	}
	if data[0] != 0 || data[1] != 0 { // an organisation's own protocols
		w.end(NotIP)
		return
	}
	w.protocolType(be16(data[3:]), data[5:])
}

// parseLLC reads an LLC header: two service access points, of which the lowest bit
// is not part, and a control field of one byte in unnumbered frames and two in
// others. It reports false where the header is cut.
func parseLLC(data []byte) (isSNAP bool, payload []byte, ok bool) {
	const unnumbered, snap = 3, 0xaa
	size := 3
	if len(data) >= size && data[2]&unnumbered != unnumbered {
		size++
	}
	if len(data) < size {
		return false, nil, false
	}
	return data[0]&^1 == snap && data[1]&^1 == snap, data[size:], true
}
