package capture

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

// zstdOf compresses with a window of the given size.
func zstdOf(t testing.TB, data []byte, window int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithWindowSize(window), zstd.WithSingleSegment(false), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 { // in parts, so that the size is not known in advance
		n := min(len(data), 50_000)
		w.Write(data[:n])
		data = data[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestZstdGuardPassesEverything compares what passes the guard with what goes in,
// for several frames, frames to be skipped, and blocks of every kind.
func TestZstdGuardPassesEverything(t *testing.T) {
	noise := make([]byte, 200_000)
	for i := range noise {
		noise[i] = byte(i * i >> 7 * (i & 31))
	}
	one, err := zstd.NewWriter(nil, zstd.WithSingleSegment(true))
	if err != nil {
		t.Fatal(err)
	}
	file := zstdOf(t, noise, 1<<20)
	file = append(file, 0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3)
	file = append(file, zstdOf(t, make([]byte, 300_000), 1<<18)...)
	for _, size := range []int{0, 5, 300, 70_000} {
		file = append(file, one.EncodeAll(noise[:size], nil)...)
	}
	memory := dictionaryShare{of: &dictionaries{limit: 2 << 20}}
	guard := newZstdGuard(bufio.NewReader(iotest.HalfReader(bytes.NewReader(file))), &memory)
	got, err := io.ReadAll(guard)
	if err != nil || !bytes.Equal(got, file) {
		t.Errorf("%d of %d bytes passed, error %v", len(got), len(file), err)
	}
	if memory.taken != 1<<20+zstdBlocks {
		t.Errorf("%d bytes taken, want those of the largest window", memory.taken)
	}
}

// TestDictionariesAreShared reads two files at the same time, and one after the
// other, with room for one of them.
func TestDictionariesAreShared(t *testing.T) {
	const second = 1e9
	limits := Limits{DictionaryBytes: 1<<20 + zstdBlocks}
	for name, test := range map[string]struct {
		times [2][2]int64
		fails int
	}{
		"overlapping":        {[2][2]int64{{1 * second, 9 * second}, {2 * second, 5 * second}}, 1},
		"one after another":  {[2][2]int64{{1 * second, 2 * second}, {3 * second, 4 * second}}, 0},
		"the second is last": {[2][2]int64{{5 * second, 6 * second}, {1 * second, 2 * second}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var paths []string
			for i, times := range test.times {
				path := filepath.Join(t.TempDir(), string(rune('a'+i))+".pcap.zst")
				if err := os.WriteFile(path, zstdOf(t, manyFrames(times[0], times[1]), 1<<20), 0o600); err != nil {
					t.Fatal(err)
				}
				paths = append(paths, path)
			}
			s, err := Open(paths, Options{Limits: limits})
			if err != nil {
				t.Fatal(err)
			}
			readToEnd(t, s)
			fails := 0
			for _, in := range s.Inputs() {
				if strings.Contains(in.Error, "decompress it first: its zstd window takes 1310720 bytes, and other open files leave 0 of 1310720") {
					fails++
				} else if !in.Complete {
					t.Errorf("%s: %s", in.Name, in.Error)
				}
			}
			if s.Close(); fails != test.fails || s.memory.used != 0 {
				t.Errorf("%d files had no room, want %d; %d bytes taken after the end", fails, test.fails, s.memory.used)
			}
		})
	}
}

// readToEnd reads all frames of a source.
func readToEnd(t testing.TB, s Source) {
	t.Helper()
	frames := make([]Frame, 100)
	for {
		if _, err := s.ReadBatch(frames); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// manyFrames returns a pcap file of 1000 frames from one time to another.
func manyFrames(from, to int64) []byte {
	b := pcapMicro.write()
	for i := range int64(1000) {
		b = pcapMicro.packet(b, packet{Time: from + (to-from)*i/1000, Data: make([]byte, 200), Length: 200})
	}
	return b
}
