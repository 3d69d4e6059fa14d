package capture

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplecap/internal/shared"
)

// collect reads a source to its end, with batches of size, and returns the frames
// with Data of their own.
func collect(t testing.TB, s Source, size int) []Frame {
	t.Helper()
	var all []Frame
	batch := make([]Frame, size)
	for {
		n, err := s.ReadBatch(batch)
		for _, f := range batch[:n] {
			f.Data = bytes.Clone(f.Data)
			all = append(all, f)
		}
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("ReadBatch: %v", err)
		}
	}
}

// readNames opens inputs by name, reads them to the end and closes them.
func readNames(t testing.TB, options Options, names ...string) ([]Frame, []Input) {
	t.Helper()
	s, err := Open(names, options)
	if err != nil {
		t.Fatal(err)
	}
	frames := collect(t, s, 100)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return frames, s.Inputs()
}

// smallBuffers makes tests with many small inputs fast, and buffers grow.
var smallBuffers = Limits{BufferBytes: 1}

// readBytes reads one input from memory.
func readBytes(t testing.TB, data []byte) ([]Frame, Input) {
	t.Helper()
	frames, inputs := readNames(t, Options{Stdin: bytes.NewReader(data), Limits: smallBuffers}, "-")
	return frames, inputs[0]
}

// packetsOf reduces frames to what the writers were given.
func packetsOf(frames []Frame) []packet {
	var packets []packet
	for _, f := range frames {
		packets = append(packets, packet{Time: f.Time, Data: f.Data, Length: f.Length, Iface: f.Interface})
	}
	return packets
}

// somePackets returns n packets of growing size, a millisecond apart.
func somePackets(n int) []packet {
	var packets []packet
	for i := range n {
		data := bytes.Repeat([]byte{byte(i + 1)}, 40+i)
		packets = append(packets, packet{Time: 1_700_000_000_123_456_000 + int64(i)*1_000_000, Data: data, Length: len(data)})
	}
	return packets
}

// wantError checks an input's error: none where want is empty, else one that
// begins with it.
func wantError(t testing.TB, in Input, want string) {
	t.Helper()
	if in.Complete != (in.Error == "") {
		t.Errorf("complete is %v with error %q", in.Complete, in.Error)
	}
	if want == "" && in.Error != "" || !strings.HasPrefix(in.Error, want) {
		t.Errorf("error %q, want %q", in.Error, want)
	}
}

// testdata returns the path of a capture that the project holds.
func testdata(name string) string {
	return filepath.Join("..", "testdata", "pcaps", name)
}

// truth is what a truth file says of a capture as such.
type truth struct {
	Packets       uint64   `json:"packets"`
	TruncatedFile bool     `json:"truncated_file"`
	LinkTypes     []string `json:"link_types"`
	Container     string   `json:"container"`
}

func TestSharedCaptures(t *testing.T) {
	file := shared.Path(t, "pcaps/truth.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Files map[string]truth `json:"files"`
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for name, want := range all.Files {
		path := filepath.Join(filepath.Dir(file), name)
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			continue // describes several files together
		}
		t.Run(name, func(t *testing.T) { checkTruth(t, path, want) })
	}
}

func checkTruth(t *testing.T, path string, want truth) {
	frames, inputs := readNames(t, Options{}, path)
	in := inputs[0]
	if in.Packets != want.Packets || uint64(len(frames)) != want.Packets {
		t.Errorf("%d packets, %d frames, want %d", in.Packets, len(frames), want.Packets)
	}
	isCapture := want.Container == "pcap" || want.Container == "pcapng"
	if in.Complete != (isCapture && !want.TruncatedFile) {
		t.Errorf("complete is %v, error %q; truncated is %v", in.Complete, in.Error, want.TruncatedFile)
	}
	if isCapture && in.Format != want.Container {
		t.Errorf("format %q, want %q", in.Format, want.Container)
	}
	for _, link := range want.LinkTypes {
		if !strings.Contains(strings.Join(in.LinkTypes, " "), link) {
			t.Errorf("link types %v, want %v", in.LinkTypes, want.LinkTypes)
		}
	}
}

