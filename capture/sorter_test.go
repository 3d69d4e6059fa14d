package capture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// numbersOf lists the frames by their numbers in the file.
func numbersOf(frames []Frame) string {
	var s strings.Builder
	for _, f := range frames {
		fmt.Fprint(&s, " ", f.Number)
	}
	return s.String()
}

// TestSortedFrames: frames that are out of order find their place, as long as they are late
// by less than a second.
func TestSortedFrames(t *testing.T) {
	times := func(ms ...int64) (packets []packet) {
		for i, at := range ms {
			packets = append(packets, packet{Time: 5e9 + at*1e6, Data: []byte{byte(i), 1, 2, 3}, Length: 4})
		}
		return packets
	}
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"in order", pcapNano.write(times(0, 1, 2, 3)...), " 1 2 3 4"},
		{"the first is late", pcapNano.write(times(5, 0, 6, 7)...), " 2 1 3 4"},
		{"backwards", pcapNano.write(times(900, 600, 300, 0)...), " 4 3 2 1"},
		{"of one time", pcapNano.write(times(5, 5, 5, 4, 5)...), " 4 1 2 3 5"},
		{"later than a second", pcapNano.write(times(2000, 2001, 0, 2, 1, 2002)...), " 1 2 3 5 4 6"},
		{"a clock that is wrong once", pcapNano.write(times(0, 3, 9_999_999, 2, 1)...), " 1 2 3 5 4"},
		{"without a time", ng(little).section(0).iface(1, 0).packet(0, 5_002_000, []byte("b"), 1).simple([]byte("none"), 4).
			packet(0, 5_001_000, []byte("a"), 1).packet(0, 5_000_000, []byte("0"), 1).bytes, " 1 2 4 3"},
		{"two interfaces", ng(little).section(0).iface(1, 0).iface(1, 0).packet(0, 5_300_000, []byte("a"), 1).packet(1, 5_100_000, []byte("b"), 1).
			packet(0, 5_400_000, []byte("c"), 1).packet(1, 5_350_000, []byte("d"), 1).bytes, " 2 1 4 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			frames, inputs := readNames(t, Options{}, writeFile(t, t.TempDir(), "file", test.file))
			if got := numbersOf(frames); got != test.want || !inputs[0].Complete {
				t.Errorf("%s, want %s", got, test.want)
			}
			piped, _ := readBytes(t, test.file)
			if got := numbersOf(piped); !slices.IsSortedFunc(piped, func(a, b Frame) int { return int(a.Number) - int(b.Number) }) {
				t.Errorf("from a pipe %s: what comes is not handed out at once", got)
			}
		})
	}
}

// disordered returns packets of which some are late, of one or several interfaces.
func disordered(random *rand.Rand, n, size, interfaces int, late int64) (packets []packet) {
	now := int64(1e9)
	for range n {
		now += random.Int64N(2e6)
		p := packet{Time: now, Data: make([]byte, size), Length: size, Iface: random.IntN(interfaces)}
		if random.IntN(50) == 0 {
			p.Time -= random.Int64N(late)
		}
		for i := range p.Data {
			p.Data[i] = byte(random.Uint32())
		}
		packets = append(packets, p)
	}
	return packets
}

// TestSortedFramesOfAnyBatch: the order, and what is in the frames, does not depend on how
// many are read at once, on reading ahead, or on how many files are read beside; no frame is
// lost, and each is in its place where none is later than a second.
func TestSortedFramesOfAnyBatch(t *testing.T) {
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 7))
		late, interfaces := int64(1e9), 1+random.IntN(2)
		if seed%3 == 0 {
			late = 20e9
		}
		size := []int{60, 900}[seed%2]
		packets := disordered(random, 8000, size, interfaces, late)
		dir := t.TempDir()
		file := writeFile(t, dir, "file", ng(little).write(packets...))
		var want []Frame
		for _, batch := range []int{100, 1, 7, 1000} {
			s, err := Open([]string{file}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := collect(t, s, batch)
			s.Close()
			if want == nil {
				want = got
			}
			sameFrames(t, got, want, packets)
		}
		writeFile(t, dir, "one of long before", pcapNano.write(packet{Time: 1, Data: []byte("x"), Length: 1}))
		writeFile(t, dir, "one of long after", pcapNano.write(packet{Time: 1e18, Data: []byte("x"), Length: 1}))
		merged, _ := readNames(t, Options{}, dir)
		for i := range merged {
			merged[i].File = 1
		}
		sameFrames(t, merged[1:len(merged)-1], want, packets)
		if interfaces > 1 && late <= 1e9 && !slices.IsSortedFunc(want[1:], func(a, b Frame) int { return compareFrames(&a, &b) }) {
			t.Errorf("seed %d: not sorted", seed)
		}
	}
}

// sameFrames compares frames in their order, and their data with what was written.
func sameFrames(t *testing.T, got, want []Frame, packets []packet) {
	t.Helper()
	if len(got) != len(packets) {
		t.Fatalf("%d frames of %d", len(got), len(packets))
	}
	for i := range got {
		if got[i].Number != want[i].Number || !bytes.Equal(got[i].Data, packets[got[i].Number-1].Data) {
			t.Fatalf("place %d: frame %d, want %d", i, got[i].Number, want[i].Number)
		}
	}
}

// TestSortedFramesAreBounded: what is held is bounded in bytes, however small and whatever
// their times.
func TestSortedFramesAreBounded(t *testing.T) {
	s := &sorter{limit: 1 << 16}
	for i := range 100_000 {
		s.add(&Frame{Time: int64(1e9) - int64(i), HasTime: true, Data: make([]byte, i%50), Number: uint64(i + 1)}, true)
		if held := s.bytes + len(s.held)*frameBytes; held > s.limit {
			t.Fatalf("%d bytes held", held)
		}
		s.take(make([]Frame, 8))
	}
}

// TestSortedFramesCountMemory: a small frame that is held keeps all the memory that it is in,
// also where a large one beside it has gone.
func TestSortedFramesCountMemory(t *testing.T) {
	s := &sorter{limit: 1 << 20}
	const late = int64(sortedTime) * 9 / 10
	for i := range uint64(500) {
		s.add(&Frame{Time: int64(i), HasTime: true, Data: make([]byte, sortChunk-1), Number: 2 * i}, true)
		s.add(&Frame{Time: int64(i) + late, HasTime: true, Data: make([]byte, 1), Number: 2*i + 1}, true)
		memory := map[*sortedChunk]bool{}
		for _, f := range s.held {
			memory[f.chunk] = true
		}
		if n := len(memory) * sortChunk; n > s.limit || n != s.bytes {
			t.Fatalf("%d bytes are held, %d counted", n, s.bytes)
		}
		s.take(make([]Frame, 8))
	}
	if s.release(); s.bytes != 0 {
		t.Errorf("%d bytes of nothing", s.bytes)
	}
}
