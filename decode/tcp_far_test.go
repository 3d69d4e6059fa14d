package decode

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/internal/wire"
)

// TestFarSegments sends segments that lie far from the others of their connection, and ends
// before which bytes are missing: what is read, and how many bytes in how many holes are
// counted.
func TestFarSegments(t *testing.T) {
	a, b, c := wire.StreamMessage("a", "Hello world."), wire.StreamMessage("b", ""), wire.StreamMessage("c", "x")
	na, nb := uint32(len(a)), uint32(len(b))
	const far = 1 << 31
	only := summary{"a", 1, 1, 1, MidStream}
	for _, test := range []struct {
		name        string
		run         func(w *segmentSender)
		want        []summary
		gaps, bytes uint64
	}{
		{"the last of the capture", func(w *segmentSender) {
			w.client(100, a)
			w.client(far, b)
		}, []summary{only, {"b", 2, 2, 1, MidStream | AfterGap}}, 1, 0},
		{"the next one follows", func(w *segmentSender) {
			w.client(100, a)
			w.client(far, b)
			w.client(far+nb, c)
		}, []summary{only, {"b", 2, 2, 1, MidStream | AfterGap}, {"c", 3, 3, 1, MidStream}}, 1, 0},
		{"the next one was before it", func(w *segmentSender) {
			w.client(100, a)
			w.client(far+nb, c)
			w.client(far, b)
		}, []summary{only, {"b", 3, 3, 1, MidStream | AfterGap}, {"c", 2, 2, 1, MidStream}}, 1, 0},
		{"the next one has a hole before it", func(w *segmentSender) {
			w.client(100, a)
			w.client(far, b)
			w.client(far+nb+50, c)
		}, []summary{only, {"b", 2, 2, 1, MidStream | AfterGap}, {"c", 3, 3, 1, MidStream | AfterGap}}, 2, 50},
		{"the answer acknowledges it", func(w *segmentSender) {
			w.client(100, a)
			w.client(far, b)
			w.send(serverEnd, clientEnd, 1, far+nb, flagACK, c)
		}, []summary{only, {"b", 2, 2, 1, MidStream | AfterGap}, {"c", 3, 3, 1, MidStream}}, 1, 0},
		{"nothing in its place for long", func(w *segmentSender) {
			w.client(100, a)
			w.client(far, b)
			w.now += int64(24 * time.Hour)
			w.send(serverEnd, clientEnd, 1, 0, flagACK, "\r\n")
		}, []summary{only, {"b", 2, 2, 1, MidStream | AfterGap}}, 1, 0},
		{"stray: the other side waits in the old place", func(w *segmentSender) {
			w.client(100, a)
			w.client(far, b)
			w.send(serverEnd, clientEnd, 1, 100+na, flagACK, "")
			w.now += int64(time.Minute)
			w.send(serverEnd, clientEnd, 1, 100+na, flagACK, c)
		}, []summary{only, {"c", 4, 4, 1, MidStream}}, 0, 0},
		{"stray: the stream goes on where it was", func(w *segmentSender) {
			w.client(100, a[:40])
			w.client(far, b)
			w.client(140, a[40:])
		}, []summary{{"a", 3, 1, 1, MidStream}}, 0, 0},
		{"stray, sent twice", func(w *segmentSender) {
			w.client(100, a[:40])
			w.client(far, b)
			w.client(far, b)
			w.client(140, a[40:])
		}, []summary{{"a", 4, 1, 1, MidStream}}, 0, 0},
		{"two answers to the SYN, the first counts", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 499, 100, flagSYN|flagACK, "")
			w.send(serverEnd, clientEnd, far, 100, flagSYN|flagACK, "")
			w.send(clientEnd, serverEnd, 100, 500, flagACK, a)
			w.send(serverEnd, clientEnd, 500, 100+na, flagACK, b)
		}, []summary{{"a", 4, 4, 1, 0}, {"b", 5, 5, 1, 0}}, 0, 0},
		{"two answers to the SYN, the second counts", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, far, 100, flagSYN|flagACK, "")
			w.send(serverEnd, clientEnd, 499, 100, flagSYN|flagACK, "")
			w.send(clientEnd, serverEnd, 100, 500, flagACK, a)
			w.send(serverEnd, clientEnd, 500, 100+na, flagACK, b)
		}, []summary{{"a", 4, 4, 1, 0}, {"b", 5, 5, 1, 0}}, 0, 0},
		{"RST with SYN", func(w *segmentSender) {
			w.client(100, a[:50])
			w.send(clientEnd, serverEnd, 7000, 0, flagSYN|flagRST, "")
			w.client(150, a[50:])
		}, []summary{{"a", 3, 1, 1, MidStream}}, 0, 0},
		{"the first two in the other order", func(w *segmentSender) {
			w.client(100+na, b)
			w.client(100, a)
			w.client(100, a)
			w.client(100+na+nb, c)
		}, []summary{{"b", 1, 1, 1, MidStream}, {"a", 2, 2, 1, MidStream}, {"c", 4, 4, 1, MidStream}}, 0, 0},
		{"the first two in the other order, and SYN", func(w *segmentSender) {
			w.client(100+na, b)
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
			w.client(100, a)
		}, []summary{{"b", 1, 1, 1, MidStream}, {"a", 3, 3, 1, MidStream}}, 0, 0},
		{"the first two in the other order, and FIN", func(w *segmentSender) {
			w.client(100+na, b)
			w.send(clientEnd, serverEnd, 100+na+nb, 0, flagFIN|flagACK, "")
			w.client(100, a)
		}, []summary{{"b", 1, 1, 1, MidStream}, {"a", 3, 3, 1, MidStream}}, 0, 0},
		{"the first with a hole behind it", func(w *segmentSender) {
			w.client(100+na+50, b)
			w.client(100, a)
		}, []summary{{"b", 1, 1, 1, MidStream}, {"a", 2, 2, 1, MidStream}}, 1, 50},
		{"keep-alive before the first", func(w *segmentSender) {
			w.client(100, a)
			w.client(99, "\x00")
		}, []summary{only}, 0, 0},
		{"the first is no message", func(w *segmentSender) {
			w.client(100+na, b)
			w.client(90+na, a[na-10:])
		}, []summary{{"b", 1, 1, 1, MidStream}}, 1, 10},
		{"cut by the snapshot length, the next two in the other order", func(w *segmentSender) {
			w.sendCut(clientEnd, serverEnd, 100, 0, flagACK, a[:na-1], 1)
			w.client(100+na+nb, c)
			w.client(100+na, b)
		}, []summary{{"a", 1, 1, 1, MidStream | Cut}, {"b", 3, 3, 1, MidStream | AfterGap}, {"c", 2, 2, 1, MidStream}}, 0, 0},
		{"cut by the snapshot length, and the next one is missing", func(w *segmentSender) {
			w.sendCut(clientEnd, serverEnd, 100, 0, flagACK, a[:na-1], 1)
			w.client(100+na+nb, c)
		}, []summary{{"a", 1, 1, 1, MidStream | Cut}, {"c", 2, 2, 1, MidStream | AfterGap}}, 1, uint64(nb)},
		{"cut by the snapshot length, and FIN", func(w *segmentSender) {
			w.sendCut(clientEnd, serverEnd, 100, 0, flagACK, a[:na-1], 1)
			w.send(clientEnd, serverEnd, 100+na, 0, flagFIN|flagACK, "")
			w.client(5000, b)
		}, []summary{{"a", 1, 1, 1, MidStream | Cut}, {"b", 3, 3, 2, MidStream}}, 0, 0},
		{"bytes missing before FIN", func(w *segmentSender) {
			w.client(100, a)
			w.send(clientEnd, serverEnd, 100+na+500, 0, flagFIN|flagACK, "")
		}, []summary{only}, 1, 500},
		{"bytes missing before FIN come late", func(w *segmentSender) {
			w.client(100, a)
			w.send(clientEnd, serverEnd, 100+na+nb, 0, flagFIN|flagACK, "")
			w.client(100+na, b)
		}, []summary{only, {"b", 3, 3, 1, MidStream}}, 0, 0},
		{"bytes missing before RST", func(w *segmentSender) {
			w.client(100, a)
			w.send(serverEnd, clientEnd, 1, 100+na+500, flagACK, "")
			w.send(clientEnd, serverEnd, 100+na+500, 0, flagRST, "")
		}, []summary{only}, 1, 500},
		{"the last bytes are acknowledged, and not in the capture", func(w *segmentSender) {
			w.client(100, a)
			w.send(serverEnd, clientEnd, 1, 100+na+nb, flagACK, "")
		}, []summary{only}, 1, uint64(nb)},
		{"the last bytes are acknowledged, and the stream goes on much later", func(w *segmentSender) {
			w.client(100, a)
			w.send(serverEnd, clientEnd, 1, 100+na+nb, flagACK, "")
			w.now += int64(time.Minute)
			w.client(100+na+nb, c)
		}, []summary{only, {"c", 3, 3, 1, MidStream | AfterGap}}, 1, uint64(nb)},
		{"the last bytes are acknowledged before they are captured", func(w *segmentSender) {
			w.client(100, a)
			w.send(serverEnd, clientEnd, 1, 100+na+nb, flagACK, "")
			w.client(100+na, b)
		}, []summary{only, {"b", 3, 3, 1, MidStream}}, 0, 0},
		{"bytes behind a hole are acknowledged", func(w *segmentSender) {
			w.client(100, a)
			w.client(100+na+nb, c)
			w.send(serverEnd, clientEnd, 1, 100+na+nb+uint32(len(c)), flagACK, "")
		}, []summary{only, {"c", 2, 2, 1, MidStream | AfterGap}}, 1, uint64(nb)},
		{"FIN is acknowledged, and not in the capture", func(w *segmentSender) {
			w.client(100, a)
			w.send(serverEnd, clientEnd, 1, 101+na, flagACK, "")
		}, []summary{only}, 0, 0},
		{"somebody who does not see the connection acknowledges more", func(w *segmentSender) {
			w.client(100, a)
			w.send(serverEnd, clientEnd, 1, 100+na, flagACK, b)
			w.send(serverEnd, clientEnd, far, 100+na+500, flagACK, "")
			w.now += int64(time.Minute)
			w.client(100+na, c)
		}, []summary{only, {"b", 2, 2, 1, MidStream}, {"c", 4, 4, 1, MidStream}}, 0, 0},
		{"the first bytes of a side are acknowledged, and not in the capture", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 100, 500, flagACK, a)
			w.send(clientEnd, serverEnd, 100+na, 500+nb, flagACK, "")
			w.now += int64(time.Minute)
			w.send(serverEnd, clientEnd, 500+nb, 100+na, flagACK, c)
		}, []summary{only, {"c", 3, 3, 1, MidStream | AfterGap}}, 1, uint64(nb)},
		{"nothing of a connection to a port of SIP", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 499, 100, flagSYN|flagACK, "")
			w.send(serverEnd, clientEnd, 500, 100+na, flagACK, "")
		}, nil, 1, uint64(na)},
		{"FIN not captured before RST", func(w *segmentSender) {
			w.client(100, a)
			w.send(serverEnd, clientEnd, 1, 100+na+1, flagACK, "")
			w.send(clientEnd, serverEnd, 100+na+1, 0, flagRST, "")
		}, []summary{only}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, r := newSegmentSender(Limits{})
			test.run(w)
			w.Flush()
			if diff := cmp.Diff(test.want, summaries(r.messages)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if s := w.Stats(); s.TCPGaps != test.gaps || s.TCPGapBytes != test.bytes {
				t.Errorf("%d holes with %d bytes, want %d with %d", s.TCPGaps, s.TCPGapBytes, test.gaps, test.bytes)
			}
			if w.flows.Forget(); w.flows.Held() != 0 {
				t.Errorf("%d bytes held behind the end", w.flows.Held())
			}
		})
	}
}

