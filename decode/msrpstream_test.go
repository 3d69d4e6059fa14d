package decode

import (
	"fmt"
	"strings"
	"testing"

	"simplecap/internal/wire"

	"github.com/google/go-cmp/cmp"
)

// msrpKeeper is a handler that keeps MSRP.
type msrpKeeper struct {
	recorder
	lines []string
}

// MSRP implements MSRPHandler.
func (k *msrpKeeper) MSRP(m *MSRP) {
	k.lines = append(k.lines, fmt.Sprintf("%d %s %s%d %q", m.Frame.Number(), m.Transaction, m.Method, m.Status, m.Body))
}

// send1 and answer1 are a text and its response, as on the wire.
var (
	send1   = "MSRP t1 SEND\r\nTo-Path: msrp://b:1/x;tcp\r\nFrom-Path: msrp://a:2/y;tcp\r\nMessage-ID: 1\r\nByte-Range: 1-2/2\r\nContent-Type: text/plain\r\n\r\nhi\r\n-------t1$\r\n"
	send2   = strings.ReplaceAll(strings.ReplaceAll(send1, "t1", "t2"), "hi", "ho")
	answer1 = "MSRP t1 200 OK\r\nTo-Path: msrp://a:2/y;tcp\r\nFrom-Path: msrp://b:1/x;tcp\r\n-------t1$\r\n"
)

func TestMSRPOverTCP(t *testing.T) {
	syn := func(w *segmentSender) {
		w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
		w.send(serverEnd, clientEnd, 499, 100, flagSYN|flagACK, "")
	}
	n := uint32(len(send1))
	for _, test := range []struct {
		name string
		run  func(w *segmentSender)
		want []string
	}{
		{"a text and its response", func(w *segmentSender) {
			syn(w)
			w.client(100, send1)
			w.send(serverEnd, clientEnd, 500, 100+n, flagACK, answer1)
		}, []string{`3 t1 SEND0 "hi"`, `4 t1 200 ""`}},
		{"two in one segment", func(w *segmentSender) { syn(w); w.client(100, send1+send2) }, []string{`3 t1 SEND0 "hi"`, `3 t2 SEND0 "ho"`}},
		{"out of order", func(w *segmentSender) {
			syn(w)
			w.client(140, send1[40:])
			w.client(100, send1[:40])
			w.client(100, send1[:40])
		}, []string{`3 t1 SEND0 "hi"`}},
		{"byte by byte", func(w *segmentSender) {
			syn(w)
			for i := range send1 {
				w.client(100+uint32(i), send1[i:i+1])
			}
		}, []string{fmt.Sprintf(`%d t1 SEND0 "hi"`, 2+n)}},
		{"from the middle", func(w *segmentSender) {
			w.client(100, send1[100:])
			w.client(100+n-100, send2)
			w.send(serverEnd, clientEnd, 500, 0, flagACK, answer1)
		}, []string{`2 t2 SEND0 "ho"`, `3 t1 200 ""`}},
		{"from the middle of a text about it", func(w *segmentSender) {
			w.client(100, "MSRP abcd SEND\r\n\r\nis how it begins\r\n-------t0$\r\n"+send1)
		}, []string{`1 t1 SEND0 "hi"`}},
		{"end missing", func(w *segmentSender) {
			syn(w)
			w.client(100, send1[:len(send1)-8])
			w.send(clientEnd, serverEnd, 100+n-8, 0, flagACK|flagFIN, "")
			w.Flush()
		}, []string{`0 t1 SEND0 "hi\r\n----"`}},
		{"SIP that speaks of it", func(w *segmentSender) {
			syn(w)
			w.client(100, wire.StreamMessage("a", send1))
		}, nil},
		{"a word and no session", func(w *segmentSender) { syn(w); w.client(100, "MSRP is fun, she said\r\n"+send1) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			keeper := new(msrpKeeper)
			w := &segmentSender{Decoder: NewDecoder(keeper, Options{})}
			test.run(w)
			if diff := cmp.Diff(test.want, keeper.lines); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A session carries no SIP, and is read to its end all the same.
func TestLongMSRP(t *testing.T) {
	const texts = 1000 // more than ProbeBytes
	msrpEnd := Endpoint{IP: serverEnd.IP, Port: 2855}
	keeper := new(msrpKeeper)
	w := &segmentSender{Decoder: NewDecoder(keeper, Options{})}
	w.send(clientEnd, msrpEnd, 99, 0, flagSYN, "")
	w.send(msrpEnd, clientEnd, 499, 100, flagSYN|flagACK, "")
	sent, answered := uint32(100), uint32(500)
	for range texts {
		w.send(clientEnd, msrpEnd, sent, answered, flagACK, send1)
		sent += uint32(len(send1))
		w.send(msrpEnd, clientEnd, answered, sent, flagACK, answer1)
		answered += uint32(len(answer1))
	}
	if want := 2 * texts; len(keeper.lines) != want {
		t.Errorf("%d messages, want %d", len(keeper.lines), want)
	}
}
