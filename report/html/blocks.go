package html

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"
)

// blocks writes data into the page: JSON, compressed (deflate without a head, as
// DecompressionStream("deflate-raw") reads it), in base64, in a script of a type that no
// browser runs. Base64 holds nothing that could end the script. Blocks are packed beside
// each other, and written in order.
type blocks struct {
	w       *bufio.Writer
	size    int       // bytes of JSON in one block
	packing []*packet // the oldest first
	free    []*packet // those that are not
}

// packet is one block on its way into the page.
type packet struct {
	kind   string
	data   []byte // JSON
	flat   *flate.Writer
	packed bytes.Buffer
	text   []byte // packed, in base64
	done   chan struct{}
}

// packLevel is how hard deflate tries: the next levels make the page 3% smaller and take
// twice the time.
const packLevel = 3

// packers is how many blocks are packed beside each other at most.
const packers = 4

func newBlocks(w *bufio.Writer, size int) *blocks {
	n := min(runtime.GOMAXPROCS(0)+1, packers)
	b := &blocks{w: w, size: size}
	for range n {
		b.free = append(b.free, newPacket())
	}
	return b
}

func newPacket() *packet {
	flat, err := flate.NewWriter(io.Discard, packLevel)
	if err != nil {
		panic(err) // the level is legal
	}
	return &packet{flat: flat, done: make(chan struct{}, 1)}
}

// block puts one block of a kind into the page, see load.js. The data are copied.
func (b *blocks) block(kind string, data []byte) error {
	if len(b.free) == 0 {
		b.write()
	}
	p := b.free[len(b.free)-1]
	b.free = b.free[:len(b.free)-1]
	p.kind, p.data = kind, append(p.data[:0], data...)
	b.packing = append(b.packing, p)
	go p.pack()
	return b.err()
}

func (p *packet) pack() {
	p.packed.Reset()
	p.flat.Reset(&p.packed)
	p.flat.Write(p.data) // a bytes.Buffer takes all
	p.flat.Close()
	p.text = base64.StdEncoding.AppendEncode(p.text[:0], p.packed.Bytes())
	p.done <- struct{}{}
}

// write waits for the oldest block and writes it.
func (b *blocks) write() {
	p := b.packing[0]
	b.packing = b.packing[1:]
	<-p.done
	b.w.WriteString(`<script type="application/json" class="data" data-kind="` + p.kind + `">`)
	b.w.Write(p.text)
	b.w.WriteString("</script>\n")
	b.free = append(b.free, p)
}

// flush writes all blocks that have not been written.
func (b *blocks) flush() error {
	for len(b.packing) > 0 {
		b.write()
	}
	return b.err()
}

// err is the first error of the page: a bufio.Writer keeps it.
func (b *blocks) err() error {
	_, err := b.w.Write(nil)
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

// take ends the array and begins a new one. What it returns is valid until then.
func (a *array) take() []byte {
	if len(a.b) == 0 {
		a.b = append(a.b, '[')
	}
	b := append(a.b, ']')
	a.b = a.b[:0]
	return b
}
