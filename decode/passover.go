package decode

import "simplecap/capture"

// Sizes of the headers that media usually has, in bytes.
const (
	ethernetBytes = 14
	vlanBytes     = 4
	ipv4Bytes     = 20 // without options
	ipv6Bytes     = 40
	udpBytes      = 8
)

// passOver counts a frame that holds RTP or RTCP in UDP in plain IP, which is
// what most packets on a proxy host are, and reports whether it did. It saves
// such frames the way through the layers and comes to the same result; whatever
// is unusual about a frame it leaves to them.
func (d *Decoder) passOver(link capture.LinkType, data []byte) bool {
	var ether uint16
	if len(d.shorts) > 0 { // the rest of a text may look like anything
		return false
	}
	switch {
	case link == capture.LinkEthernet && len(data) > ethernetBytes+vlanBytes:
		ether, data = be16(data[12:]), data[ethernetBytes:]
		if ether == etherVLAN {
			ether, data = be16(data[2:]), data[vlanBytes:]
		}
	case link == capture.LinkSLL2 && len(data) > 20:
		ether, data = be16(data), data[20:]
	case link == capture.LinkLinuxSLL && len(data) > 16:
		ether, data = be16(data[14:]), data[16:]
	default:
		return false
	}
	switch {
	case ether == etherIPv4 && plainIPv4(data):
		return d.passOverUDP(data[ipv4Bytes:], int(be16(data[2:]))-ipv4Bytes)
	case ether == etherIPv6 && plainIPv6(data):
		return d.passOverUDP(data[ipv6Bytes:], int(be16(data[4:])))
	}
	return false
}

// plainIPv4 reports whether a packet begins with an IPv4 header without options
// and carries a UDP datagram that is not fragmented.
func plainIPv4(b []byte) bool {
	return len(b) >= ipv4Bytes+udpBytes && b[0] == 0x45 && b[9] == protoUDP && be16(b[6:])&0x3fff == 0
}

// plainIPv6 reports whether a packet begins with an IPv6 header with UDP behind it.
func plainIPv6(b []byte) bool {
	return len(b) >= ipv6Bytes+udpBytes && b[0]>>4 == 6 && b[6] == protoUDP
}

// passOverUDP goes on with a UDP datagram of the size that the IP header gives it.
func (d *Decoder) passOverUDP(b []byte, size int) bool {
	if size < udpBytes+12 || size > len(b) || int(be16(b[4:])) != size || b[udpBytes]>>6 != 2 {
		return false
	}
	src, dst := be16(b), be16(b[2:])
	switch dst {
	case portVXLAN, portVXLANLinux, portGeneve, portGTPU, portNATT, portSCTP:
		return false
	}
	if src == portNATT || src == portSCTP {
		return false
	}
	if isDNSPort(src) || isDNSPort(dst) {
		return false
	}
	d.stats.Census.add(classifyRTP(b[udpBytes:size]), min(src, dst))
	return true
}