// TestAcknowledgedUnseen wants to be told of what an end has received and the capture has
// not, and when it has it after all.
func TestAcknowledgedUnseen(t *testing.T) {
	a := wire.StreamMessage("a", "")
	end, answer := 100+uint32(len(a)), "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKa\r\nCall-ID: a\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
	got := 500 + uint32(len(answer))
	for name, test := range map[string]struct {
		begin bool // with the SYNs
		acks  func(w *segmentSender)
		want  []ConnKind
	}{
		"lost":             {true, func(w *segmentSender) { w.send(clientEnd, serverEnd, end, got, flagACK, "") }, []ConnKind{ConnLacking}},
		"lost, mid-stream": {false, func(w *segmentSender) { w.send(clientEnd, serverEnd, end, got, flagACK, "") }, []ConnKind{ConnLacking}},
		"comes later": {true, func(w *segmentSender) {
			w.send(clientEnd, serverEnd, end, got, flagACK, "")
			w.send(serverEnd, clientEnd, 500, end, flagACK, answer)
			w.send(clientEnd, serverEnd, end, got, flagACK, "")
		}, []ConnKind{ConnLacking, ConnCaught}},
		"seen": {true, func(w *segmentSender) {
			w.send(serverEnd, clientEnd, 500, end, flagACK, answer)
			w.send(clientEnd, serverEnd, end, got, flagACK, "")
		}, nil},
		"a FIN":               {true, func(w *segmentSender) { w.send(clientEnd, serverEnd, end, 501, flagACK, "") }, nil},
		"a number made up":    {true, func(w *segmentSender) { w.send(clientEnd, serverEnd, end, 3<<30, flagACK, "") }, nil},
		"nothing new to tell": {true, func(w *segmentSender) { w.send(clientEnd, serverEnd, end, 500, flagACK, "") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newSegmentSender(Limits{})
			if test.begin {
				w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
				w.send(serverEnd, clientEnd, 499, 100, flagSYN|flagACK, "")
			}
			w.send(clientEnd, serverEnd, 100, 500, flagACK, a)
			test.acks(w)
			var got []ConnKind
			for _, e := range r.events {
				if got = append(got, e.Kind); e.Src != serverEnd {
					t.Errorf("of %v", e.Src)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
