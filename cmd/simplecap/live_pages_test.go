package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"simplecap/capture"
	"simplecap/internal/shared"
)

// chunks notes where each write to a file ends.
type chunks struct {
	bytes.Buffer
	ends []int
}

func (c *chunks) Write(b []byte) (int, error) {
	n, err := c.Buffer.Write(b)
	c.ends = append(c.ends, c.Len())
	return n, err
}

// Wherever a page ends, so does a block: a file that is cut there, as a process that
// is killed leaves it, is read to its end, and all frames before are in it.
func TestPagesEndWithBlocks(t *testing.T) {
	shared.OneGoroutine(t)
	random := rand.New(rand.NewPCG(1, 2))
	var file chunks
	p := pages{w: &file}
	blocks := writerFunc(func(b []byte) (int, error) { return len(b), p.write(b) })
	w := capture.NewPcapngWriter(blocks, "test")
	const frames = 3000
	for range frames {
		size := random.IntN(1500)
		if err := w.Frame(&capture.Frame{Data: make([]byte, size), Length: size, Link: capture.LinkEthernet, HasTime: true}, "lo"); err != nil {
			t.Fatal(err)
		}
		if random.IntN(10) == 0 {
			w.Flush()
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "x.pcapng")
	cuts := file.ends
	for at := pageBytes; at < file.Len(); at += pageBytes {
		cuts = append(cuts, at)
	}
	for _, at := range append(cuts, file.Len()) {
		if err := os.WriteFile(name, file.Bytes()[:at], 0o600); err != nil {
			t.Fatal(err)
		}
		n := wholeFrames(t, name, at)
		if at == file.Len() && n != frames {
			t.Errorf("%d frames of %d", n, frames)
		}
	}
}

// A packet may be longer than a page, and end anywhere in its last one: what follows still
// begins a page where it does not fit, and the file is whole.
func TestPagesBehindABlockLongerThanAPage(t *testing.T) {
	block := func(n int) []byte {
		b := binary.LittleEndian.AppendUint32(nil, 6)
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
		return binary.LittleEndian.AppendUint32(append(b, make([]byte, n-smallestBlock)...), uint32(n))
	}
	for long := pageBytes - 40; long < 3*pageBytes; long += 4 {
		for _, before := range []int{smallestBlock, 100, pageBytes} {
			var file bytes.Buffer
			p := pages{w: &file}
			if err := p.write(slices.Concat(block(before), block(long), block(64), block(long), block(before))); err != nil {
				t.Fatal(err)
			}
			wholePages(t, file.Bytes(), []int{before, long, 64, long, before})
		}
	}
}

// wholePages checks that a file is these blocks with padding between them, and that none
// which fits into a page lies in two.
func wholePages(t *testing.T, file []byte, want []int) {
	t.Helper()
	var got []int
	for at := 0; at < len(file); {
		kind, n := binary.LittleEndian.Uint32(file[at:]), int(binary.LittleEndian.Uint32(file[at+4:]))
		if kind != paddingBlock {
			got = append(got, n)
		}
		if (n == pageBytes || n+smallestBlock <= pageBytes) && at/pageBytes != (at+n-1)/pageBytes {
			t.Fatalf("%v: %d bytes at %d lie in two pages", want, n, at)
		}
		at += n
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
}

// writerFunc is a function as an io.Writer.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// wholeFrames counts the frames of a file that has to be whole.
func wholeFrames(t *testing.T, name string, size int) (n int) {
	t.Helper()
	src, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	batch := make([]capture.Frame, 256)
	for err == nil {
		var more int
		more, err = src.ReadBatch(batch)
		n += more
	}
	if in := src.Inputs()[0]; err != io.EOF || !in.Complete || in.Error != "" {
		t.Fatalf("%d bytes: %v, %q", size, err, in.Error)
	}
	return n
}
