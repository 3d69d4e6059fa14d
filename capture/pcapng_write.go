package capture

import (
	"encoding/binary"
	"io"
	"math"
)

// PcapngWriter writes frames as one section of a pcapng file, little-endian and
// with times in nanoseconds. What it hands to the underlying writer are whole
// blocks, so that a file is readable up to its last Flush whatever happens to the
// process. It is used by one goroutine.
type PcapngWriter struct {
	w      io.Writer
	b      []byte // blocks that have not been written
	size   int64  // bytes of the section so far
	ids    map[ifaceKey]uint32
	err    error
	frames uint64
}

// ifaceKey is what tells interfaces apart in a file: those of several files that frames
// come from are others, and one may change its link type from section to section.
type ifaceKey struct {
	file, number int
	link         LinkType
}

// pcapngFlush is how many bytes are collected before they are written.
const pcapngFlush = 64 << 10

// NewPcapngWriter returns a writer of a file to w. The program is named in the
// file's first block, unless it is empty.
func NewPcapngWriter(w io.Writer, program string) *PcapngWriter {
	p := &PcapngWriter{w: w, ids: make(map[ifaceKey]uint32)}
	body := binary.LittleEndian.AppendUint32(nil, byteOrderMagic)
	body = append(body, 1, 0, 0, 0)                               // version 1.0
	body = binary.LittleEndian.AppendUint64(body, math.MaxUint64) // the section's length is not known
	const userApplication = 4
	if program != "" {
		body = endOptions(option(body, userApplication, []byte(program)))
	}
	p.block(blockSection, body, nil, nil)
	return p
}

// Frame writes a frame. The first one of an interface is preceded by a
// description with the interface's name, unless that is empty.
func (p *PcapngWriter) Frame(f *Frame, name string) error { return p.Commented(f, name, "") }

// Commented is Frame with a comment, which Wireshark shows; "" is none.
func (p *PcapngWriter) Commented(f *Frame, name, comment string) error {
	key := ifaceKey{f.File, f.Interface, f.Link}
	id, known := p.ids[key]
	if !known {
		id = uint32(len(p.ids))
		p.ids[key] = id
		p.describe(f.Link, name)
	}
	var head [20]byte
	binary.LittleEndian.PutUint32(head[:], id)
	binary.LittleEndian.PutUint32(head[4:], uint32(uint64(f.Time)>>32))
	binary.LittleEndian.PutUint32(head[8:], uint32(f.Time))
	binary.LittleEndian.PutUint32(head[12:], uint32(len(f.Data)))
	binary.LittleEndian.PutUint32(head[16:], uint32(f.Length))
	p.block(blockEnhancedPacket, head[:], f.Data, commentOption(comment))
	p.frames++
	return p.err
}

// describe writes an Interface Description Block.
func (p *PcapngWriter) describe(link LinkType, name string) {
	const interfaceName, nanoseconds = 2, 9
	body := binary.LittleEndian.AppendUint16(nil, uint16(link))
	body = append(body, 0, 0, 0, 0, 0, 0) // no snapshot length
	if name != "" {
		body = option(body, interfaceName, []byte(name))
	}
	p.block(blockInterface, endOptions(option(body, optionResolution, []byte{nanoseconds})), nil, nil)
}

// Statistics writes how many packets were received and how many of them the
// kernel dropped, up to a time in nanoseconds since 1970 UTC. Without a frame
// before it there is no interface to write it for.
func (p *PcapngWriter) Statistics(time int64, received, dropped uint64) error {
	if len(p.ids) == 0 {
		return p.err
	}
	const interfaceReceived = 4
	body := binary.LittleEndian.AppendUint32(nil, 0)
	body = binary.LittleEndian.AppendUint32(body, uint32(uint64(time)>>32))
	body = binary.LittleEndian.AppendUint32(body, uint32(time))
	body = option(body, interfaceReceived, binary.LittleEndian.AppendUint64(nil, received))
	body = option(body, optionDropsByOS, binary.LittleEndian.AppendUint64(nil, dropped))
	p.block(blockStatistics, endOptions(body), nil, nil)
	return p.err
}

// Size returns how many bytes the file has, with those that have not been flushed.
func (p *PcapngWriter) Size() int64 { return p.size }

// Frames returns how many frames have been written.
func (p *PcapngWriter) Frames() uint64 { return p.frames }

// Flush hands everything to the underlying writer.
func (p *PcapngWriter) Flush() error {
	if p.err == nil && len(p.b) > 0 {
		_, p.err = p.w.Write(p.b)
	}
	p.b = p.b[:0]
	return p.err
}

// commentOption is the options of a block with a comment, nil where there is none.
func commentOption(comment string) []byte {
	const optionComment = 1
	if comment == "" {
		return nil
	}
	return endOptions(option(nil, optionComment, []byte(comment)))
}

// block adds a block whose body is in two parts, and the options behind it. After an
// error it adds nothing, so that no memory is filled in vain.
func (p *PcapngWriter) block(kind uint32, head, data, options []byte) {
	if p.err != nil {
		return
	}
	padding := -(len(head) + len(data)) & 3
	total := uint32(minBlockBytes + len(head) + len(data) + padding + len(options))
	p.b = binary.LittleEndian.AppendUint32(p.b, kind)
	p.b = binary.LittleEndian.AppendUint32(p.b, total)
	p.b = append(append(p.b, head...), data...)
	p.b = append(append(p.b, make([]byte, padding)...), options...)
	p.b = binary.LittleEndian.AppendUint32(p.b, total)
	p.size += int64(total)
	if len(p.b) >= pcapngFlush {
		p.Flush()
	}
}

// option appends an option and its padding.
func option(b []byte, code uint16, value []byte) []byte {
	value = value[:min(len(value), math.MaxUint16)]
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	return append(b, make([]byte, -len(value)&3)...)
}

func endOptions(b []byte) []byte { return append(b, 0, 0, 0, 0) }

// Buffered returns how many bytes of the file have not been flushed.
func (p *PcapngWriter) Buffered() int64 { return int64(len(p.b)) }
