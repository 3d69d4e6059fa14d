package capture

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawPackets draws packets with times in microseconds, in order.
func drawPackets(t *rapid.T) []packet {
	now := int64(1_700_000_000_000_000_000)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) packet {
		now += 1000 * rapid.Int64Range(0, 1000).Draw(t, "gap")
		data := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data")
		if rapid.IntRange(0, 20).Draw(t, "jumbo") == 0 {
			data = bytes.Repeat([]byte{7}, 70_000)
		}
		cut := max(0, rapid.IntRange(-50, 50).Draw(t, "cut"))
		return packet{Time: now, Data: data, Length: len(data) + cut}
	}), 0, 40).Draw(t, "packets")
}

// chunks makes a reader return pieces of the sizes that rapid draws, as a pipe does.
func chunks(t *rapid.T, data []byte) io.Reader {
	size := rapid.SampledFrom([]int{1, 2, 3, 7, 16, 100, 4096, 1 << 20}).Draw(t, "chunk")
	return &chunkReader{data: data, size: size, atEnd: rapid.Bool().Draw(t, "error with the last chunk")}
}

type chunkReader struct {
	data  []byte
	size  int
	atEnd bool // io.EOF comes together with the last bytes
}

func (r *chunkReader) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), r.size)], r.data)
	r.data = r.data[n:]
	if len(r.data) == 0 && (n == 0 || r.atEnd) {
		return n, io.EOF
	}
	return n, nil
}

// containers are ways to write the same packets.
var containers = map[string]func([]packet) []byte{
	"pcap":                   func(p []packet) []byte { return pcapMicro.write(p...) },
	"pcap, big-endian":       func(p []packet) []byte { return pcapFormat{binary.BigEndian, magicMicroseconds, 1}.write(p...) },
	"pcap, nanoseconds":      func(p []packet) []byte { return pcapNano.write(p...) },
	"pcap, modified":         func(p []packet) []byte { return pcapFormat{binary.BigEndian, magicModified, 1}.write(p...) },
	"pcapng":                 func(p []packet) []byte { return ng(binary.LittleEndian).write(p...) },
	"pcapng, big-endian":     func(p []packet) []byte { return ng(binary.BigEndian).write(p...) },
	"pcapng, other sections": writeInSections,
}

// writeInSections begins a new section, of the other byte order, after every
// third packet, and puts blocks between packets that are none.
func writeInSections(packets []packet) []byte {
	w := ng(binary.BigEndian)
	for i, p := range packets {
		if i%3 == 0 {
			w.order = []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian}[i%2]
			w.section(2).iface(1, 0, w.option(optionResolution, 9))
		}
		w.packet(0, uint64(p.Time), p.Data, p.Length, w.option(1, []byte("comment")...))
		w.block(0x0bad, make([]byte, i))
	}
	if len(packets) == 0 {
		w.section(0)
	}
	return w.bytes
}

// TestSamePacketsInEveryContainer: however packets are written, compressed,
// divided over files and delivered, the same frames come out.
func TestSamePacketsInEveryContainer(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		packets := drawPackets(rt)
		name := rapid.SampledFrom(slices.Sorted(keys(containers))).Draw(rt, "container")
		data := containers[name](packets)
		format := rapid.SampledFrom([]string{"", "gzip", "zstd", "lz4", "xz"}).Draw(rt, "compression")
		if format != "" {
			data = compressWith(t, format, data)
		}
		frames, inputs := readNames(t, Options{Stdin: chunks(rt, data), Limits: smallBuffers}, "-")
		if in := inputs[0]; !in.Complete || in.Compression != format {
			rt.Fatalf("%+v", in)
		}
		samePackets(rt, packets, frames)
		samePackets(rt, packets, readSplit(t, rt, dir, packets))
	})
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// equalBytes compares data as a whole, which is much faster than byte by byte.
var equalBytes = gocmp.Comparer(bytes.Equal)

func samePackets(t *rapid.T, want []packet, frames []Frame) {
	got := packetsOf(frames)
	for i := range got {
		got[i].Iface = 0 // sections have interfaces of their own
	}
	if diff := gocmp.Diff(want, got, equalBytes); diff != "" && len(want)+len(got) > 0 {
		t.Fatal(diff)
	}
}

// readSplit divides packets over files, reads these together, and returns the
// frames numbered as if they had been in one file.
func readSplit(t *testing.T, rt *rapid.T, dir string, packets []packet) []Frame {
	parts := rapid.IntRange(2, 4).Draw(rt, "parts")
	var names []string
	for i := range parts {
		part := packets[i*len(packets)/parts : (i+1)*len(packets)/parts]
		names = append(names, writeFile(t, dir, fmt.Sprint("part", i), pcapNano.write(part...)))
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(a[len(a)-1]%3, b[len(b)-1]%3) })
	frames, _ := readNames(t, Options{Limits: smallBuffers}, names...)
	return frames
}
