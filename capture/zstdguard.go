package capture

import (
	"bufio"
	"encoding/binary"
	"math"
)

// zstdGuard passes a zstd file on unchanged and stops it before a frame whose
// window is larger than its share of memory, because the zstd package takes that
// much for a file of some kilobytes. To find the frame headers it walks over the
// blocks (RFC 8878 3.1.1).
type zstdGuard struct {
	walker
	memory *dictionaryShare
	sum    int // bytes of the checksum behind the last block of this frame
}

// Numbers that zstd frames begin with.
const (
	zstdMagic     = 0xfd2fb528
	zstdSkippable = 0x184d2a50 // to 0x184d2a5f
)

// zstdBlocks is what the decoder holds beside the window, at most.
const zstdBlocks = 256 << 10

func newZstdGuard(in *bufio.Reader, memory *dictionaryShare) *zstdGuard {
	g := &zstdGuard{walker: walker{in: in}, memory: memory}
	g.step = g.frame
	return g
}

// frame is at the beginning of a frame, or at the end of the file.
func (g *zstdGuard) frame() error {
	if _, err := g.in.Peek(1); err != nil {
		return err
	}
	b, err := g.need(4)
	if err != nil {
		return err
	}
	switch magic := binary.LittleEndian.Uint32(b); {
	case magic == zstdMagic:
		return g.header()
	case magic&^15 == zstdSkippable:
		if b, err = g.need(8); err != nil {
			return err
		}
		return g.then(8+int64(binary.LittleEndian.Uint32(b[4:])), g.frame)
	}
	return g.then(math.MaxInt64, g.frame) // no frame: the decoder says so
}

// header is at a frame header.
func (g *zstdGuard) header() error {
	b, err := g.need(5)
	if err != nil {
		return err
	}
	descriptor := b[4]
	single := descriptor&0x20 != 0
	window, sizes := 1, [4]int{0, 2, 4, 8}
	if single {
		window, sizes[0] = 0, 1
	}
	at := 5 + window + [4]int{0, 1, 2, 4}[descriptor&3]
	end := at + sizes[descriptor>>6]
	if b, err = g.need(end); err != nil {
		return err
	}
	size := zstdWindow(b[5])
	if single {
		size = zstdContent(b[at:end])
	}
	if err := g.memory.need("zstd window", min(size, math.MaxInt64-zstdBlocks)+zstdBlocks); err != nil {
		return err
	}
	g.sum = int(descriptor >> 2 & 1 * 4)
	return g.then(int64(end), g.block)
}

// zstdWindow is the size of a window by its descriptor (RFC 8878 3.1.1.1.2).
func zstdWindow(b byte) int64 {
	base := int64(1) << (10 + b>>3)
	return base + base/8*int64(b&7)
}

// zstdContent is the size of the content of a frame whose window is all of it (RFC 8878 3.1.1.1.4).
func zstdContent(b []byte) int64 {
	switch len(b) {
	case 1:
		return int64(b[0])
	case 2:
		return int64(binary.LittleEndian.Uint16(b)) + 256
	case 4:
		return int64(binary.LittleEndian.Uint32(b))
	}
	return int64(min(binary.LittleEndian.Uint64(b), math.MaxInt64))
}

// block is at the header of a block (RFC 8878 3.1.1.2).
func (g *zstdGuard) block() error {
	b, err := g.need(3)
	if err != nil {
		return err
	}
	const repeated = 1 // a byte that stands for as many as the size says
	v := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	size := v >> 3
	if v>>1&3 == repeated {
		size = 1
	}
	if v&1 != 0 {
		return g.then(int64(3+size+g.sum), g.frame)
	}
	return g.then(int64(3+size), g.block)
}
