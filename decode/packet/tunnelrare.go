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
