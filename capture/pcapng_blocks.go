package capture

import (
	"fmt"
	"iter"
)

// The options that are looked at, by block.
const (
	optionEnd          = 0
	optionResolution   = 9  // if_tsresol of an interface description
	optionTimeOffset   = 14 // if_tsoffset of an interface description
	optionDropCount    = 4  // epb_dropcount of an enhanced packet
	optionDropsByIface = 5  // isb_ifdrop of interface statistics
	optionDropsByOS    = 7  // isb_osdrop of interface statistics
)

// addInterface reads an Interface Description Block.
func (p *pcapngParser) addInterface(body []byte, at int64) error {
	if len(body) < 8 {
		return fmt.Errorf("corrupt interface description at byte %d: too short", at)
	}
	if len(p.ifaces) >= p.limits.Interfaces {
		return fmt.Errorf("more than %d interfaces at byte %d", p.limits.Interfaces, at)
	}
	link := LinkType(p.order.uint16(body))
	iface := ngInterface{link: link, snaplen: p.order.uint32(body[4:])}
	resolution, offset := byte(6), int64(0)
	for code, value := range p.options(body[8:]) {
		switch {
		case code == optionResolution && len(value) >= 1:
			resolution = value[0]
		case code == optionTimeOffset && len(value) >= 8:
			offset = int64(p.order.uint64(value))
		}
	}
	var err error
	if iface.clock, err = newClock(resolution, offset); err != nil {
		p.fault(at, "interface %d has no usable clock: %v", p.before+len(p.ifaces), err)
	}
	p.ifaces = append(p.ifaces, iface)
	p.facts.addLink(link)
	return nil
}

// options yields the options in b. An option that claims more than is left ends
// them, and costs nothing else.
func (p *pcapngParser) options(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= 4 {
			code, length := p.order.uint16(b), int(p.order.uint16(b[2:]))
			b = b[4:]
			if code == optionEnd || length > len(b) || !yield(code, b[:length]) {
				return
			}
			b = b[min(len(b), (length+3)&^3):]
		}
	}
}

// packet reads an Enhanced Packet Block or an obsolete Packet Block, which
// differs in that the interface has 16 bits and a count of drops follows it,
// which an Enhanced Packet Block may have among its options.
func (p *pcapngParser) packet(kind uint32, body []byte, at int64, f *Frame) bool {
	if len(body) < 20 {
		p.fault(at, "a packet without a whole header")
		return false
	}
	number := p.order.uint32(body)
	if kind == blockPacket {
		number = uint32(p.order.uint16(body))
	}
	iface := p.iface(number, at)
	captured, length := p.order.uint32(body[12:]), p.order.uint32(body[16:])
	if iface == nil || !p.fits(captured, len(body)-20, at) {
		return false
	}
	ticks := uint64(p.order.uint32(body[4:]))<<32 | uint64(p.order.uint32(body[8:]))
	f.Data = body[20 : 20+captured : 20+captured]
	f.Time, f.HasTime = iface.clock.nanoseconds(ticks)
	f.Length, f.Interface, f.Link = int(max(captured, length)), p.before+int(number), iface.link
	switch end := 20 + (int(captured)+3)&^3; {
	case kind == blockPacket:
		p.lose(iface, p.order.uint16(body[2:]))
	case end+12 <= len(body):
		p.dropCount(iface, body[end:])
	}
	return true
}

// lose adds the drops before an obsolete packet, which may be unknown.
func (p *pcapngParser) lose(iface *ngInterface, drops uint16) {
	if drops != 0xffff {
		p.count(iface, iface.drops, iface.lost+uint64(drops))
	}
}

// dropCount adds the drops before an enhanced packet.
func (p *pcapngParser) dropCount(iface *ngInterface, options []byte) {
	for code, value := range p.options(options) {
		if code == optionDropCount && len(value) >= 8 {
			p.count(iface, iface.drops, iface.lost+p.order.uint64(value))
		}
	}
}

// count takes what is known now of the drops of an interface. Statistics and packets tell
// of the same ones.
func (p *pcapngParser) count(iface *ngInterface, drops, lost uint64) {
	p.facts.drops += max(drops, lost) - max(iface.drops, iface.lost)
	iface.drops, iface.lost = drops, lost
}

// simplePacket reads a Simple Packet Block, which has no time and belongs to the
// first interface. What was captured is as much as the block and the interface's
// snapshot length allow.
func (p *pcapngParser) simplePacket(body []byte, at int64, f *Frame) bool {
	if len(body) < 4 {
		p.fault(at, "a packet without a whole header")
		return false
	}
	iface := p.iface(0, at)
	if iface == nil {
		return false
	}
	length := p.order.uint32(body)
	captured := min(length, uint32(len(body)-4))
	if iface.snaplen > 0 {
		captured = min(captured, iface.snaplen)
	}
	if !p.fits(captured, len(body)-4, at) {
		return false
	}
	*f = Frame{
		Data:      body[4 : 4+captured : 4+captured],
		Length:    int(length),
		Interface: p.before,
		Link:      iface.link,
	}
	return true
}

// iface returns an interface of this section, or nil where it was not described.
func (p *pcapngParser) iface(number uint32, at int64) *ngInterface {
	if int64(number) >= int64(len(p.ifaces)) {
		p.fault(at, "a packet of interface %d, which is not described,", number)
		return nil
	}
	return &p.ifaces[number]
}

// fits reports whether the captured bytes are within the limits and the block.
func (p *pcapngParser) fits(captured uint32, room int, at int64) bool {
	switch {
	case int64(captured) > int64(p.limits.PacketBytes):
		p.fault(at, "a packet that claims %d bytes, more than %d,", captured, p.limits.PacketBytes)
	case int64(captured) > int64(room):
		p.fault(at, "a packet that claims %d bytes of %d", captured, room)
	default:
		return true
	}
	return false
}

// statistics reads an Interface Statistics Block. Its counters count from the
// start of the capture, so the last block of an interface is the one that holds.
func (p *pcapngParser) statistics(body []byte) {
	if len(body) < 12 || int64(p.order.uint32(body)) >= int64(len(p.ifaces)) {
		return
	}
	iface := &p.ifaces[p.order.uint32(body)]
	var drops uint64
	for code, value := range p.options(body[12:]) {
		if (code == optionDropsByIface || code == optionDropsByOS) && len(value) >= 8 {
			drops += p.order.uint64(value)
		}
	}
	p.count(iface, drops, iface.lost)
}
