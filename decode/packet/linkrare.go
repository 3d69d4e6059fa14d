package packet

import (
	"encoding/binary"

	"simplecap/capture"
)

// nflog reads packets that the Linux firewall logs: attributes, of which one is the
// packet. They are in the byte order of the host, which the capture does not say.
func (w *Walk) nflog(data []byte) {
	const payload = 9
	if len(data) < 8 {
		w.end(Broken)
		return
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for rest := data[4:]; len(rest) >= 4; {
			n := int(order.Uint16(rest))
			if n < 4 || n > len(rest) {
				break
			}
			if order.Uint16(rest[2:])&0x7fff == payload {
				w.rawIP(rest[4:n])
				return
			}
			rest = rest[min((n+3)&^3, len(rest)):]
		}
	}
	w.end(Broken)
}

// pktap reads the header of Apple's captures of several interfaces, which says what
// kind of frame follows.
func (w *Walk) pktap(data []byte) {
	if len(data) < 12 {
		w.end(Broken)
		return
	}
	if size := binary.LittleEndian.Uint32(data); size < 12 {
		w.end(Broken)
	} else {
		w.framed(binary.LittleEndian.Uint32(data[8:]), data, size)
	}
}

// ppi reads a Per-Packet Information header, which says what kind of frame follows.
func (w *Walk) ppi(data []byte) {
	if len(data) < 8 {
		w.end(Broken)
		return
	}
	if size := binary.LittleEndian.Uint16(data[2:]); size < 8 {
		w.end(Broken)
	} else {
		w.framed(binary.LittleEndian.Uint32(data[4:]), data, uint32(size))
	}
}

// framed goes on with the frame of a link type behind a header of size bytes, which says that,
// unless it is of such headers again.
func (w *Walk) framed(link uint32, data []byte, size uint32) {
	again := link == uint32(capture.LinkPKTAP) || link == uint32(capture.LinkPPI)
	if again || link > 1<<16-1 || int64(size) > int64(len(data)) {
		w.end(Broken)
		return
	}
	w.link(capture.LinkType(link), data[size:])
}

// pflog passes over the header of what the packet filter of BSD logs: its first byte is its
// length, without what fills it up to a multiple of 4.
func (w *Walk) pflog(data []byte) {
	if len(data) == 0 || data[0] < 4 {
		w.end(Broken)
		return
	}
	w.rawIP(data[min((int(data[0])+3)&^3, len(data)):])
}

// radiotap passes over a radiotap header, and says what it says of padding (radiotap.org).
func (w *Walk) radiotap(data []byte) {
	const timer, flags, more, padded = 1, 2, 1 << 31, 0x20
	if len(data) < 8 || data[0] != 0 {
		w.end(Broken)
		return
	}
	size := int(binary.LittleEndian.Uint16(data[2:]))
	if size < 8 || size > len(data) {
		w.end(Broken)
		return
	}
	present, at := binary.LittleEndian.Uint32(data[4:]), 8
	for word := present; word&more != 0 && at+4 <= size; at += 4 {
		word = binary.LittleEndian.Uint32(data[at:])
	}
	if present&timer != 0 {
		at = (at+7)&^7 + 8
	}
	pad := present&flags != 0 && at < size && data[at]&padded != 0
	w.wifi(data[size:], pad)
}

// wifi reads a data frame of IEEE 802.11 that is not encrypted; padded says that the
// card has put the payload at a multiple of 4.
func (w *Walk) wifi(data []byte, padded bool) {
	const typeData, noData, qos, bothDS, encrypted, order = 2, 4, 8, 3, 0x40, 0x80
	if len(data) < 2 {
		w.end(Broken)
		return
	}
	kind, subtype, flags := data[0]>>2&3, data[0]>>4, data[1]
	if kind != typeData || subtype&noData != 0 || flags&encrypted != 0 {
		if kind == typeData && subtype&noData == 0 {
			w.Unread = sealedWifi
		}
		w.end(NotIP)
		return
	}
	size, aggregate := 24, false
	if flags&bothDS == bothDS {
		size += 6
	}
	if subtype&qos != 0 {
		aggregate = len(data) > size && data[size]&0x80 != 0
		if size += 2; flags&order != 0 {
			size += 4
		}
	}
	if padded {
		size = (size + 3) &^ 3
	}
	switch {
	case size > len(data):
		w.end(Broken)
	case aggregate:
		w.aggregated(data[size:])
	default:
		w.llc(data[size:])
	}
}

// aggregated reads the first frame of an A-MSDU (IEEE 802.11 9.3.2.2), and keeps the
// others for Next.
func (w *Walk) aggregated(data []byte) {
	if w.rest = nil; len(data) <= etherBytes {
		w.end(Nothing)
		return
	}
	n := etherBytes + int(be16(data[12:]))
	if n > len(data) {
		w.end(Broken)
		return
	}
	w.rest = data[min((n+3)&^3, len(data)):]
	w.llc(data[etherBytes:n])
}

// Values of a cooked capture's link-layer address type whose frames begin with a
// header of their own (Linux if_arp.h).
const (
	hardwareWifi     = 801
	hardwareRadiotap = 803
)
