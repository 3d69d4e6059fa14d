package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	gocmp "github.com/google/go-cmp/cmp"
)

// readChecked reads data as one input from r and checks what must hold of any
// input whatsoever.
func readChecked(t *testing.T, r io.Reader, size int) ([]Frame, Input) {
	s, err := Open([]string{"-"}, Options{Stdin: r, Limits: Limits{DictionaryBytes: 1 << 20, BufferBytes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	frames := collect(t, s, size)
	s.Close()
	in := s.Inputs()[0]
	var captured uint64
	for i, f := range frames {
		captured += uint64(len(f.Data))
		if f.Number != uint64(i+1) || f.File != 1 {
			t.Errorf("frame %d of file 1 is numbered %d of %d", i+1, f.Number, f.File)
		}
		if len(f.Data) > f.Length || len(f.Data) > 262144 || !f.HasTime && f.Time != 0 {
			t.Errorf("frame %d: %d bytes of %d, time %d (%v)", i+1, len(f.Data), f.Length, f.Time, f.HasTime)
		}
	}
	if in.Packets != uint64(len(frames)) || in.Bytes != captured {
		t.Errorf("%d packets with %d bytes counted, %d with %d read", in.Packets, in.Bytes, len(frames), captured)
	}
	if in.Complete != (in.Error == "") {
		t.Errorf("complete is %v with error %q", in.Complete, in.Error)
	}
	return frames, in
}

// checkAnyInput checks that data gives the same frames and the same error
// whether it comes at once or byte by byte, in large batches or small ones.
func checkAnyInput(t *testing.T, data []byte) []Frame {
	atOnce, in := readChecked(t, bytes.NewReader(data), 100)
	byByte, inByByte := readChecked(t, iotest.OneByteReader(bytes.NewReader(data)), 1)
	if diff := gocmp.Diff(atOnce, byByte, equalBytes); diff != "" {
		t.Errorf("byte by byte: %s", diff)
	}
	if diff := gocmp.Diff(in, inByByte); diff != "" {
		t.Errorf("byte by byte: %s", diff)
	}
	return atOnce
}

// total returns the captured bytes of all frames.
func total(frames []Frame) int {
	n := 0
	for _, f := range frames {
		n += len(f.Data)
	}
	return n
}

func FuzzPcap(f *testing.F) {
	for _, magic := range []uint32{magicMicroseconds, magicNanoseconds, magicModified} {
		f.Add(pcapFormat{binary.LittleEndian, magic, 1}.write(somePackets(3)...))
		f.Add(pcapFormat{binary.BigEndian, magic, 276}.write(somePackets(1)...))
	}
	f.Add(pcapMicro.header(2, 3, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, ok := isPcap(data); !ok {
			return
		}
		if n := total(checkAnyInput(t, data)); n > len(data) {
			t.Errorf("%d bytes out of %d", n, len(data))
		}
	})
}

func FuzzPcapng(f *testing.F) {
	f.Add(writeInSections(somePackets(5)))
	f.Add(ng(binary.LittleEndian).write(somePackets(2)...))
	f.Add(ng(binary.BigEndian).section(0).iface(1, 60).simple([]byte("abcd"), 4).bytes)
	w := ng(binary.LittleEndian).section(2)
	f.Add(w.iface(1, 0, w.option(optionResolution, 0x8a), w.option(optionTimeOffset, make([]byte, 8)...)).packet(0, 1<<40, []byte("abc"), 9).bytes)
	f.Fuzz(func(t *testing.T, data []byte) {
		if !isPcapng(data) {
			return
		}
		if n := total(checkAnyInput(t, data)); n > len(data) {
			t.Errorf("%d bytes out of %d", n, len(data))
		}
	})
}

// FuzzOpen reads anything, most of it compressed.
func FuzzOpen(f *testing.F) {
	for _, format := range []string{"gzip", "zstd", "lz4", "xz", "bzip2"} {
		f.Add(compressWith(f, format, pcapMicro.write(somePackets(3)...)))
	}
	f.Add([]byte("text"))
	f.Add(xzClaim(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) <= 1<<16 {
			checkAnyInput(t, data)
		}
	})
}

// FuzzMerge reads the same bytes as three files at once and as one each. The
// frames of each file must come out as they do alone, and in time order but for
// those that are out of order within their file.
func FuzzMerge(f *testing.F) {
	f.Add(pcapMicro.write(at('a', 1, 5, 9)...), pcapMicro.write(at('b', 2, 3)...), ng(little).write(at('c', 4, 1)...))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		dir := t.TempDir()
		var names []string
		alone := map[string][]Frame{}
		for i, data := range [][]byte{a, b, c} {
			name := writeFile(t, dir, fmt.Sprint(i), data)
			names = append(names, name)
			alone[name], _ = readNames(t, Options{Limits: smallBuffers}, name)
		}
		frames, inputs := readNames(t, Options{Limits: smallBuffers}, names...)
		latest := make([]int64, len(inputs)+1)
		now := int64(noTime)
		for i := range latest {
			latest[i] = noTime
		}
		together := map[string][]Frame{}
		for _, frame := range frames {
			if frame.HasTime {
				latest[frame.File] = max(latest[frame.File], frame.Time)
			}
			if latest[frame.File] < now {
				t.Errorf("frame %d of file %d comes too late", frame.Number, frame.File)
			}
			now = latest[frame.File]
			name := inputs[frame.File-1].Name
			frame.File = 1
			together[name] = append(together[name], frame)
		}
		for _, name := range names {
			if diff := gocmp.Diff(alone[name], together[name], equalBytes); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}
