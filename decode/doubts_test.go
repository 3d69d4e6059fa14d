package decode

import (
	"strings"
	"testing"
	"time"

	"simplecap/internal/wire"
)

// TestContradictions: bytes that come twice and differ are told, wherever the first ones
// are by then; those that are the same are not, however they are cut.
func TestContradictions(t *testing.T) {
	text, forged := wire.StreamMessage("a", "Hello world."), wire.StreamMessage("a", "Hello forge!")
	n := uint32(len(text))
	next := func(w *segmentSender, seconds float64, seq uint32, payload string) {
		w.now += int64(seconds * float64(time.Second))
		w.client(seq, payload)
	}
	for _, test := range []struct {
		name   string
		run    func(w *segmentSender)
		of, by uint64 // frames; 0 for no contradiction
		count  uint64 // counted; a message that says it itself has no frames
	}{
		{"again", func(w *segmentSender) { w.client(100, text); w.client(100, text) }, 0, 0, 0},
		{"again in other segments", func(w *segmentSender) {
			w.client(100, text[:70])
			w.client(170, text[70:])
			for i := uint32(0); i < n; i += 33 {
				w.client(100+i, text[i:min(n, i+33)])
			}
		}, 0, 0, 0},
		{"other bytes", func(w *segmentSender) { w.client(100, text); w.client(100, forged) }, 1, 2, 1},
		{"other bytes in the middle", func(w *segmentSender) {
			w.client(100, text[:70])
			w.client(170, text[70:])
			w.client(100+n-9, forged[n-9:n-2])
		}, 2, 3, 1},
		{"before it is known to be SIP", func(w *segmentSender) {
			w.client(100, text[:40])
			w.client(100, strings.Repeat("x", 40))
			w.client(140, text[40:])
		}, 1, 2, 1},
		{"never SIP", func(w *segmentSender) {
			w.client(100, text[:40])
			w.client(100, strings.Repeat("x", 40))
		}, 0, 0, 0},
		{"over the next message too", func(w *segmentSender) {
			w.client(100, text)
			w.client(100+n, text)
			w.client(100+n-5, "xxxxx"+text+text)
		}, 1, 3, 1},
		{"behind a hole", func(w *segmentSender) {
			w.client(100, text)
			w.client(100+n+10, text[10:])
			w.client(100+n+10, forged[10:])
			w.client(100+n, text[:10])
		}, 0, 0, 1},
		{"behind a hole, the same", func(w *segmentSender) {
			w.client(100, text)
			w.client(100+n+10, text[10:])
			w.client(100+n+20, text[20:40])
			w.client(100+n, text[:10])
		}, 0, 0, 0},
		{"after the end", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 100, 0, flagACK|flagFIN, text)
			w.client(100, forged)
		}, 1, 2, 1},
		{"keep-alive", func(w *segmentSender) { w.client(100, text); next(w, 2, 100+n-1, "x") }, 0, 0, 0},
		{"a byte at once", func(w *segmentSender) { w.client(100, text); next(w, 0, 100+n-1, "x") }, 1, 2, 1},
		{"before the capture", func(w *segmentSender) { w.client(100, text); w.client(40, strings.Repeat("x", 60)) }, 0, 0, 0},
		{"the next connection", func(w *segmentSender) {
			w.client(100, text)
			w.send(clientEnd, serverEnd, 1e6-1, 0, flagSYN, "")
			w.client(1e6, forged)
			w.client(100, forged)
		}, 0, 0, 0},
		{"behind a cut segment", func(w *segmentSender) {
			w.sendCut(clientEnd, serverEnd, 100, 0, flagACK, text, 1)
			w.client(150+n, text)
			w.client(150+n, text)
		}, 0, 0, 0},
	} {
		w, r := newSegmentSender(Limits{})
		test.run(w)
		w.Flush()
		var of, by uint64
		for _, c := range r.doubts {
			of, by = c.Of.Number(), c.Frame.Number()
		}
		if count := w.Stats().Contradictions; of != test.of || by != test.by || count != test.count {
			t.Errorf("%s: frame %d contradicts %d, %d counted; want %d, %d, %d", test.name, by, of, count, test.by, test.of, test.count)
		}
		if len(r.messages) == 0 && test.name != "never SIP" {
			t.Errorf("%s: no message", test.name)
		}
	}
}
