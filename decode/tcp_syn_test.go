package decode

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/internal/wire"
)

// TestSYNOnLivePorts sends a SYN on the ports of a connection that goes on: of somebody who
// knows no more than these, or of the next connection.
func TestSYNOnLivePorts(t *testing.T) {
	a, b, c := wire.StreamMessage("a", "Hello world."), wire.StreamMessage("b", ""), wire.StreamMessage("c", "x")
	na, nb := uint32(len(a)), uint32(len(b))
	const isn = 1 << 31
	both := func(w *segmentSender) { // a from the client, b from the server
		w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
		w.send(serverEnd, clientEnd, 499, 100, flagSYN|flagACK, "")
		w.send(clientEnd, serverEnd, 100, 500, flagACK, a)
		w.send(serverEnd, clientEnd, 500, 100+na, flagACK, b)
	}
	begun := []summary{{"a", 3, 3, 1, 0}, {"b", 4, 4, 1, 0}}
	for _, test := range []struct {
		name   string
		run    func(w *segmentSender)
		more   []summary
		gaps   uint64
		events []ConnKind
	}{
		{"slipped in", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.send(clientEnd, serverEnd, 100+na, 500+nb, flagACK, c)
		}, []summary{{"c", 6, 6, 1, 0}}, 0, nil},
		{"slipped into a message", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 100+na, 500+nb, flagACK, c[:50])
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.send(clientEnd, serverEnd, 150+na, 500+nb, flagACK, c[50:])
		}, []summary{{"c", 7, 5, 1, 0}}, 0, nil},
		{"slipped in for the server", func(w *segmentSender) {
			w.send(serverEnd, clientEnd, isn, 1, flagSYN|flagACK, "")
			w.send(clientEnd, serverEnd, 100+na, 500+nb, flagACK, "")
			w.send(serverEnd, clientEnd, 500+nb, 100+na, flagACK, c)
		}, []summary{{"c", 7, 7, 1, 0}}, 0, nil},
		{"slipped in twice, with an answer to it", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 500+nb, 100+na, flagACK, "")
			w.now += int64(2 * time.Second)
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.send(clientEnd, serverEnd, 100+na, 500+nb, flagACK, c)
		}, []summary{{"c", 8, 8, 1, 0}}, 0, nil},
		{"slipped into the window, which is acknowledged later", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 100+na+9, 0, flagSYN, "")
			w.send(clientEnd, serverEnd, 100+na, 500+nb, flagACK, c[:10])
			w.send(serverEnd, clientEnd, 500+nb, 110+na, flagACK, "")
			w.send(clientEnd, serverEnd, 110+na, 500+nb, flagACK, c[10:])
		}, []summary{{"c", 8, 6, 1, 0}}, 0, nil},
		{"the next connection", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 7000, isn+1, flagSYN|flagACK, "")
			w.send(clientEnd, serverEnd, isn+1, 7001, flagACK, c)
		}, []summary{{"c", 7, 7, 2, 0}}, 0, nil},
		{"the next connection, with numbers near the old ones", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 100+na+9, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 7000, 110+na, flagSYN|flagACK, "")
			w.send(clientEnd, serverEnd, 110+na, 7001, flagACK, c)
		}, []summary{{"c", 7, 7, 2, 0}}, 0, nil},
		{"the next connection, whose SYN is not in the capture", func(w *segmentSender) {
			w.send(serverEnd, clientEnd, isn/2, isn+1, flagSYN|flagACK, "")
			w.send(clientEnd, serverEnd, isn+1, isn/2+1, flagACK, c)
		}, []summary{{"c", 6, 6, 2, 0}}, 0, nil},
		{"the next connection, behind a last segment of the old one", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 500+nb, 100+na, flagACK, "")
			w.send(clientEnd, serverEnd, 100+na, 0, flagRST, "")
			w.now += int64(time.Second)
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 7000, isn+1, flagSYN|flagACK, "")
			w.send(clientEnd, serverEnd, isn+1, 7001, flagACK, c)
		}, []summary{{"c", 10, 10, 2, 0}}, 0, []ConnKind{ConnReset}},
		{"the next connection, whose second SYN is not in the capture", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 1<<32-1<<20, 0, flagSYN, "")
			w.send(clientEnd, serverEnd, 1<<32-1<<20+1, isn, flagACK, b)
			w.send(serverEnd, clientEnd, isn, 1<<32-1<<20+1+nb, flagACK, "")
			w.send(clientEnd, serverEnd, 1<<32-1<<20+1+nb, isn, flagACK, c)
		}, []summary{{"c", 8, 8, 2, AfterGap}}, 1, []ConnKind{ConnGap}},
		{"refused", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 0, isn+1, flagRST|flagACK, "")
		}, nil, 0, []ConnKind{ConnRefused}},
		{"not answered", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.now += int64(time.Second)
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.now += int64(2 * time.Second)
			w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 7000, isn+1, flagSYN|flagACK, "")
			w.send(clientEnd, serverEnd, isn+1, 7001, flagACK, c)
		}, []summary{{"c", 9, 9, 2, 0}}, 0, []ConnKind{ConnSilent, ConnSilent, ConnOpened}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, r := newSegmentSender(Limits{})
			both(w)
			test.run(w)
			w.Flush()
			if diff := cmp.Diff(append(begun[:2:2], test.more...), summaries(r.messages)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := w.Stats().TCPGaps; got != test.gaps {
				t.Errorf("%d holes, want %d", got, test.gaps)
			}
			var kinds []ConnKind
			for _, e := range r.events {
				kinds = append(kinds, e.Kind)
			}
			if diff := cmp.Diff(test.events, kinds); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// Where one side alone is captured, the next connection begins with the byte behind its SYN.
func TestSYNOnLivePortsOfOneSide(t *testing.T) {
	a, b := wire.StreamMessage("a", "Hello world."), wire.StreamMessage("b", "")
	w, r := newSegmentSender(Limits{})
	w.client(100, a)
	w.send(clientEnd, serverEnd, 1<<31, 0, flagSYN, "")
	w.client(1<<31+1, b)
	w.Flush()
	want := []summary{{"a", 1, 1, 1, MidStream}, {"b", 3, 3, 2, 0}}
	if diff := cmp.Diff(want, summaries(r.messages)); diff != "" || w.Stats().TCPGaps != 0 {
		t.Errorf("%d holes (-want +got):\n%s", w.Stats().TCPGaps, diff)
	}
}
