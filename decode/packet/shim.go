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
		w.Unread = sealedEthers[ether]
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

// sealedEthers, sealedPPP and sealedIP name what holds packets and is not read.
var (
	sealedEthers = map[uint16]string{
		0x22f3: "TRILL", 0x6559: "Frame Relay in GRE", 0x88e5: "MACsec", 0x8903: "FabricPath",
	}
	sealedPPP = map[uint16]string{
		0x003d: "PPP over several links", 0x0053: "encrypted PPP", 0x0055: "encrypted PPP", 0x00fb: "compressed PPP", 0x00fd: "compressed PPP",
	}
	sealedIP = map[uint8]string{
		55: "minimal encapsulation", 94: "IPIP", 98: "ENCAP", 108: "IPComp", 115: "L2TP of version 3",
	}
)

// sealedWifi names a frame of IEEE 802.11 that only the access point and the station can read.
const sealedWifi = "encrypted 802.11"
