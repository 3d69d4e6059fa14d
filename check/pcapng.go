package check

import (
	"encoding/binary"
	"io"

	"simplecap/capture"
)

// pcapngWriter writes frames with comments as a pcapng file of one section, with
// times in nanoseconds.
type pcapngWriter struct {
	w          io.Writer
	block      []byte // reused
	interfaces map[sourceInterface]uint32
}

// sourceInterface is where a frame was captured. A file may change the link type
// of an interface number from section to section.
type sourceInterface struct {
	file, number int
	link         capture.LinkType
}

// Block types and options (draft-ietf-opsawg-pcapng).
const (
	sectionHeader        = 0x0a0d0d0a
	interfaceDescription = 1
	enhancedPacket       = 6

	optionEnd     = 0
	optionComment = 1
	optionTsresol = 9

	byteOrderMagic = 0x1a2b3c4d
	maxComment     = 65535
)

var little = binary.LittleEndian

// newPcapngWriter writes the section header.
func newPcapngWriter(w io.Writer) (*pcapngWriter, error) {
	p := &pcapngWriter{w: w, interfaces: map[sourceInterface]uint32{}}
	p.begin(sectionHeader)
	p.block = little.AppendUint32(p.block, byteOrderMagic)
	p.block = little.AppendUint16(p.block, 1) // version 1.0
	p.block = little.AppendUint16(p.block, 0)
	p.block = little.AppendUint64(p.block, 1<<64-1) // length of the section not given
	return p, p.end()
}

// frame writes a frame. Its data may be cut by the caller.
func (p *pcapngWriter) frame(f *capture.Frame, comment string) error {
	id, err := p.interfaceOf(f)
	if err != nil {
		return err
	}
	p.begin(enhancedPacket)
	p.block = little.AppendUint32(p.block, id)
	p.block = little.AppendUint32(p.block, uint32(uint64(f.Time)>>32))
	p.block = little.AppendUint32(p.block, uint32(uint64(f.Time)))
	p.block = little.AppendUint32(p.block, uint32(len(f.Data)))
	p.block = little.AppendUint32(p.block, uint32(max(f.Length, len(f.Data))))
	p.padded(f.Data)
	p.option(optionComment, []byte(comment[:min(len(comment), maxComment)]))
	p.option(optionEnd, nil)
	return p.end()
}

// interfaceOf returns the number of a frame's interface, which it describes the
// first time.
func (p *pcapngWriter) interfaceOf(f *capture.Frame) (uint32, error) {
	key := sourceInterface{f.File, f.Interface, f.Link}
	if id, ok := p.interfaces[key]; ok {
		return id, nil
	}
	id := uint32(len(p.interfaces))
	p.interfaces[key] = id
	p.begin(interfaceDescription)
	p.block = little.AppendUint16(p.block, uint16(f.Link))
	p.block = append(p.block, 0, 0, 0, 0, 0, 0) // reserved, no snapshot length
	p.option(optionTsresol, []byte{9})
	p.option(optionEnd, nil)
	return id, p.end()
}

func (p *pcapngWriter) begin(kind uint32) {
	p.block = little.AppendUint32(p.block[:0], kind)
	p.block = append(p.block, 0, 0, 0, 0) // the length, which end knows
}

func (p *pcapngWriter) end() error {
	length := uint32(len(p.block) + 4)
	little.PutUint32(p.block[4:], length)
	p.block = little.AppendUint32(p.block, length)
	_, err := p.w.Write(p.block)
	return err
}

func (p *pcapngWriter) option(code uint16, value []byte) {
	p.block = little.AppendUint16(p.block, code)
	p.block = little.AppendUint16(p.block, uint16(len(value)))
	p.padded(value)
}

// padded appends data and zeros up to a multiple of 4 bytes.
func (p *pcapngWriter) padded(data []byte) {
	p.block = append(p.block, data...)
	for len(p.block)%4 != 0 {
		p.block = append(p.block, 0)
	}
}
