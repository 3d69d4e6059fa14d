package capture

import (
	"bytes"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// drain reads a reader to its end with batches of a few frames, and returns their
// bytes and what ended it.
func drain(r *reader) (packets [][]byte, end error) {
	defer r.close()
	batch := make([]Frame, 7)
	for {
		n, err := r.read(batch)
		for _, f := range batch[:n] {
			packets = append(packets, bytes.Clone(f.Data))
		}
		if err != nil {
			return packets, err
		}
	}
}

// TestReadAhead wants the same frames and the same end of an input whether it is
// read ahead or not: cut anywhere, compressed or not, with buffers of any size.
func TestReadAhead(t *testing.T) {
	packets := somePackets(60)
	inputs := map[string][]byte{"pcap": pcapMicro.write(packets...), "pcapng": ng(little).write(packets...)}
	for _, format := range []string{"gzip", "zstd"} {
		inputs[format] = compressWith(t, format, inputs["pcap"])
	}
	rapid.Check(t, func(t *rapid.T) {
		data := inputs[rapid.SampledFrom(slices.Sorted(keys(inputs))).Draw(t, "format")]
		if rapid.Bool().Draw(t, "cut") {
			data = data[:rapid.IntRange(0, len(data)).Draw(t, "length")]
		}
		sameAhead(t, data, rapid.SampledFrom([]int{1, 10, 100, 1000, 1 << 20}).Draw(t, "size"))
	})
}

// TestReadAheadOfLargePackets has packets that are larger than a buffer and the
// room before its data.
func TestReadAheadOfLargePackets(t *testing.T) {
	large := packet{Time: 1, Data: make([]byte, 3*aheadRoom), Length: 3 * aheadRoom}
	data := pcapMicro.write(slices.Concat(somePackets(9), []packet{large}, somePackets(9), []packet{large, large}, somePackets(9))...)
	for _, size := range []int{10_000, aheadRoom, 4 * aheadRoom} {
		sameAhead(t, data, size)
	}
}

func sameAhead(t interface{ Fatalf(string, ...any) }, data []byte, size int) {
	limits := Limits{}.withDefaults()
	plain, here := newReader(bytes.NewReader(data), nil, &dictionaries{}, limits), newReader(iotest.HalfReader(bytes.NewReader(data)), nil, &dictionaries{}, limits)
	here.ahead = size
	want, wantEnd := drain(plain)
	got, end := drain(here)
	if !slices.EqualFunc(got, want, bytes.Equal) || end.Error() != wantEnd.Error() {
		t.Fatalf("buffers of %d: %d frames and %q, want %d and %q", size, len(got), end, len(want), wantEnd)
	}
}

// TestReadAheadStops ends the goroutine of an input that is given up half-way, and
// of one that says nothing.
func TestReadAheadStops(t *testing.T) {
	data := pcapMicro.write(somePackets(1000)...)
	r := newReader(bytes.NewReader(data), nil, &dictionaries{}, Limits{}.withDefaults())
	r.ahead = 100
	if n, err := r.read(make([]Frame, 1)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	r.close() // returns when the goroutine has ended
	if n, err := readFull(silent{}, make([]byte, 10)); n != 0 || err != io.ErrNoProgress {
		t.Errorf("%d bytes and %v of a reader that says nothing", n, err)
	}
}

// silent is a reader that returns nothing for ever.
type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }
