package capture

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
)

func TestOpenErrors(t *testing.T) {
	if _, err := Open(nil, Options{}); !errors.Is(err, errNoNames) {
		t.Errorf("no names: %v", err)
	}
	for _, name := range []string{"no-such.pcap", ""} {
		_, err := Open([]string{testdata("rotated-1.pcap"), name}, Options{})
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestInputsThatAreNoCaptures(t *testing.T) {
	dir := t.TempDir()
	gzipped := compressWith(t, "gzip", []byte("some text\n"))
	tests := []struct {
		name string
		data []byte
		err  string
	}{
		{"empty", nil, "not a capture: an empty file;"},
		{"text", []byte("INVITE sip:a@b SIP/2.0\r\n"), "not a capture: a text file;"},
		{"utf-8", []byte(strings.Repeat("ä", 400)), "not a capture: a text file;"},
		{"binary", []byte("\x01\x02\x03\x04\x05"), "not a capture: a file of an unknown format;"},
		{"snoop", []byte("snoop\x00\x00\x00rest"), "not a capture: a snoop capture (editcap"},
		{"netmon", []byte("GMBU\x00\x02\x01\x00"), "not a capture: a Network Monitor capture (editcap -F pcapng converts it)"},
		{"netmon 1", []byte("RTSS\x01\x01\x01\x00"), "not a capture: a Network Monitor capture (editcap -F pcapng converts it)"},
		{"gzip of text", gzipped, "not a capture: gzip-compressed, but inside is a text file;"},
		{"gzip of nothing", compressWith(t, "gzip", nil), "not a capture: gzip-compressed, but inside is an empty file;"},
		{"gzip of gzip", compressWith(t, "gzip", gzipped), "not a capture: gzip-compressed, but inside is gzip data (compressed more than once);"},
		{"gzip head", gzipped[:5], "cut short in the middle of the file header"},
		{"gzip damaged", append(bytes.Clone(gzipped[:10]), bytes.Repeat([]byte{0xff}, 50)...), "damaged gzip data"},
		{"pcap head", pcapMicro.write()[:10], "cut short in the middle of the file header at byte 10"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := writeFile(t, dir, test.name, test.data)
			frames, inputs := readNames(t, Options{}, path)
			wantError(t, inputs[0], test.err)
			if len(frames) != 0 || strings.Contains(inputs[0].Error, "\n") {
				t.Errorf("%d frames, error %q", len(frames), inputs[0].Error)
			}
		})
	}
}

func TestDevices(t *testing.T) {
	for name, want := range map[string]string{
		"/dev/null": "not a capture: an empty file",
		"/dev/zero": "not a capture: a file that begins with nothing but NUL bytes",
	} {
		if _, err := os.Stat(name); err != nil {
			t.Skip(err)
		}
		_, inputs := readNames(t, Options{}, name)
		wantError(t, inputs[0], want)
	}
}

func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := t.TempDir()
	path := writeFile(t, dir, "f", pcapMicro.write(somePackets(1)...))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, dir} {
		_, inputs := readNames(t, Options{}, name)
		wantError(t, inputs[0], "cannot be opened: permission denied")
	}
}

// TestFileGone has a file that disappears after Open, as rotation does it.
func TestFileGone(t *testing.T) {
	dir := t.TempDir()
	a := writeFile(t, dir, "a", pcapMicro.write(at('a', 1)...))
	b := writeFile(t, dir, "b", pcapMicro.write(at('b', 2)...))
	s, err := Open([]string{a, b}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(a)
	if frames := collect(t, s, 10); len(frames) != 1 {
		t.Errorf("%d frames, want 1", len(frames))
	}
	wantError(t, s.Inputs()[0], "cannot be opened: no such file or directory")
	wantError(t, s.Inputs()[1], "")
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "README", []byte("no capture\n"))
	if err := os.MkdirAll(filepath.Join(dir, "inner"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "inner"), "deep.pcap", pcapMicro.write(somePackets(1)...))
	_, inputs := readNames(t, Options{}, dir)
	wantError(t, inputs[0], "not a capture: a directory of 2 entries with no capture among its files")

	writeFile(t, dir, "b.log", compressWith(t, "zstd", pcapMicro.write(at('b', 1)...)))
	writeFile(t, dir, "a.data", pcapMicro.write(at('a', 1)...))
	frames, inputs := readNames(t, Options{}, dir, filepath.Join(dir, "a.data"))
	if len(frames) != 2 || len(inputs) != 2 || inputs[0].Name != filepath.Join(dir, "a.data") || inputs[1].Compression != "zstd" {
		t.Errorf("%d frames of %+v", len(frames), inputs)
	}

	// what is named as a capture and is none is not passed over
	writeFile(t, dir, "c.pcap", nil)
	writeFile(t, dir, "d.pcapng12.gz", compressWith(t, "gzip", []byte("no capture\n")))
	_, inputs = readNames(t, Options{}, dir)
	if len(inputs) != 4 {
		t.Fatalf("inputs are %+v", inputs)
	}
	for _, in := range inputs {
		switch filepath.Base(in.Name) {
		case "c.pcap":
			wantError(t, in, "not a capture: an empty file")
		case "d.pcapng12.gz":
			wantError(t, in, "not a capture: gzip-compressed, but inside is a text file")
		default:
			wantError(t, in, "")
		}
	}
}

func TestFileNamedTwice(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, "f.pcap", pcapMicro.write(somePackets(3)...))
	link := filepath.Join(dir, "latest.pcap")
	if err := os.Symlink("f.pcap", link); err != nil {
		t.Skip(err)
	}
	t.Chdir(dir)
	frames, inputs := readNames(t, Options{}, link, "f.pcap", "./f.pcap", path, dir)
	if len(frames) != 3 || len(inputs) != 1 {
		t.Errorf("%d frames of %+v", len(frames), inputs)
	}
}

