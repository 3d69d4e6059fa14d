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

// newDecompressor returns a reader of the decompressed data, and what releases
// its memory. All of them stream, and read concatenated members as one.
func newDecompressor(compression string, r io.Reader, limits Limits) (io.Reader, func(), error) {
	nothing := func() {}
	in := bufio.NewReaderSize(r, readAhead)
	switch compression {
	case "gzip":
		d, err := gzip.NewReader(in)
		return d, nothing, notEOF(err)
	case "zstd":
		return newZstd(in, limits)
	case "lz4":
		return lz4.NewReader(in), nothing, nil
	case "xz":
		guard := &xzGuard{in: in, limit: int64(limits.DictionaryBytes)}
		d, err := xz.ReaderConfig{DictCap: lzma.MinDictCap}.NewReader(guard)
		return d, nothing, notEOF(err)
	case "bzip2":
		return bzip2.NewReader(in), nothing, nil
	}
	return nil, nothing, errors.New("unknown compression")
}

// newZstd decodes in the caller's goroutine: what is merged is often many files,
// and each would have goroutines of its own.
func newZstd(r io.Reader, limits Limits) (io.Reader, func(), error) {
	d, err := zstd.NewReader(r,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(uint64(limits.DictionaryBytes)),
		zstd.WithDecoderMaxWindow(uint64(max(limits.DictionaryBytes, zstd.MinWindowSize))))
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
