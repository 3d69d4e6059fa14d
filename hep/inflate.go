package hep

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
)

// ErrTooLong is returned by Inflater.Inflate where a payload grows beyond the limit.
var ErrTooLong = errors.New("a compressed HEP payload grows beyond the limit")

// Inflater undoes the compression of payloads: zlib, gzip or DEFLATE without either's
// header (RFC 1950, 1952, 1951). The zero value is ready; it is used by one goroutine
// and keeps its memory for the next payload.
type Inflater struct {
	reader  io.ReadCloser
	limited io.LimitedReader
	source  bytes.Reader
	buf     bytes.Buffer
}

// Inflate returns the payload that b was made of, at most limit bytes of it. They
// belong to the Inflater and are valid until the next call. With an error it returns
// what could be read. Checksums are not compared: a payload that is damaged is shown.
func (f *Inflater) Inflate(b []byte, limit int) ([]byte, error) {
	f.buf.Reset()
	f.source.Reset(deflated(b))
	if f.reader == nil {
		f.reader = flate.NewReader(&f.source)
	} else if err := f.reader.(flate.Resetter).Reset(&f.source, nil); err != nil {
		return nil, fmt.Errorf("inflate a HEP payload: %w", err)
	}
	f.limited = io.LimitedReader{R: f.reader, N: int64(limit) + 1}
	if _, err := f.buf.ReadFrom(&f.limited); err != nil {
		return f.first(limit), fmt.Errorf("inflate a HEP payload: %w", err)
	}
	if f.buf.Len() > limit {
		return f.first(limit), ErrTooLong
	}
	return f.buf.Bytes(), nil
}

func (f *Inflater) first(limit int) []byte { return f.buf.Bytes()[:min(f.buf.Len(), limit)] }

// deflated skips the header of zlib or gzip.
func deflated(b []byte) []byte {
	switch {
	case len(b) > 2 && b[0]&0x0f == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 && b[1]&0x20 == 0:
		return b[2:]
	case len(b) > 10 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8:
		return gzipped(b)
	}
	return b
}

// gzipped skips a gzip header with its optional parts (RFC 1952 2.3).
func gzipped(b []byte) []byte {
	const checksum, extra, name, comment = 2, 4, 8, 16
	flags, rest := b[3], b[10:]
	if flags&extra != 0 && len(rest) >= 2 {
		rest = rest[min(2+int(rest[0])+int(rest[1])<<8, len(rest)):]
	}
	for _, text := range []byte{name, comment} {
		if flags&text != 0 {
			rest = rest[bytes.IndexByte(rest, 0)+1:]
		}
	}
	if flags&checksum != 0 {
		rest = rest[min(2, len(rest)):]
	}
	return rest
}
