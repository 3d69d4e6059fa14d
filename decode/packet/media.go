package packet

import "simplecap/capture"

// Sizes of the headers that media usually has, in bytes.
const (
	etherBytes = 14
	vlanBytes  = 4
	ipv4Bytes  = 20 // without options
	ipv6Bytes  = 40
	udpBytes   = 8
)

// Media returns the payload and the ports of a frame that holds what begins as RTP or RTCP
// does, in UDP in plain IP, which is what most packets on a proxy host are. It saves such
// frames the way through the layers and comes to the same result; whatever is unusual
// about a frame it leaves to them.
func Media(link capture.LinkType, data []byte) (payload []byte, src, dst uint16, ok bool) {
	var ether uint16
	switch {
	case link == capture.LinkEthernet && len(data) > etherBytes+vlanBytes:
		ether, data = be16(data[12:]), data[etherBytes:]
		if ether == etherVLAN {
			ether, data = be16(data[2:]), data[vlanBytes:]
		}
	case link == capture.LinkSLL2 && len(data) > 20:
		ether, data = be16(data), data[20:]
	case link == capture.LinkLinuxSLL && len(data) > 16:
		ether, data = be16(data[14:]), data[16:]
	default:
		return nil, 0, 0, false
	}
	switch {
	case ether == etherIPv4 && plainIPv4(data):
		return mediaUDP(data[ipv4Bytes:], int(be16(data[2:]))-ipv4Bytes)
	case ether == etherIPv6 && plainIPv6(data):
		return mediaUDP(data[ipv6Bytes:], int(be16(data[4:])))
	}
	return nil, 0, 0, false
}

// plainIPv4 reports whether a packet begins with an IPv4 header without options
// and carries a UDP datagram that is not fragmented.
func plainIPv4(b []byte) bool {
	return len(b) >= ipv4Bytes+udpBytes && b[0] == 0x45 && b[9] == ProtoUDP && be16(b[6:])&0x3fff == 0
}

// plainIPv6 reports whether a packet begins with an IPv6 header with UDP behind it.
func plainIPv6(b []byte) bool {
	return len(b) >= ipv6Bytes+udpBytes && b[0]>>4 == 6 && b[6] == ProtoUDP
}

// mediaUDP goes on with a UDP datagram of the size that the IP header gives it.
func mediaUDP(b []byte, size int) (payload []byte, src, dst uint16, ok bool) {
	if size < udpBytes+12 || size > len(b) || int(be16(b[4:])) != size || b[udpBytes]>>6 != 2 {
		return nil, 0, 0, false
	}
	src, dst = be16(b), be16(b[2:])
	switch dst {
	case portVXLAN, portVXLANLinux, portGeneve, portGTPU, portLISP, portMPLS, PortNATT, PortSCTP:
		return nil, 0, 0, false
	}
	if src == PortNATT || src == PortSCTP || IsDNSPort(src) || IsDNSPort(dst) {
		return nil, 0, 0, false
	}
	return b[udpBytes:size], src, dst, true
}

// Ports of DNS, which has no mark of its own: its first bytes may be any.
const (
	portDNS   = 53
	portMDNS  = 5353
	portLLMNR = 5355
)

// IsDNSPort reports whether what comes from or goes to a port may be DNS.
func IsDNSPort(port uint16) bool { return port == portDNS || port == portMDNS || port == portLLMNR }