func TestSameCaptureInEveryContainer(t *testing.T) {
	reference, _ := readNames(t, Options{}, testdata("container-big-endian-usec.pcap"))
	for _, name := range []string{
		"container-little-endian-nsec.pcap", "container-big-endian-nsec.pcap", "container-editcap.pcapng",
		"container-big-endian.pcapng", "container-comments.pcapng", "container-two-sections.pcapng",
		"container-compressed.pcap.bz2", "container-compressed.pcap.gz", "container-compressed.pcap.lz4",
		"container-compressed.pcap.xz", "container-compressed.pcap.zst", "container-compressed.pcapng.gz",
	} {
		frames, inputs := readNames(t, Options{}, testdata(name))
		wantError(t, inputs[0], "")
		if len(frames) != len(reference) {
			t.Errorf("%s: %d frames, want %d", name, len(frames), len(reference))
			continue
		}
		for i, f := range frames {
			if !bytes.Equal(f.Data, reference[i].Data) || f.Time/1000 != reference[i].Time/1000 {
				t.Errorf("%s: frame %d differs", name, i+1)
			}
		}
	}
}

func TestFilesWithFaults(t *testing.T) {
	tests := []struct {
		name    string
		packets uint64
		err     string
	}{
		{"container-header-only.pcap", 0, ""},
		{"container-zero-bytes.pcap", 0, "not a capture: an empty file; expected pcap or pcapng"},
		{"container-not-a-pcap.pcap", 0, "not a capture: a text file; expected pcap or pcapng"},
		{"container-cut-in-a-packet.pcap", 11, "cut short in the middle of packet 12 at byte 3435"},
		{"container-corrupt-length.pcap", 6, "corrupt packet header at byte 1482: claims 4294967280 bytes"},
		{"container-cut-gzip.pcap.gz", 3, "cut short in the middle of packet 4 at byte 741 of the decompressed data: the gzip data ends too early"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frames, inputs := readNames(t, Options{}, testdata(test.name))
			wantError(t, inputs[0], test.err)
			if inputs[0].Packets != test.packets || uint64(len(frames)) != test.packets {
				t.Errorf("%d packets, %d frames, want %d", inputs[0].Packets, len(frames), test.packets)
			}
		})
	}
}

func TestPcapCutAtEveryByte(t *testing.T) {
	packets := somePackets(3)
	whole := pcapMicro.write(packets...)
	for size := 1; size < len(whole); size++ {
		frames, in := readBytes(t, whole[:size])
		complete, at := size >= pcapHeaderBytes, pcapHeaderBytes
		for i := 0; i < len(frames); i++ {
			at += 16 + len(packets[i].Data)
		}
		complete = complete && at == size
		if in.Complete != complete {
			t.Errorf("cut at %d: complete is %v with error %q", size, in.Complete, in.Error)
		}
	}
}

func TestPcapngCutAtEveryByte(t *testing.T) {
	w := ng(binary.LittleEndian)
	ends := map[int]int{0: 0} // packets by the length of the file at the end of a block
	w.section(0).iface(1, 0)
	ends[len(w.bytes)-20], ends[len(w.bytes)] = 0, 0
	for i, p := range somePackets(3) {
		w.packet(0, uint64(p.Time/1000), p.Data, p.Length)
		ends[len(w.bytes)] = i + 1
		w.block(0xbad, make([]byte, 64))
		ends[len(w.bytes)] = i + 1
	}
	for size := 4; size < len(w.bytes); size++ {
		frames, in := readBytes(t, w.bytes[:size])
		packets, complete := ends[size]
		if in.Complete != complete || complete && len(frames) != packets {
			t.Errorf("cut at %d: complete is %v with %d frames and error %q", size, in.Complete, len(frames), in.Error)
		}
	}
}

// TestCompressedCutAtEveryByte makes sure that no decompressor takes the loss of
// its end for the end.
func TestCompressedCutAtEveryByte(t *testing.T) {
	capture := pcapMicro.write(somePackets(20)...)
	for _, format := range []string{"gzip", "zstd", "lz4", "xz", "bzip2"} {
		t.Run(format, func(t *testing.T) {
			whole := compressWith(t, format, capture)
			for size := 1; size < len(whole); size++ {
				if frames, in := readBytes(t, whole[:size]); in.Complete {
					t.Errorf("cut at %d of %d: complete with %d frames", size, len(whole), len(frames))
				}
			}
			if frames, in := readBytes(t, whole); !in.Complete || len(frames) != 20 || in.Compression != format {
				t.Errorf("whole: %d frames, %+v", len(frames), in)
			}
		})
	}
}
