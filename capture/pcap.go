package capture

import "fmt"

// The magic numbers of pcap files.
const (
	magicMicroseconds = 0xa1b2c3d4
	magicNanoseconds  = 0xa1b23c4d
	magicModified     = 0xa1b2cd34 // Kuznetzov's: 8 more bytes in each packet header
)

const pcapHeaderBytes = 24

// lengthOrder says which of the two lengths of a packet header comes first.
type lengthOrder int

const (
	capturedFirst     lengthOrder = iota // version 2.4 and later
	shorterIsCaptured                    // version 2.3: writers disagree
	originalFirst                        // before 2.3, and DG/UX's version 543.0
)

// pcapParser parses pcap files (https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/).
type pcapParser struct {
	facts   *facts
	limit   int // bytes of a packet
	order   byteOrder
	lengths lengthOrder
	tick    int64 // nanoseconds of a unit of the fraction
	header  int   // bytes of a packet header
	link    LinkType
	started bool // the file header is behind us
}

// isPcap reports whether a file that begins with b is a pcap file, and in which
// byte order.
func isPcap(b []byte) (byteOrder, bool) {
	if len(b) < 4 {
		return byteOrder{}, false
	}
	for _, order := range []byteOrder{{big: false}, {big: true}} {
		switch order.uint32(b) {
		case magicMicroseconds, magicNanoseconds, magicModified:
			return order, true
		}
	}
	return byteOrder{}, false
}

func (p *pcapParser) parse(b []byte, at int64, frames []Frame) (parsed, error) {
	if !p.started {
		if len(b) < pcapHeaderBytes {
			return parsed{want: pcapHeaderBytes}, nil
		}
		if err := p.parseHeader(b); err != nil {
			return parsed{}, err
		}
		p.started = true
		return parsed{used: pcapHeaderBytes}, nil
	}
	return p.parsePackets(b, at, frames)
}

// parseHeader reads the file header.
func (p *pcapParser) parseHeader(b []byte) error {
	p.order, _ = isPcap(b)
	p.tick, p.header = 1000, 16
	switch p.order.uint32(b) {
	case magicNanoseconds:
		p.tick = 1
	case magicModified:
		p.header = 24
	}
	major, minor := p.order.uint16(b[4:]), p.order.uint16(b[6:])
	switch {
	case major == 543 && minor == 0, major == 2 && minor < 3:
		p.lengths = originalFirst
	case major == 2 && minor == 3:
		p.lengths = shorterIsCaptured
	case major != 2:
		return fmt.Errorf("pcap version %d.%d is not known; expected 2.x", major, minor)
	}
	// The upper half of the field says whether frames end in a checksum, which
	// the lengths inside the packets show anyway.
	p.link = LinkType(p.order.uint32(b[20:]))
	p.facts.addLink(p.link)
	return nil
}

// parsePackets fills frames with the packets that are complete in b.
func (p *pcapParser) parsePackets(b []byte, at int64, frames []Frame) (parsed, error) {
	var r parsed
	for r.frames < len(frames) {
		rest := b[r.used:]
		if len(rest) < p.header {
			r.want = p.header
			return r, nil
		}
		captured, length := p.packetLengths(rest)
		if captured > uint32(p.limit) {
			return r, fmt.Errorf("corrupt packet header at byte %d: claims %d bytes, more than %d",
				at+int64(r.used), captured, p.limit)
		}
		end := p.header + int(captured)
		if len(rest) < end {
			r.want = end
			return r, nil
		}
		f := &frames[r.frames] // field by field: a literal would be made elsewhere and copied. Number and File are set by account
		f.Data = rest[p.header:end:end]
		f.Time = int64(p.order.uint32(rest))*1e9 + int64(p.order.uint32(rest[4:]))*p.tick
		f.Length, f.Interface = int(max(captured, length)), 0
		f.Link, f.HasTime = p.link, true
		r.frames++
		r.used += end
	}
	return r, nil
}

// packetLengths returns the captured and the original length of a packet header.
func (p *pcapParser) packetLengths(b []byte) (captured, length uint32) {
	captured, length = p.order.uint32(b[8:]), p.order.uint32(b[12:])
	if p.lengths == originalFirst || p.lengths == shorterIsCaptured && captured > length {
		return length, captured
	}
	return captured, length
}

func (p *pcapParser) partial(rest []byte) string {
	switch {
	case !p.started:
		return "the file header"
	case len(rest) > 0:
		return partialPacket
	}
	return ""
}
