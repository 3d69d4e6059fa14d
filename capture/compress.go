package capture

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// readAhead is how much compressed data is read at once.
const readAhead = 64 << 10

// remaining returns a reader of the bytes at hand and all that follows them.
func (w *window) remaining() io.Reader {
	at := bytes.NewReader(bytes.Clone(w.bytes()))
	if w.err != nil {
		return io.MultiReader(at, failingReader{w.err})
	}
	return io.MultiReader(at, w.r)
}

// failingReader returns an error that has been seen already.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// newDecompressor returns a reader of the decompressed data, and what closes it.
// The memory that it takes is of the share. All of them stream, and read
// concatenated members as one.
func newDecompressor(compression string, r io.Reader, memory *dictionaryShare) (io.Reader, func(), error) {
	in := bufio.NewReaderSize(r, readAhead)
	switch compression {
	case "zstd":
		return newZstd(in, memory)
	case "xz":
		d, err := xz.ReaderConfig{DictCap: lzma.MinDictCap}.NewReader(newXZGuard(in, memory))
		return d, func() {}, notEOF(err)
	}
	d, err := newFixed(compression, in, memory)
	return d, func() {}, err
}

// newFixed returns a reader of a format that takes the same memory for every file.
func newFixed(compression string, in io.Reader, memory *dictionaryShare) (io.Reader, error) {
	size := map[string]int64{"gzip": gzipMemory, "lz4": lz4Memory, "bzip2": bzip2Memory}[compression]
	if err := memory.need(compression+" buffer", size); err != nil {
		return nil, err
	}
	switch compression {
	case "gzip":
		d, err := gzip.NewReader(in)
		return d, notEOF(err)
	case "lz4":
		return lz4.NewReader(in), nil
	case "bzip2":
		return bzip2.NewReader(in), nil
	}
	return nil, errors.New("unknown compression")
}

// newZstd decodes in the caller's goroutine: what is merged is often many files,
// and each would have goroutines of its own.
func newZstd(in *bufio.Reader, memory *dictionaryShare) (io.Reader, func(), error) {
	largest := uint64(max(memory.of.limit, zstd.MinWindowSize))
	d, err := zstd.NewReader(newZstdGuard(in, memory),
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(largest),
		zstd.WithDecoderMaxWindow(largest))
	if err != nil {
		return nil, func() {}, notEOF(err)
	}
	return d, d.Close, nil
}

// notEOF turns the end of the input in the middle of a compressed file's header
// into what it is.
func notEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
