package wire

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
	"simplecap/decode"
)

func generated(t *testing.T, p Profile, transactions int) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := Generate(&b, p, transactions, 0)
	if err != nil || n != transactions {
		t.Fatalf("%d transactions, %v, want %d", n, err, transactions)
	}
	return b.Bytes()
}

func openBytes(t *testing.T, b []byte) capture.Source {
	t.Helper()
	src, err := capture.Open([]string{"-"}, capture.Options{Stdin: bytes.NewReader(b)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// counts is what the decoder finds in generated traffic.
type counts struct {
	Requests, Responses map[string]uint64
	RTP                 uint64
	Fragmented          int // messages
	TCP, TLS            int // likewise
}

func TestProfiles(t *testing.T) {
	plain := counts{Requests: map[string]uint64{"MESSAGE": 40}, Responses: map[string]uint64{"200": 40}}
	want := map[string]counts{}
	for _, p := range Profiles {
		want[p.Name] = plain
	}
	change := func(name string, f func(c *counts)) { c := want[name]; f(&c); want[name] = c }
	change("tcp", func(c *counts) { c.TCP = 80 })
	change("tls", func(c *counts) { c.TLS = 80 })
	change("tls-short", func(c *counts) { c.TLS = 80 })
	change("rtp90", func(c *counts) { c.RTP = 80 * 9 })
	change("rtp99", func(c *counts) { c.RTP = 80 * 99 })
	change("fragmented", func(c *counts) { c.Fragmented = 40 })
	want["lossy"] = counts{Requests: map[string]uint64{"MESSAGE": 42}, Responses: map[string]uint64{"200": 36, "480": 2}}
	want["proxy"] = counts{Requests: map[string]uint64{"MESSAGE": 80}, Responses: map[string]uint64{"200": 80}}
	want["sms"] = counts{Requests: map[string]uint64{"MESSAGE": 80}, Responses: map[string]uint64{"200": 40, "202": 40}}
	for _, p := range Profiles {
		t.Run(p.Name, func(t *testing.T) {
			var keys bytes.Buffer
			p.Keys = &keys
			src := openBytes(t, generated(t, p, 40))
			h := decodeSource(t, src, keys.Bytes())
			got := counts{Requests: h.stats.RequestCounts(), Responses: h.stats.ResponseCounts(), RTP: h.stats.Census.Packets[decode.ClassRTP]}
			for _, m := range h.messages {
				if m.Carriage&decode.Fragmented != 0 {
					got.Fragmented++
				}
				switch m.Transport {
				case decode.TCP:
					got.TCP++
				case decode.TLS:
					got.TLS++
				}
			}
			if diff := cmp.Diff(want[p.Name], got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if in := src.Inputs()[0]; !in.Complete || in.OutOfOrder != 0 || h.stats.DecodeErrors+h.stats.TCPGaps+h.stats.FragmentsIncomplete != 0 {
				t.Errorf("%+v; %+v", in, h.stats)
			}
		})
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	for _, p := range Profiles {
		first := generated(t, p, 500)
		if !bytes.Equal(first, generated(t, p, 500)) {
			t.Errorf("%s: not the same bytes again", p.Name)
		}
		// A TCP segment holds three messages, so that the last one may differ, and the last
		// responses come when nothing else does.
		shorter := generated(t, p, 300)
		if !bytes.HasPrefix(first, shorter[:len(shorter)*(300-2*lateAnswers)/300]) {
			t.Errorf("%s: fewer transactions are not the beginning of more", p.Name)
		}
	}
}

func TestGenerateBySize(t *testing.T) {
	const size = 1 << 20
	for _, p := range Profiles {
		var b bytes.Buffer
		n, err := Generate(&b, p, 0, size)
		if err != nil {
			t.Fatal(err)
		}
		if most := size + size/10 + lateAnswers*(1000+p.RTP*300); b.Len() < size || b.Len() > most {
			t.Errorf("%s: %d bytes, want %d to %d", p.Name, b.Len(), size, most)
		}
		if !bytes.Equal(b.Bytes(), generated(t, p, n)) {
			t.Errorf("%s: says %d transactions, but that many make other bytes", p.Name, n)
		}
	}
}

// liveHeap is a writer that notes the live heap at every 4 MiB.
type liveHeap struct {
	written int64
	heap    []uint64
}

func (w *liveHeap) Write(b []byte) (int, error) {
	before := w.written
	w.written += int64(len(b))
	if before>>22 != w.written>>22 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.heap = append(w.heap, m.HeapAlloc)
	}
	return len(b), nil
}

// TestGenerateStreams shows that memory does not grow with the size.
func TestGenerateStreams(t *testing.T) {
	for _, p := range Profiles {
		var w liveHeap
		if _, err := Generate(&w, p, 0, 24<<20); err != nil {
			t.Fatal(err)
		}
		if len(w.heap) < 6 {
			t.Fatalf("%s: %d looks at the heap, want 6", p.Name, len(w.heap))
		}
		if first, last := w.heap[0], w.heap[len(w.heap)-1]; last > first+(512<<10) {
			t.Errorf("%s: %d bytes live after 4 MiB, %d after 24 MiB", p.Name, first, last)
		}
	}
}

// brokenWriter fails after some bytes.
type brokenWriter struct{ left int }

var errBroken = errors.New("broken")

func (w *brokenWriter) Write(b []byte) (int, error) {
	w.left -= len(b)
	if w.left < 0 {
		return 0, errBroken
	}
	return len(b), nil
}

func TestGenerateStopsAtAnError(t *testing.T) {
	for _, left := range []int{0, 3 << 20} {
		n, err := Generate(&brokenWriter{left}, Profiles[0], 0, 1<<40)
		if !errors.Is(err, errBroken) || n > 10000 {
			t.Errorf("%d transactions, %v", n, err)
		}
	}
	if _, err := Generate(&brokenWriter{0}, Profiles[0], 1, 0); !errors.Is(err, errBroken) {
		t.Errorf("an error of the last bytes: %v", err)
	}
}

func TestRate(t *testing.T) {
	const transactions = Rate / 10
	src := openBytes(t, generated(t, Profiles[0], transactions))
	decodeSource(t, src, nil)
	first, last := src.Inputs()[0].First, src.Inputs()[0].Last
	if span := last.Sub(first).Seconds(); span < 0.099 || span > 0.105 || !first.Equal(Epoch) {
		t.Errorf("%d transactions take %v s from %v, want 0.1 s from %v", transactions, span, first, Epoch)
	}
}

func TestProfileByName(t *testing.T) {
	for _, want := range Profiles {
		if got, err := ProfileByName(want.Name); got != want || err != nil {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if _, err := ProfileByName("none"); err == nil || err.Error() != `unknown profile "none"` {
		t.Errorf("error %v", err)
	}
}

// TestMemory shows that frames are the same from memory, in batches or one at a
// time, and from a file.
func TestMemory(t *testing.T) {
	frames, err := Parse("0 alice > bob MESSAGE\n0.001 bob > alice cut 99 200 OK\n1 ::1 > ::2 tcp MESSAGE\n2 end")
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]capture.Source{
		"all at once": &Memory{Frames: frames}, "two at a time": &Memory{Frames: frames, Batch: 2},
		"file": openBytes(t, AppendPcap(nil, frames)),
	} {
		var got []capture.Frame
		for batch := make([]capture.Frame, 3); ; {
			n, err := src.ReadBatch(batch)
			for _, f := range batch[:n] {
				f.Data = bytes.Clone(f.Data)
				got = append(got, f)
			}
			if err == io.EOF {
				break
			}
		}
		if diff := cmp.Diff(frames, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if in := src.Inputs()[0]; in.Packets != uint64(len(frames)) || !in.Complete {
			t.Errorf("%s: %+v", name, in)
		}
	}
	one := &Memory{Frames: frames}
	for i := range frames {
		data, info, err := one.ZeroCopyReadPacketData()
		if err != nil || !bytes.Equal(data, frames[i].Data) || info.Length != frames[i].Length || info.Timestamp.UnixNano() != frames[i].Time {
			t.Errorf("packet %d: %+v, %v", i+1, info, err)
		}
	}
	if _, _, err := one.ZeroCopyReadPacketData(); err != io.EOF {
		t.Errorf("%v after the last packet, want EOF", err)
	}
}
