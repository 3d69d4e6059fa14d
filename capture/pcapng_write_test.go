package capture

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What is written is read back as it was, however long names and frames are.
func TestPcapngWriteProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var file bytes.Buffer
		w := NewPcapngWriter(&file, rapid.String().Draw(t, "program"))
		var want []Frame
		for i := range rapid.IntRange(1, 20).Draw(t, "frames") {
			f := Frame{
				Data: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data"), Time: rapid.Int64Range(0, 1<<62).Draw(t, "time"), HasTime: true,
				Interface: rapid.IntRange(0, 2).Draw(t, "interface"), Link: LinkEthernet, Number: uint64(i + 1), File: 1,
			}
			f.Length = len(f.Data) + rapid.IntRange(0, 9).Draw(t, "cut")
			if err := w.Frame(&f, rapid.String().Draw(t, "name")); err != nil {
				t.Fatal(err)
			}
			want = append(want, f)
		}
		w.Statistics(want[0].Time, 10, 3)
		if err := w.Flush(); err != nil || w.Size() != int64(file.Len()) {
			t.Fatalf("%v, size %d of %d", err, w.Size(), file.Len())
		}
		got, input := readBack(t, file.Bytes())
		for i := range got {
			got[i].Interface, want[i].Interface = 0, 0 // numbered anew, in order of appearance
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if !input.Complete || input.KernelDrops != 3 {
			t.Fatalf("%+v", input)
		}
	})
}

// readBack reads a capture from memory.
func readBack(t *rapid.T, file []byte) ([]Frame, Input) {
	source, err := Open([]string{"-"}, Options{Stdin: bytes.NewReader(file)})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	var frames []Frame
	batch := make([]Frame, 8)
	for err == nil {
		var n int
		n, err = source.ReadBatch(batch)
		for _, f := range batch[:n] {
			f.Data = append([]byte{}, f.Data...)
			frames = append(frames, f)
		}
	}
	return frames, source.Inputs()[0]
}

// Whatever has been flushed is whole blocks.
func TestPcapngFlushesWholeBlocks(t *testing.T) {
	var file wholeBlocks
	w := NewPcapngWriter(&file, "test")
	for i := range 2000 {
		w.Frame(&Frame{Data: make([]byte, i%700), Length: 700}, "eth0")
	}
	if file.writes < 5 || file.broken {
		t.Errorf("%d writes, broken %t", file.writes, file.broken)
	}
}

// wholeBlocks checks that each write ends with the end of a block.
type wholeBlocks struct {
	writes int
	broken bool
}

func (w *wholeBlocks) Write(p []byte) (int, error) {
	w.writes++
	order := byteOrder{}
	for rest := p; len(rest) > 0; {
		length := int(order.uint32(rest[4:]))
		if length > len(rest) || order.uint32(rest[length-4:]) != uint32(length) {
			w.broken = true
			break
		}
		rest = rest[length:]
	}
	return len(p), nil
}

type fullDisk struct{}

var errFull = errors.New("disk full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestPcapngWriteError(t *testing.T) {
	w := NewPcapngWriter(fullDisk{}, "test")
	w.Frame(&Frame{Data: []byte("x"), Length: 1}, "")
	if err := w.Flush(); err != errFull {
		t.Error(err)
	}
	if err := w.Frame(&Frame{}, ""); err != errFull || len(w.b) > 0 {
		t.Errorf("%v, %d bytes kept", err, len(w.b))
	}
}

func BenchmarkPcapngWrite(b *testing.B) {
	w := NewPcapngWriter(discard{}, "test")
	f := &Frame{Data: make([]byte, 500), Length: 500}
	b.SetBytes(500)
	b.ReportAllocs()
	for b.Loop() {
		w.Frame(f, "eth0")
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
