package capture

import (
	"bufio"
	"encoding/binary"
	"errors"

	"github.com/ulikunitz/xz/lzma"
)

// xzGuard passes an xz file on unchanged and stops it before a block that asks
// for too large a dictionary, because the xz package allocates what the block
// header asks for, up to 4 GiB. To find the block headers it walks over the
// chunks of the blocks and over the index
// (https://tukaani.org/xz/xz-file-format.txt).
type xzGuard struct {
	walker
	memory *dictionaryShare
	check  int    // bytes of a block's check in this stream
	size   int64  // of the block or index so far, to know its padding
	left   uint64 // numbers of the index still to come
}

var errXZ = errors.New("invalid xz structure")

func newXZGuard(in *bufio.Reader, memory *dictionaryShare) *xzGuard {
	g := &xzGuard{walker: walker{in: in}, memory: memory}
	g.step = g.stream
	return g
}

// then lets n bytes pass, counts them and goes on with the next step.
func (g *xzGuard) then(n int, next func() error) error {
	g.size += int64(n)
	return g.walker.then(int64(n), next)
}

// stream is at a stream header, at the padding between two streams, or at the
// end: nowhere else may the file end; the xz package would let it end between
// blocks too.
func (g *xzGuard) stream() error {
	if _, err := g.in.Peek(1); err != nil {
		return err
	}
	b, err := g.need(4)
	if err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(b) == 0 {
		return g.then(4, g.stream)
	}
	if b, err = g.need(12); err != nil {
		return err
	}
	// Check sizes by type: none, 3 times 4 bytes, 3 times 8, 16, 32, 64.
	g.check = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[b[7]&15]
	return g.then(12, g.block)
}

// block is at a block header or, after the last block, at the index.
func (g *xzGuard) block() error {
	b, err := g.need(1)
	if err != nil {
		return err
	}
	g.size = 0
	if b[0] == 0 {
		return g.then(1, g.indexCount)
	}
	size := 4 * (int(b[0]) + 1)
	if b, err = g.need(size); err != nil {
		return err
	}
	if err := g.checkDictionary(b[1 : size-4]); err != nil {
		return err
	}
	return g.then(size, g.chunk)
}

// checkDictionary looks at the filters in a block header: there must be LZMA2
// and nothing else, which is all that the xz package reads.
func (g *xzGuard) checkDictionary(b []byte) error {
	flags := b[0]
	b = b[1:]
	for _, present := range []byte{0x40, 0x80} { // compressed, uncompressed size
		if flags&present != 0 {
			_, n := binary.Uvarint(b)
			if n <= 0 {
				return errXZ
			}
			b = b[n:]
		}
	}
	const lzma2 = 0x21
	if flags&3 != 0 || len(b) < 3 || b[0] != lzma2 || b[1] != 1 {
		return errors.New("xz filters other than LZMA2 are not supported")
	}
	size, err := lzma.DecodeDictCap(b[2])
	if err != nil {
		return err
	}
	return g.memory.need("xz dictionary", size)
}

// chunk is at an LZMA2 chunk of a block.
func (g *xzGuard) chunk() error {
	b, err := g.need(1)
	if err != nil {
		return err
	}
	control := b[0]
	switch {
	case control == 0:
		return g.then(1, g.blockEnd)
	case control <= 2: // not compressed
		if b, err = g.need(3); err != nil {
			return err
		}
		return g.then(3+1+int(binary.BigEndian.Uint16(b[1:])), g.chunk)
	case control < 0x80:
		return errXZ
	}
	if b, err = g.need(5); err != nil {
		return err
	}
	header := 5
	if control >= 0xc0 { // with new properties
		header = 6
	}
	return g.then(header+1+int(binary.BigEndian.Uint16(b[3:])), g.chunk)
}

// blockEnd is at the padding and the check of a block.
func (g *xzGuard) blockEnd() error {
	return g.then(int(-g.size&3)+g.check, g.block)
}

// indexCount is at the number of records of the index, each of two numbers.
func (g *xzGuard) indexCount() error {
	records, n, err := g.number()
	if err != nil {
		return err
	}
	if records > 1<<62 {
		return errXZ
	}
	g.left = 2 * records
	return g.then(n, g.indexNumber)
}

// indexNumber is at a number of the index or at the end of them.
func (g *xzGuard) indexNumber() error {
	if g.left == 0 {
		return g.indexEnd()
	}
	_, n, err := g.number()
	if err != nil {
		return err
	}
	g.left--
	return g.then(n, g.indexNumber)
}

// indexEnd is at the padding and the check of the index, and the stream's footer.
func (g *xzGuard) indexEnd() error {
	return g.then(int(-g.size&3)+4+12, g.stream)
}

// number returns the next number of the index and its length in bytes.
func (g *xzGuard) number() (v uint64, n int, err error) {
	b, err := g.in.Peek(binary.MaxVarintLen64)
	v, n = binary.Uvarint(b)
	switch {
	case n > 0:
		return v, n, nil
	case n == 0 && err != nil:
		return 0, 0, notEOF(err)
	}
	return 0, 0, errXZ
}
