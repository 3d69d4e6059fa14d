package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// seen is what a reader gives: packets, secrets and facts, and what ended it.
type seen struct {
	packets [][]byte
	secrets []string
	before  []int // packets that had come before each
	links   []LinkType
	drops   uint64
	end     error
}

// drain reads data to its end with batches of a few frames, ahead in buffers of so many
// bytes where these are not 0.
func drain(r io.Reader, size int) (s seen) {
	rd := newReader(r, nil, &dictionaries{}, Limits{}.withDefaults())
	rd.facts.secrets = func(kind uint32) func([]byte, bool) {
		at := len(s.secrets)
		s.secrets, s.before = append(s.secrets, fmt.Sprint(kind)), append(s.before, len(s.packets))
		return func(piece []byte, last bool) {
			s.secrets[at] += string(piece)
			if last {
				s.secrets[at] += "."
			}
		}
	}
	defer rd.close()
	f := &file{reader: rd}
	batch := make([]Frame, 7)
	for s.end == nil {
		if size > 0 && f.ahead == nil && rd.parser != nil {
			f.ahead = newAhead(rd, size)
			defer f.ahead.stop()
		}
		var n int
		n, s.end = f.take(batch)
		for _, frame := range batch[:n] {
			s.packets = append(s.packets, bytes.Clone(frame.Data))
		}
	}
	s.links, s.drops = f.learnt()
	return s
}

// TestReadAhead wants the same of an input whether it is read ahead or not: cut
// anywhere, compressed or not, with buffers of any size.
func TestReadAhead(t *testing.T) {
	packets := somePackets(60)
	inputs := map[string][]byte{"pcap": pcapMicro.write(packets...), "pcapng": ng(little).write(packets...), "secrets": withSecrets()}
	for _, format := range []string{"gzip", "zstd"} {
		inputs[format] = compressWith(t, format, inputs["pcap"])
	}
	rapid.Check(t, func(t *rapid.T) {
		data := inputs[rapid.SampledFrom(slices.Sorted(keys(inputs))).Draw(t, "format")]
		if rapid.Bool().Draw(t, "cut") {
			data = data[:rapid.IntRange(0, len(data)).Draw(t, "length")]
		}
		if rapid.Bool().Draw(t, "damaged") && len(data) > 0 {
			data = slices.Clone(data)
			data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] ^= 0x55
		}
		sameAhead(t, data, rapid.SampledFrom([]int{1, 10, 100, 1000, 1 << 20}).Draw(t, "size"))
	})
}

// withSecrets returns a pcapng capture with interfaces and blocks of secrets between its
// packets, of which one is longer than all buffers together and one holds nothing.
func withSecrets() []byte {
	w := ng(little).section(0).iface(1, 0).iface(101, 0)
	for i, length := range []int{5, 5000, 0, 1, 70_000} {
		for j := range 20 {
			w.packet(uint32(j%2), uint64(i*20+j), bytes.Repeat([]byte{byte(i)}, 50+j), 50+j)
		}
		body := binary.LittleEndian.AppendUint32(nil, uint32(0x544c534b+i))
		body = binary.LittleEndian.AppendUint32(body, uint32(length))
		w.block(blockSecrets, append(body, bytes.Repeat([]byte{'a' + byte(i)}, length)...)).block(99, make([]byte, 1000*i))
	}
	return w.iface(113, 0).bytes
}

// TestSecretsAhead wants secrets no later than the packets behind them.
func TestSecretsAhead(t *testing.T) {
	for _, size := range []int{100, 10_000, 1 << 20} {
		got := drain(bytes.NewReader(withSecrets()), size)
		if len(got.before) != 5 {
			t.Fatalf("buffers of %d: %d secrets, want 5", size, len(got.before))
		}
		for i, before := range got.before {
			if before > 20*(i+1) {
				t.Errorf("buffers of %d: secret %d came after %d packets, want at most %d", size, i, before, 20*(i+1))
			}
		}
	}
}

// TestReadAheadOfLargePackets has packets that are larger than a buffer.
func TestReadAheadOfLargePackets(t *testing.T) {
	large := packet{Time: 1, Data: make([]byte, 200_000), Length: 200_000}
	data := pcapMicro.write(slices.Concat(somePackets(9), []packet{large}, somePackets(9), []packet{large, large}, somePackets(9))...)
	for _, size := range []int{10_000, 200_000, 300_000} {
		sameAhead(t, data, size)
	}
}

// TestReadAheadOfManyPackets has more packets in a buffer than a load has room for.
func TestReadAheadOfManyPackets(t *testing.T) {
	packets := make([]packet, 3*aheadFrames)
	for i := range packets {
		packets[i] = packet{Time: 1, Data: []byte{byte(i), byte(i >> 8)}, Length: 2}
	}
	sameAhead(t, pcapMicro.write(packets...), 1<<20)
}

func sameAhead(t interface{ Fatalf(string, ...any) }, data []byte, size int) {
	want, got := drain(bytes.NewReader(data), 0), drain(iotest.HalfReader(bytes.NewReader(data)), size)
	if !slices.EqualFunc(got.packets, want.packets, bytes.Equal) || got.end.Error() != want.end.Error() {
		t.Fatalf("buffers of %d: %d frames and %q, want %d and %q", size, len(got.packets), got.end, len(want.packets), want.end)
	}
	if !slices.Equal(got.links, want.links) || got.drops != want.drops {
		t.Fatalf("buffers of %d: %v and %d drops, want %v and %d", size, got.links, got.drops, want.links, want.drops)
	}
	if !slices.Equal(got.secrets, want.secrets) {
		t.Fatalf("buffers of %d: secrets %.100q, want %.100q", size, got.secrets, want.secrets)
	}
}

// TestReadAheadStops ends the goroutine of an input that is given up half-way, and
// of one that says nothing.
func TestReadAheadStops(t *testing.T) {
	data := pcapMicro.write(somePackets(1000)...)
	f := &file{reader: newReader(bytes.NewReader(data), nil, &dictionaries{}, Limits{}.withDefaults())}
	if n, err := f.take(make([]Frame, 1)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	f.ahead = newAhead(f.reader, 100)
	if n, err := f.take(make([]Frame, 1)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	f.close() // returns when the goroutine has ended
	if n, err := readFull(silent{}, make([]byte, 10)); n != 0 || err != io.ErrNoProgress {
		t.Errorf("%d bytes and %v of a reader that says nothing", n, err)
	}
}

// silent is a reader that returns nothing for ever.
type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }
