package capture

import "fmt"

// The pcapng blocks that are looked into
// (https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/). All others are
// passed over.
const (
	blockSection        = 0x0a0d0d0a
	blockInterface      = 1
	blockPacket         = 2 // obsolete
	blockSimplePacket   = 3
	blockStatistics     = 5
	blockEnhancedPacket = 6
	blockSecrets        = 10
)

const (
	byteOrderMagic   = 0x1a2b3c4d
	minBlockBytes    = 12 // type, length, length again
	blockHeaderBytes = 8
)

// pcapngParser parses pcapng files.
type pcapngParser struct {
	facts  *facts
	limits Limits
	order  byteOrder
	ifaces []ngInterface // of this section
	before int           // interfaces of the sections before
	total  uint32        // length of the block being passed over, 0 between blocks
	skip   int64         // bytes of it up to its trailing length
	secret secretBlock
}

// ngInterface is an interface as its description block gives it.
type ngInterface struct {
	link    LinkType
	snaplen uint32
	clock   clock
	drops   uint64 // by its last statistics block
	lost    uint64 // between its packets, as these say
}

// isPcapng reports whether a file that begins with b is a pcapng file.
func isPcapng(b []byte) bool {
	return len(b) >= 4 && byteOrder{}.uint32(b) == blockSection
}

func (p *pcapngParser) parse(b []byte, at int64, frames []Frame) (parsed, error) {
	var r parsed
	for r.frames < len(frames) {
		step, err := p.step(b[r.used:], at+int64(r.used), &frames[r.frames])
		r.used += step.used
		r.frames += step.frames
		if err != nil || step.want > 0 {
			r.want = step.want
			return r, err
		}
	}
	return r, nil
}

// step parses the block at the beginning of b into f, or passes over a part of a
// block that is not kept in memory.
func (p *pcapngParser) step(b []byte, at int64, f *Frame) (parsed, error) {
	if p.total != 0 {
		return p.passOver(b, at)
	}
	if len(b) < minBlockBytes {
		return parsed{want: minBlockBytes}, nil
	}
	kind := p.order.uint32(b)
	if kind == blockSection {
		if err := p.readOrder(b, at); err != nil {
			return parsed{}, err
		}
	}
	total := p.order.uint32(b[4:])
	if total < minBlockBytes {
		return parsed{}, fmt.Errorf("corrupt block header at byte %d: claims %d bytes, fewer than %d", at, total, minBlockBytes)
	}
	keep := p.keep(kind, total)
	if len(b) < keep {
		return parsed{want: keep}, nil
	}
	return p.block(kind, total, b[:keep], at, f)
}

// keep returns how many bytes of a block must be in memory at once: all of a
// block that we look into unless it exceeds the limits, else the beginning.
func (p *pcapngParser) keep(kind, total uint32) int {
	switch kind {
	case blockSection, blockInterface, blockPacket, blockSimplePacket, blockStatistics, blockEnhancedPacket:
		limit := p.limits.PacketBytes + blockRoom
		if int64(total) <= int64(limit)+4 { // the trailing length is never split
			return int(total)
		}
		return limit
	case blockSecrets:
		return int(min(total-4, blockHeaderBytes+secretsHeader))
	}
	return blockHeaderBytes
}

// block parses a block of which b is in memory: all of it or the beginning.
func (p *pcapngParser) block(kind, total uint32, b []byte, at int64, f *Frame) (parsed, error) {
	body := b[blockHeaderBytes:]
	if len(b) == int(total) {
		if err := p.checkTrailer(b[total-4:], total, at); err != nil {
			return parsed{}, err
		}
		body = b[blockHeaderBytes : total-4]
	} else {
		p.total, p.skip = total, int64(total)-4-int64(len(b))
	}
	got, err := p.content(kind, body, at, f)
	if err != nil || !got {
		return parsed{used: len(b)}, err
	}
	return parsed{frames: 1, used: len(b)}, nil
}

// passOver skips what is left of a block and checks its trailing length.
func (p *pcapngParser) passOver(b []byte, at int64) (parsed, error) {
	n := int(min(p.skip, int64(len(b))))
	p.skip -= int64(n)
	p.secret.take(b[:n])
	if p.skip > 0 {
		return parsed{used: n, want: 1}, nil // however little there is, for secrets of a file that is cut
	}
	if len(b)-n < 4 {
		return parsed{used: n, want: 4}, nil
	}
	total := p.total
	p.total = 0
	err := p.checkTrailer(b[n:], total, at+int64(n)+4-int64(total))
	return parsed{used: n + 4}, err
}

func (p *pcapngParser) checkTrailer(b []byte, total uint32, at int64) error {
	if trailer := p.order.uint32(b); trailer != total {
		return fmt.Errorf("corrupt block at byte %d: its length is %d at the beginning and %d at the end", at, total, trailer)
	}
	return nil
}

// content takes what we want out of a block's body and reports whether that was
// a frame. An error ends the file; damage within the block does not.
func (p *pcapngParser) content(kind uint32, body []byte, at int64, f *Frame) (bool, error) {
	switch kind {
	case blockSection:
		return false, p.section(body, at)
	case blockInterface:
		return false, p.addInterface(body, at)
	case blockEnhancedPacket, blockPacket:
		return p.packet(kind, body, at, f), nil
	case blockSimplePacket:
		return p.simplePacket(body, at, f), nil
	case blockStatistics:
		p.statistics(body)
	case blockSecrets:
		p.beginSecrets(body)
	}
	return false, nil
}

// fault notes damage that costs the block at byte at and nothing else.
func (p *pcapngParser) fault(at int64, format string, args ...any) {
	if p.facts.fault == nil {
		p.facts.fault = fmt.Errorf("%s in the block at byte %d", fmt.Sprintf(format, args...), at)
	}
}

// readOrder learns the byte order of the section that begins with b.
func (p *pcapngParser) readOrder(b []byte, at int64) error {
	for _, order := range []byteOrder{{big: false}, {big: true}} {
		if order.uint32(b[blockHeaderBytes:]) == byteOrderMagic {
			p.order = order
			return nil
		}
	}
	return fmt.Errorf("corrupt section header at byte %d: no byte-order magic", at)
}

// section begins a new section. Its interfaces are its own.
func (p *pcapngParser) section(body []byte, at int64) error {
	if len(body) < 16 {
		return fmt.Errorf("corrupt section header at byte %d: too short", at)
	}
	if major, minor := p.order.uint16(body[4:]), p.order.uint16(body[6:]); major != 1 {
		return fmt.Errorf("pcapng version %d.%d at byte %d is not known; expected 1.x", major, minor, at)
	}
	p.before += len(p.ifaces)
	p.ifaces = p.ifaces[:0]
	return nil
}

func (p *pcapngParser) partial(rest []byte) string {
	switch {
	case p.total != 0:
		return "a block"
	case len(rest) == 0:
		return ""
	case len(rest) >= 4:
		switch p.order.uint32(rest) {
		case blockPacket, blockSimplePacket, blockEnhancedPacket:
			return partialPacket
		}
	}
	return "a block"
}