// TestPipeThatGrows makes sure that a frame comes out as soon as it is complete.
func TestPipeThatGrows(t *testing.T) {
	r, w := io.Pipe()
	s, err := Open([]string{"-"}, Options{Stdin: r})
	if err != nil {
		t.Fatal(err)
	}
	packets := somePackets(5)
	step := make(chan bool)
	go func() {
		w.Write(pcapMicro.write())
		for _, p := range packets {
			w.Write(pcapMicro.packet(nil, p))
			<-step
		}
		w.Close()
	}()
	batch := make([]Frame, 100)
	for i := range packets {
		n, err := s.ReadBatch(batch)
		if n != 1 || err != nil || batch[0].Number != uint64(i+1) || !bytes.Equal(batch[0].Data, packets[i].Data) {
			t.Fatalf("packet %d: %d frames, %v", i+1, n, err)
		}
		step <- true
	}
	if n, err := s.ReadBatch(batch); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }

func TestReadErrors(t *testing.T) {
	whole := pcapMicro.write(somePackets(2)...)
	broken := brokenReader{errors.New("device gone")}
	_, inputs := readNames(t, Options{Stdin: io.MultiReader(bytes.NewReader(whole), broken)}, "-")
	wantError(t, inputs[0], "reading failed after packet 2 at byte 137: device gone")
	_, inputs = readNames(t, Options{Stdin: io.MultiReader(bytes.NewReader(whole), brokenReader{nil})}, "-")
	wantError(t, inputs[0], "reading failed after packet 2 at byte 137: multiple Read calls return no data or error")
}

func TestProgress(t *testing.T) {
	names := []string{testdata("rotated-1.pcap"), testdata("container-compressed.pcap.xz"), testdata("container-corrupt-length.pcap")}
	s, err := Open(names, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if done, total := s.Progress(); done != 0 || total != 1987+648+3495 {
		t.Errorf("at first %d of %d", done, total)
	}
	collect(t, s, 10)
	if done, total := s.Progress(); done != total {
		t.Errorf("at last %d of %d", done, total)
	}
}

func TestZeroCopyPacketDataSource(t *testing.T) {
	path := testdata("container-snaplen-200.pcap")
	s, err := Open([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	frames, _ := readNames(t, Options{}, path)
	var source gopacket.ZeroCopyPacketDataSource = s
	for i, want := range frames {
		data, info, err := source.ZeroCopyReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, want.Data) || !info.Timestamp.Equal(time.Unix(0, want.Time)) || info.Length != want.Length || info.CaptureLength != len(data) {
			t.Errorf("packet %d: %+v, want %+v", i+1, info, want)
		}
	}
	if _, _, err := source.ZeroCopyReadPacketData(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

// TestClaimsDoNotAllocate reads small files that claim gigabytes.
func TestClaimsDoNotAllocate(t *testing.T) {
	claim := pcapMicro.record(pcapMicro.header(2, 4, 0xffffffff), 0, 0, 0xfffffff0, 0xfffffff0, nil)
	section := ng(little).section(0).bytes
	files := map[string][]byte{
		"pcap":            claim,
		"pcapng section":  append(bytes.Clone(section[:4]), 0xfc, 0xff, 0xff, 0xff, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0),
		"pcapng packet":   append(bytes.Clone(section), 6, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0),
		"pcapng unknown":  append(bytes.Clone(section), 0xad, 0xb, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0),
		"zstd window":     {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0xb0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7},
		"zstd one piece":  {0x28, 0xb5, 0x2f, 0xfd, 0xe4, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0},
		"xz dictionary":   xzClaim(t),
		"gzip of a claim": compressWith(t, "gzip", claim),
	}
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			frames, in := readBytes(t, data)
			runtime.ReadMemStats(&after)
			if in.Complete || len(frames) != 0 {
				t.Errorf("%d frames of %+v", len(frames), in)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
				t.Errorf("%d bytes allocated for %d bytes of input", grown, len(data))
			}
		})
	}
}

// TestDecompressionStreams reads files that are far larger inside than what
// may be in memory. They consist of many compressed pieces, which must be read
// as one.
func TestDecompressionStreams(t *testing.T) {
	const pieces, packets = 24, 1000 // of a kilobyte
	piece := bytes.Repeat(pcapMicro.packet(nil, packet{Data: make([]byte, 1000), Length: 1000}), packets)
	for _, format := range []string{"gzip", "zstd", "lz4", "xz", "bzip2"} {
		t.Run(format, func(t *testing.T) {
			data := compressWith(t, format, pcapMicro.write())
			data = append(data, bytes.Repeat(compressWith(t, format, piece), pieces)...)
			s, err := Open([]string{"-"}, Options{Stdin: bytes.NewReader(data)})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			before := liveHeap()
			batch := make([]Frame, 1000)
			for i := 0; err == nil; i++ {
				if _, err = s.ReadBatch(batch); i%40 == 20 {
					if now := liveHeap(); now > before+12<<20 {
						t.Fatalf("%d bytes live for a file of %d", now-before, pieces*len(piece))
					}
				}
			}
			if in := s.Inputs()[0]; in.Packets != pieces*packets || !in.Complete {
				t.Errorf("%+v", in)
			}
		})
	}
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkOpenSmallFile(b *testing.B) {
	path := writeFile(b, b.TempDir(), "f", pcapMicro.write(somePackets(10)...))
	b.ReportAllocs()
	for b.Loop() {
		readNames(b, Options{}, path)
	}
}
