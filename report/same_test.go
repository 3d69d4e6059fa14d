package report_test

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"path/filepath"
	"regexp"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/internal/wire"
	"simplecap/report"
)

// jsonOf returns the JSON report of a source, without what names its inputs.
func jsonOf(t interface{ Fatal(...any) }, src capture.Source) string {
	var out bytes.Buffer
	w, err := report.New(report.JSON, &out, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), src, analyze.Options{}, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?s)"inputs":\s*\[.*?\],\s*"quality"`).ReplaceAllString(out.String(), `"quality"`)
	return regexp.MustCompile(`(\.\d{6})\d{3}Z`).ReplaceAllString(text, "${1}Z") // not all files have nanoseconds
}

func open(t *testing.T, stdin io.Reader, names ...string) capture.Source {
	t.Helper()
	src, err := capture.Open(names, capture.Options{Stdin: stdin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

const captures = "../testdata/pcaps/"

// TestSameInAnyContainer wants the same report of the same packets from every
// kind of file.
func TestSameInAnyContainer(t *testing.T) {
	want := jsonOf(t, open(t, nil, captures+"container-big-endian-usec.pcap"))
	for _, name := range []string{
		"container-little-endian-nsec.pcap", "container-big-endian-nsec.pcap", "container-editcap.pcapng",
		"container-big-endian.pcapng", "container-comments.pcapng", "container-two-sections.pcapng",
		"container-compressed.pcap.gz", "container-compressed.pcap.zst", "container-compressed.pcap.lz4",
		"container-compressed.pcap.xz", "container-compressed.pcap.bz2", "container-compressed.pcapng.gz",
	} {
		if diff := cmp.Diff(want, jsonOf(t, open(t, nil, captures+name))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// frameList matches what changes when packets are cut or numbered otherwise.
var frameList = regexp.MustCompile(`"(\w+_)?frames":\s*\[[^\]]*\]`)

// TestSameInAnyOrderOfFiles names rotated files in any order.
func TestSameInAnyOrderOfFiles(t *testing.T) {
	files, err := filepath.Glob(captures + "rotated-*.pcap")
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	want := jsonOf(t, open(t, nil, files...))
	for range files {
		files = append(files[1:], files[0])
		if diff := cmp.Diff(want, jsonOf(t, open(t, nil, files...))); diff != "" {
			t.Error(diff)
		}
	}
}

// TestSameByPipe delivers a capture a byte at a time.
func TestSameByPipe(t *testing.T) {
	frames, err := wire.Parse("0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n0.6 bob > alice 200 OK\n1 alice > bob tcp MESSAGE #2\n")
	if err != nil {
		t.Fatal(err)
	}
	file := wire.AppendPcap(nil, frames)
	want := jsonOf(t, open(t, bytes.NewReader(file), "-"))
	if diff := cmp.Diff(want, jsonOf(t, open(t, iotest.OneByteReader(bytes.NewReader(file)), "-"))); diff != "" {
		t.Error(diff)
	}
}

// TestSameInAnySegments cuts the same TCP streams into any segments. But for the
// frame numbers the report is the same.
func TestSameInAnySegments(t *testing.T) {
	exchange, err := wire.Parse("0 alice > bob tcp MESSAGE\n0 alice > bob tcp MESSAGE #2\n0 bob > alice tcp 200 OK #2\n" +
		"0 bob > alice tcp 480 Gone #1\n0 alice > bob tcp MESSAGE #3\n  Content-Length: 40\n0 alice > bob tcp MESSAGE #4\n40 end\n")
	if err != nil {
		t.Fatal(err)
	}
	want := frameList.ReplaceAllString(jsonOf(t, &wire.Memory{Frames: exchange}), "")
	rapid.Check(t, func(t *rapid.T) {
		cut := segments(t, exchange)
		got := frameList.ReplaceAllString(jsonOf(t, &wire.Memory{Frames: cut}), "")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// segments cuts the TCP segments among the frames at any places.
func segments(t *rapid.T, frames []capture.Frame) (cut []capture.Frame) {
	const headers = 14 + 20 + 20
	for _, f := range frames {
		if f.Data[23] != wire.TCP {
			cut = append(cut, f)
			continue
		}
		p := wire.Packet{Protocol: wire.TCP, Flags: wire.ACK}
		p.Src = netip.AddrPortFrom(netip.AddrFrom4([4]byte(f.Data[26:30])), uint16(f.Data[34])<<8|uint16(f.Data[35]))
		p.Dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte(f.Data[30:34])), uint16(f.Data[36])<<8|uint16(f.Data[37]))
		seq := uint32(f.Data[38])<<24 | uint32(f.Data[39])<<16 | uint32(f.Data[40])<<8 | uint32(f.Data[41])
		for payload := f.Data[headers:]; len(payload) > 0; {
			n := rapid.IntRange(1, len(payload)).Draw(t, "segment")
			p.Seq, p.Payload = seq, payload[:n]
			one := f
			one.Data = p.AppendFrame(nil)
			one.Length = len(one.Data)
			cut = append(cut, one)
			seq, payload = seq+uint32(n), payload[n:]
		}
	}
	for i := range cut {
		cut[i].Number = uint64(i + 1)
	}
	return cut
}
