package packet

// Fields of a header of TZSP, the TaZmen Sniffer Protocol, by which access points and
// routers send on what passes them. No standard has it; these are the names of Wireshark.
const (
	tzspVersion  = 1
	tzspReceived = 0 // types with a frame behind the tags
	tzspTransmit = 1
	tzspEthernet = 1 // encapsulated protocols
	tzspWifi     = 18
	tzspPadding  = 0 // tags without a length
	tzspEnd      = 1
)

// tzsp reads a TZSP header: version, type, encapsulated protocol, and tags up to an end.
func (w *Walk) tzsp(payload []byte) bool {
	if len(payload) < 4 || payload[0] != tzspVersion || payload[1] > tzspTransmit {
		return false
	}
	protocol, data := be16(payload[2:]), payload[4:]
	for len(data) > 0 && data[0] != tzspEnd {
		size := 1
		if data[0] != tzspPadding {
			if len(data) < 2 {
				break
			}
			size = 2 + int(data[1])
		}
		data = data[min(size, len(data)):]
	}
	switch {
	case len(data) < 2:
		w.end(Broken)
	case !w.enter():
	case protocol == tzspEthernet:
		w.ethernet(data[1:])
	case protocol == tzspWifi:
		w.wifi(data[1:], false)
	default:
		w.end(NotIP)
	}
	return true
}

// wccp reads an IPv4 packet that a router has redirected, behind a header of 4 bytes since
// version 2 of the protocol.
func (w *Walk) wccp(data []byte) {
	if len(data) > 4 && data[0]>>4 != 4 {
		data = data[4:]
	}
	w.ipv4(data)
}

// vxlanGPE reads a header of VXLAN with a next protocol (the P flag).
func (w *Walk) vxlanGPE(payload []byte) bool {
	const header, hasNext, version = 8, 0x04, 0x30
	if len(payload) <= header || payload[0]&(hasNext|version) != hasNext || payload[1]|payload[2] != 0 {
		return false
	}
	if w.enter() {
		w.nextProtocol(payload[3], payload[header:])
	}
	return true
}

// lisp reads the header of a LISP data packet (RFC 9300 5.1). Its bits may be any, so the
// packet behind it tells it from other datagrams.
func (w *Walk) lisp(payload []byte) bool {
	const header = 8
	return len(payload) > header && w.holds(payload[header:])
}

// mplsUDP reads a stack of labels in UDP (RFC 7510), which the packet behind it tells.
func (w *Walk) mplsUDP(payload []byte) bool {
	for len(payload) > 4 {
		bottom := payload[2]&1 != 0
		if payload = payload[4:]; bottom {
			return w.holds(payload)
		}
	}
	return false
}

// teredo reads the IPv6 packet in a datagram of Teredo, behind what says who asked for it
// and from where (RFC 4380 5.1.1).
func (w *Walk) teredo(payload []byte) bool {
	const authentication, origin = 1, 0
	if len(payload) > 4 && be16(payload) == authentication {
		payload = payload[min(len(payload), 13+int(payload[2])+int(payload[3])):]
	}
	if len(payload) > 8 && be16(payload) == origin {
		payload = payload[8:]
	}
	return len(payload) > 0 && payload[0]>>4 == 6 && w.holds(payload)
}

// holds enters the IP packet that a datagram holds, and reports whether it holds one: to
// its last byte, as far as it was captured.
func (w *Walk) holds(data []byte) bool {
	switch {
	case w.Cut && len(data) >= ipv4Bytes && (beginsIP(etherIPv4, data) || beginsIP(etherIPv6, data)):
	case fitsIPv4(data) && int(be16(data[2:])) == len(data):
	case fitsIPv6(data) && ipv6Bytes+int(be16(data[4:])) == len(data):
	default:
		return false
	}
	if w.enter() {
		w.rawIP(data)
	}
	return true
}

// The bits of an L2TP header's first two bytes (RFC 2661 3.1).
const (
	l2tpControl  = 0x8000
	l2tpLength   = 0x4000
	l2tpSequence = 0x0800
	l2tpOffset   = 0x0200
	l2tpReserved = 0x34f0
	l2tpVersion  = 0x000f
)

// l2tp reads the header of an L2TP data message, version 2 (RFC 2661 3.1), with PPP behind
// it. No start line begins so: the second byte of one has a reserved bit.
func (w *Walk) l2tp(payload []byte) bool {
	if len(payload) < 6 {
		return false
	}
	flags := be16(payload)
	if flags == 3 { // version 3, which does not say what is behind it (RFC 3931 4.1.2.1)
		w.Unread = l2tp3
		w.end(OtherIP)
		return true
	}
	if flags&(l2tpControl|l2tpReserved) != 0 || flags&l2tpVersion != 2 {
		return false
	}
	size := 6 // flags, tunnel and session
	if flags&l2tpLength != 0 {
		size += 2
		payload = payload[:min(len(payload), int(be16(payload[2:])))]
	}
	if flags&l2tpSequence != 0 {
		size += 4
	}
	if flags&l2tpOffset != 0 {
		size += 2
		if size <= len(payload) {
			size += int(be16(payload[size-2:]))
		}
	}
	if size >= len(payload) {
		w.end(Broken)
	} else if w.enter() {
		w.ppp(payload[size:])
	}
	return true
}
