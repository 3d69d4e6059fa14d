package decode

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
func (d *Decoder) link(p *packet, link capture.LinkType, data []byte) {
	switch link {
	case capture.LinkEthernet:
		d.ethernet(p, data)
	case capture.LinkSLL2:
		d.cooked2(p, data)
	case capture.LinkLinuxSLL:
		d.cooked(p, data)
	case capture.LinkRaw, capture.LinkRawBSD, capture.LinkRawOBSD:
		d.rawIP(p, data)
	case capture.LinkIPv4:
		d.ipv4(p, data)
	case capture.LinkIPv6:
		d.ipv6(p, data)
	case capture.LinkNull, capture.LinkLoop:
		d.loopback(p, data)
	case capture.LinkPPP:
		d.ppp(p, data)
	case capture.LinkPPPHDLC:
		d.pppHDLC(p, data)
	case capture.LinkPPPoE:
		d.pppoe(p, data)
	case capture.LinkCHDLC:
		d.ciscoHDLC(p, data)
	case capture.LinkMPLS:
		d.mpls(p, data)
	case capture.LinkWifi:
		d.wifi(p, data, false)
	case capture.LinkRadiotap:
		d.radiotap(p, data)
	case capture.LinkNFLOG:
		d.nflog(p, data)
	case capture.LinkPKTAP:
		d.pktap(p, data)
	default:
		d.stats.unknownLink(link)
	}
}

// broken counts a frame with a header that cannot be read.
func (d *Decoder) broken() { d.stats.DecodeErrors++ }

// census counts a packet that is not SIP.
func (d *Decoder) census(p *packet, class Class) {
	d.stats.Census.add(class, min(p.src.Port, p.dst.Port))
}

// ethernet reads an Ethernet II or IEEE 802.3 header.
func (d *Decoder) ethernet(p *packet, data []byte) {
	if len(data) < 14 {
		d.broken()
		return
	}
	d.etherType(p, be16(data[12:]), data[14:])
}

// etherType goes on by the ethertype before data, over any stack of VLAN tags.
func (d *Decoder) etherType(p *packet, ether uint16, data []byte) {
	for isVLAN(ether) {
		if len(data) < 4 {
			d.broken()
			return
		}
		ether, data = be16(data[2:]), data[4:]
	}
	if ether >= etherMin {
		d.network(p, ether, data)
		return
	}
	d.llc(p, data[:min(int(ether), len(data))])
}

func isVLAN(ether uint16) bool {
	return ether == etherVLAN || ether == etherQinQ || ether == etherOldQinQ || ether == etherOldQinQ2
}

// protocolType goes on by a field that holds an ethertype and never a length.
func (d *Decoder) protocolType(p *packet, ether uint16, data []byte) {
	if ether < etherMin {
		d.census(p, ClassNotIP)
		return
	}
	d.etherType(p, ether, data)
}

// network hands data to the protocol that the ethertype names.
func (d *Decoder) network(p *packet, ether uint16, data []byte) {
	switch ether {
	case etherIPv4:
		d.ipv4(p, data)
	case etherIPv6:
		d.ipv6(p, data)
	case etherMPLS, etherMPLSMult:
		d.mpls(p, data)
	case etherPPPoE:
		d.pppoe(p, data)
	default:
		d.census(p, ClassNotIP)
	}
}

// rawIP tells IPv4 from IPv6 by the version.
func (d *Decoder) rawIP(p *packet, data []byte) {
	switch {
	case len(data) > 0 && data[0]>>4 == 4:
		d.ipv4(p, data)
	case len(data) > 0 && data[0]>>4 == 6:
		d.ipv6(p, data)
	default:
		d.broken()
	}
}

// cookedLLC is a value of a cooked capture's protocol field that is no ethertype.
const cookedLLC = 4

// cooked reads a Linux cooked capture header, version 1.
func (d *Decoder) cooked(p *packet, data []byte) {
	if len(data) < 16 {
		d.broken()
		return
	}
	switch be16(data[2:]) {
	case hardwareWifi:
		d.wifi(p, data[16:], false)
	case hardwareRadiotap:
		d.radiotap(p, data[16:])
	default:
		d.cookedProtocol(p, be16(data[14:]), data[16:])
	}
}

// cooked2 reads a Linux cooked capture header, version 2.
func (d *Decoder) cooked2(p *packet, data []byte) {
	if len(data) < 20 {
		d.broken()
		return
	}
	switch be16(data[8:]) {
	case hardwareWifi:
		d.wifi(p, data[20:], false)
	case hardwareRadiotap:
		d.radiotap(p, data[20:])
	default:
		d.cookedProtocol(p, be16(data), data[20:])
	}
}

func (d *Decoder) cookedProtocol(p *packet, protocol uint16, data []byte) {
	if protocol == cookedLLC {
		d.llc(p, data)
		return
	}
	d.protocolType(p, protocol, data)
}

// llc reads IEEE 802.2 headers; only SNAP can lead to IP (RFC 1042).
func (d *Decoder) llc(p *packet, data []byte) {
	isSNAP, data, ok := parseLLC(data)
	if ok && !isSNAP {
		d.census(p, ClassNotIP)
		return
	}
	if !ok || len(data) < 5 {
		d.broken()
		return
	}
	if data[0] != 0 || data[1] != 0 { // an organisation's own protocols
		d.census(p, ClassNotIP)
		return
	}
	d.protocolType(p, be16(data[3:]), data[5:])
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
