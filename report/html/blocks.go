package html

import (
	"bufio"
	"compress/flate"
	"encoding/base64"
	"io"
)

// blocks writes data into the page: JSON, compressed (deflate without a head, as
// DecompressionStream("deflate-raw") reads it), in base64, in a script of a type that no
// browser runs. Base64 holds nothing that could end the script.
type blocks struct {
	w    *bufio.Writer
	size int // bytes of JSON in one block
	flat *flate.Writer
}

func newBlocks(w *bufio.Writer, size int) *blocks {
	flat, err := flate.NewWriter(io.Discard, flate.DefaultCompression)
	if err != nil {
		panic(err) // the level is legal
	}
	return &blocks{w: w, size: size, flat: flat}
}

// block writes one block of a kind, see load.js.
func (b *blocks) block(kind string, data []byte) error {
	b.w.WriteString(`<script type="application/json" class="data" data-kind="` + kind + `">`)
	encoder := base64.NewEncoder(base64.StdEncoding, b.w)
	b.flat.Reset(encoder)
	b.flat.Write(data)
	b.flat.Close()
	encoder.Close()
	_, err := b.w.WriteString("</script>\n") // a bufio.Writer keeps its first error
	return err
}

// array collects encoded values as the elements of a JSON array.
type array struct{ b []byte }

func (a *array) add(value []byte) {
	if len(a.b) == 0 {
		a.b = append(a.b, '[')
	} else {
		a.b = append(a.b, ',', '\n')
	}
	a.b = append(a.b, value...)
}

// take ends the array and begins a new one.
func (a *array) take() []byte {
	if len(a.b) == 0 {
		a.b = append(a.b, '[')
	}
	b := append(a.b, ']')
	a.b = a.b[:0]
	return b
}
