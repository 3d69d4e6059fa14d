package decode

import (
	"encoding/binary"

	"simplecap/capture"
)

// nflog reads packets that the Linux firewall logs: attributes, of which one is the
// packet. They are in the byte order of the host, which the capture does not say.
func (d *Decoder) nflog(p *packet, data []byte) {
	const payload = 9
	if len(data) < 8 {
		d.broken()
		return
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for rest := data[4:]; len(rest) >= 4; {
			n := int(order.Uint16(rest))
			if n < 4 || n > len(rest) {
				break
			}
			if order.Uint16(rest[2:])&0x7fff == payload {
				d.rawIP(p, rest[4:n])
				return
			}
			rest = rest[min((n+3)&^3, len(rest)):]
		}
	}
	d.broken()
}

// pktap reads the header of Apple's captures of several interfaces, which says what
// kind of frame follows.
func (d *Decoder) pktap(p *packet, data []byte) {
	if len(data) < 12 {
		d.broken()
		return
	}
	size, link := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[8:])
	if size < 12 || int64(size) > int64(len(data)) || link == uint32(capture.LinkPKTAP) || link > 1<<16-1 {
		d.broken()
		return
	}
	d.link(p, capture.LinkType(link), data[size:])
}

// radiotap passes over a radiotap header, and says what it says of padding (radiotap.org).
func (d *Decoder) radiotap(p *packet, data []byte) {
	const timer, flags, more, padded = 1, 2, 1 << 31, 0x20
	if len(data) < 8 || data[0] != 0 {
		d.broken()
		return
	}
	size := int(binary.LittleEndian.Uint16(data[2:]))
	if size < 8 || size > len(data) {
		d.broken()
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
	d.wifi(p, data[size:], pad)
}

// wifi reads a data frame of IEEE 802.11 that is not encrypted; padded says that the
// card has put the payload at a multiple of 4.
func (d *Decoder) wifi(p *packet, data []byte, padded bool) {
	const typeData, noData, qos, bothDS, encrypted, order = 2, 4, 8, 3, 0x40, 0x80
	if len(data) < 2 {
		d.broken()
		return
	}
	kind, subtype, flags := data[0]>>2&3, data[0]>>4, data[1]
	if kind != typeData || subtype&noData != 0 || flags&encrypted != 0 {
		d.census(p, ClassNotIP)
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
		d.broken()
	case aggregate:
		d.aggregated(p, data[size:])
	default:
		d.llc(p, data[size:])
	}
}

// aggregated reads the frames of an A-MSDU (IEEE 802.11 9.3.2.2).
func (d *Decoder) aggregated(p *packet, data []byte) {
	const header = 14
	for len(data) > header {
		n := header + int(be16(data[12:]))
		if n > len(data) {
			d.broken()
			return
		}
		one := *p
		d.llc(&one, data[header:n])
		data = data[min((n+3)&^3, len(data)):]
	}
}

// Values of a cooked capture's link-layer address type whose frames begin with a
// header of their own (Linux if_arp.h).
const (
	hardwareWifi     = 801
	hardwareRadiotap = 803
)
