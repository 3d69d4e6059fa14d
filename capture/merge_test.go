package capture

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRotatedFilesInAnyOrder(t *testing.T) {
	names := []string{testdata("rotated-1.pcap"), testdata("rotated-2.pcap"), testdata("rotated-3.pcap"), testdata("rotated-4.pcap")}
	var apart []Frame
	for i, name := range names {
		frames, _ := readNames(t, Options{}, name)
		for _, f := range frames {
			f.File = i + 1
			apart = append(apart, f)
		}
	}
	for range 10 {
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		frames, inputs := readNames(t, Options{}, names...)
		if diff := cmp.Diff(apart, frames, equalBytes); diff != "" {
			t.Fatalf("%v: %s", names, diff)
		}
		for i, in := range inputs {
			wantError(t, in, "")
			if want := testdata(fmt.Sprintf("rotated-%d.pcap", i+1)); in.Name != want {
				t.Errorf("input %d is %s", i+1, in.Name)
			}
		}
	}
}

// at returns packets with the given times, in seconds.
func at(name byte, seconds ...int64) []packet {
	var packets []packet
	for i, s := range seconds {
		packets = append(packets, packet{Time: s * 1e9, Data: []byte{name, byte('0' + i)}, Length: 2})
	}
	return packets
}

func TestMergeOrder(t *testing.T) {
	tests := []struct {
		name    string
		a, b, c []packet
		want    string
	}{
		{"interleaved", at('a', 1, 4, 7), at('b', 2, 5, 8), at('c', 3, 6, 9), "a0 b0 c0 a1 b1 c1 a2 b2 c2"},
		{"ties by input", at('a', 1, 2, 2), at('b', 1, 2), at('c', 2), "a0 b0 a1 a2 b1 c0"},
		{"a late frame waits with its file", at('a', 1, 9, 2, 3), at('b', 4, 5), nil, "a0 b0 b1 a1 a2 a3"},
		{"one within another", at('a', 1, 10), at('b', 2, 3), at('c', 4, 20), "a0 b0 b1 c0 a1 c1"},
		{"one after another", at('a', 7), at('b', 1, 2), at('c', 4, 5), "b0 b1 c0 c1 a0"},
		{"no frames", nil, at('b', 1), nil, "b0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, packets := range map[string][]packet{"a": test.a, "b": test.b, "c": test.c} {
				writeFile(t, dir, name, pcapMicro.write(packets...))
			}
			frames, inputs := readNames(t, Options{}, dir)
			got := ""
			for _, f := range frames {
				got += " " + string(f.Data)
				if want := dir + "/" + string(f.Data[:1]); inputs[f.File-1].Name != want {
					t.Errorf("frame %s is of file %s", f.Data, inputs[f.File-1].Name)
				}
			}
			if got != " "+test.want {
				t.Errorf("got%s, want %s", got, test.want)
			}
		})
	}
}

func TestMergeFramesWithoutTime(t *testing.T) {
	dir := t.TempDir()
	w := ng(little).section(0).iface(1, 0).simple([]byte("a0  "), 2)
	w.packet(0, 5_000_000, []byte("a1"), 2).simple([]byte("a2  "), 2)
	writeFile(t, dir, "a", w.bytes)
	writeFile(t, dir, "b", pcapMicro.write(at('b', 1, 5, 6)...))
	frames, _ := readNames(t, Options{}, dir)
	got := ""
	for _, f := range frames {
		got += " " + string(f.Data)
	}
	if want := " a0 b0 a1 a2 b1 b2"; got != want {
		t.Errorf("got%s, want%s", got, want)
	}
}

func TestMergeManyFiles(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	var times []int64
	for i := range 300 {
		start := r.Int64N(1000)
		var packets []packet
		for j := range 20 {
			p := packet{Time: start*1e9 + int64(j)*5e9, Data: make([]byte, r.IntN(2000))}
			p.Length = len(p.Data)
			packets = append(packets, p)
			times = append(times, p.Time)
		}
		writeFile(t, dir, fmt.Sprint(i), pcapNano.write(packets...))
	}
	slices.Sort(times)
	frames, inputs := readNames(t, Options{Limits: Limits{BufferBytes: 1 << 20}}, dir)
	if len(inputs) != 300 || len(frames) != len(times) {
		t.Fatalf("%d inputs with %d frames, want %d", len(inputs), len(frames), len(times))
	}
	for i, f := range frames {
		if f.Time != times[i] {
			t.Fatalf("frame %d has time %d, want %d", i, f.Time, times[i])
		}
	}
}

// TestMergeDescriptors reads files one after the other and looks at how many are open.
func TestMergeDescriptors(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		writeFile(t, dir, fmt.Sprintf("%03d", i), pcapMicro.write(at('x', int64(10*i), int64(10*i+5))...))
	}
	s, err := Open([]string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := openDescriptors(t)
	batch := make([]Frame, 10)
	for total := 0; total < 400; {
		n, err := s.ReadBatch(batch)
		if err != nil {
			t.Fatal(err)
		}
		total += n
		if now := openDescriptors(t); now > before+3 {
			t.Fatalf("%d descriptors open after %d frames, %d before", now, total, before)
		}
	}
}

func openDescriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(entries)
}

func TestMergeGoesOnAfterDamage(t *testing.T) {
	dir := t.TempDir()
	cut := pcapMicro.write(at('a', 1, 2, 3)...)
	a := writeFile(t, dir, "a", cut[:len(cut)-1])
	b := writeFile(t, dir, "b", pcapMicro.write(at('b', 2, 9)...))
	c := writeFile(t, dir, "c", []byte("text\n"))
	frames, inputs := readNames(t, Options{}, a, b, c)
	if len(frames) != 4 {
		t.Errorf("%d frames, want 4", len(frames))
	}
	wantError(t, inputs[0], "cut short in the middle of packet 3 at byte 77")
	wantError(t, inputs[1], "")
	wantError(t, inputs[2], "not a capture: a text file")
}

// TestMergePipeWithFile makes sure that frames that are due are not held back
// for a pipe that has not given more yet.
func TestMergePipeWithFile(t *testing.T) {
	file := writeFile(t, t.TempDir(), "f", pcapMicro.write(at('f', 1, 3)...))
	r, w := io.Pipe()
	go func() {
		w.Write(pcapMicro.write(at('p', 2)...))
		w.Write(pcapMicro.packet(nil, at('p', 4)[0]))
		time.Sleep(10 * time.Millisecond)
		w.Close()
	}()
	frames, _ := readNames(t, Options{Stdin: r}, file, "-")
	var times []int64
	for _, f := range frames {
		times = append(times, f.Time/1e9)
	}
	if diff := cmp.Diff([]int64{1, 2, 3, 4}, times); diff != "" {
		t.Error(diff)
	}
}
