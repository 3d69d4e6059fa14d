package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
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
