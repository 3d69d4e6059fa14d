package packet

// This file has headers that a network puts between Ethernet and IP, beside VLAN tags and
// MPLS, and names those that hide what is behind them.

// Ethertypes of such headers.
const (
	etherLLC   = 0x8870 // LLC in a frame that is too long for a length field
	etherPBB   = 0x88e7 // IEEE 802.1ah
	etherCMD   = 0x8909 // Cisco's metadata, with a security group tag
	etherVNTag = 0x8926
	etherNSH   = 0x894f // RFC 8300
)

// shim goes on behind such a header, and stops at any other ethertype.
func (w *Walk) shim(ether uint16, data []byte) {
	switch ether {
	case etherVNTag:
		w.tagged(data, 4)
	case etherCMD:
		w.tagged(data, 6)
	case etherLLC:
		w.llc(data)
	case etherPBB:
		w.bridged(data[min(4, len(data)):])
	case etherNSH:
		w.nsh(data)
	default:
		w.Unread = unreadEther(ether)
		w.end(NotIP)
	}
}

// tagged passes over a tag of size bytes, behind which the next ethertype stands.
func (w *Walk) tagged(data []byte, size int) {
	switch {
	case len(data) < size+2:
		w.end(Broken)
	case !w.Deeper():
		w.end(TooDeep)
	default:
		w.etherType(be16(data[size:]), data[size+2:])
	}
}

// nsh reads a Network Service Header (RFC 8300 2.2).
func (w *Walk) nsh(data []byte) {
	if len(data) < 8 {
		w.end(Broken)
		return
	}
	if size := int(data[1]&0x3f) * 4; size < 8 || size > len(data) {
		w.end(Broken)
	} else if w.enter() {
		w.nextProtocol(data[3], data[size:])
	}
}

// nextProtocol goes on by the numbers that NSH and VXLAN-GPE share (RFC 8300 2.2).
func (w *Walk) nextProtocol(protocol uint8, data []byte) {
	switch protocol {
	case 1:
		w.ipv4(data)
	case 2:
		w.ipv6(data)
	case 3:
		w.ethernet(data)
	case 4:
		w.nsh(data)
	case 5:
		w.mpls(data)
	default:
		w.end(NotIP)
	}
}

// unreadEther names what holds packets and is not read, by its ethertype; "" is none.
func unreadEther(ether uint16) string {
	switch ether {
	case 0x22f3:
		return "TRILL"
	case 0x6559:
		return "Frame Relay in GRE"
	case 0x88e5:
		return "MACsec"
	case 0x8903:
		return "FabricPath"
	}
	return ""
}

// unreadPPP is unreadEther by a protocol of PPP.
func unreadPPP(protocol uint16) string {
	switch protocol {
	case 0x003d:
		return "PPP over several links"
	case 0x0053, 0x0055:
		return "encrypted PPP"
	case 0x00fb, 0x00fd:
		return "compressed PPP"
	}
	return ""
}

// unreadIP is unreadEther by a protocol of IP.
func unreadIP(protocol uint8) string {
	switch protocol {
	case 55:
		return "minimal encapsulation"
	case 94:
		return "IPIP"
	case 98:
		return "ENCAP"
	case 108:
		return "IPComp"
	case 115:
		return l2tp3
	}
	return ""
}

const (
	l2tp3      = "L2TP of version 3"
	sealedWifi = "encrypted 802.11" // which only the access point and the station can read
)
