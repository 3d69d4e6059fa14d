package decode

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
	"simplecap/decode/sip"
	"simplecap/internal/wire"
)

// summary is what these tests compare of a message: Call-ID, frame, first frame, connection.
type summary struct {
	CallID       string
	Frame, First uint64
	Conn         uint64
	Carriage     Carriage
}

func summaries(messages []Message) (out []summary) {
	for i := range messages {
		m := &messages[i]
		out = append(out, summary{m.Text(m.CallID), m.Frame.Number(), m.First.Number(), m.Conn, m.Carriage})
	}
	return out
}

// TestConnections sends segments of one four-tuple and looks at the messages and events.
func TestConnections(t *testing.T) {
	a, b, c := wire.StreamMessage("a", "Hello world."), wire.StreamMessage("b", ""), wire.StreamMessage("c", "x")
	n := uint32(len(a))
	gone := Endpoint{IP: serverEnd.IP, Port: 5070}
	for _, test := range []struct {
		name string
		run  func(w *segmentSender)
		want []summary
	}{
		{"handshake", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
			w.send(serverEnd, clientEnd, 499, 100, flagSYN|flagACK, "")
			w.client(100, a)
			w.send(serverEnd, clientEnd, 500, 100+n, flagACK, b)
		}, []summary{{"a", 3, 3, 1, 0}, {"b", 4, 4, 1, 0}}},
		{"no SYN", func(w *segmentSender) { w.client(100, a) }, []summary{{"a", 1, 1, 1, MidStream}}},
		{"SYN with data", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, a)
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, a)
			w.client(100+n, b)
		}, []summary{{"a", 1, 1, 1, 0}, {"b", 3, 3, 1, 0}}},
		{"SYN after the data", func(w *segmentSender) {
			w.client(100, a)
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
			w.client(100+n, b)
		}, []summary{{"a", 1, 1, 1, MidStream}, {"b", 3, 3, 1, MidStream}}},
		{"sequence wrap", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 1<<32-41, 0, flagSYN, "")
			w.client(1<<32-40, a[:60])
			w.client(20, a[60:])
		}, []summary{{"a", 3, 2, 1, 0}}},
		{"retransmission", func(w *segmentSender) {
			w.client(100, a)
			w.client(100, a)
			w.client(110, a[10:]+b)
			w.client(100+n-1, a[n-1:])
		}, []summary{{"a", 1, 1, 1, MidStream}, {"b", 3, 3, 1, MidStream}}},
		{"keep-alive probe", func(w *segmentSender) {
			w.client(100, a[:40])
			w.client(139, "\x00")
			w.client(140, a[40:])
		}, []summary{{"a", 3, 1, 1, MidStream}}},
		{"first copy stays", func(w *segmentSender) {
			w.client(100, a[:n-6])
			w.client(100+n-4, a[n-4:])
			w.client(100+n-6, a[n-6:n-4]+"XXXX"+b)
		}, []summary{{"a", 2, 1, 1, MidStream | Contradicted}, {"b", 3, 3, 1, MidStream}}},
		{"late segment", func(w *segmentSender) {
			w.client(100, a[:40])
			w.client(100+n, b)
			w.client(150, a[50:])
			w.client(140, a[40:50])
		}, []summary{{"a", 3, 1, 1, MidStream}, {"b", 2, 2, 1, MidStream}}},
		{"port reused after RST", func(w *segmentSender) {
			w.client(100, a)
			w.send(clientEnd, serverEnd, 100+n, 0, flagRST, "")
			w.client(100, a) // sent again, late
			w.send(clientEnd, serverEnd, 4999, 0, flagSYN, "")
			w.client(5000, b)
		}, []summary{{"a", 1, 1, 1, MidStream}, {"b", 5, 5, 2, 0}}},
		{"port reused, RST and SYN not captured", func(w *segmentSender) {
			w.client(100, a)
			w.client(1<<31, b[:30])
			w.client(1<<31+30, b[30:]+c)
		}, []summary{{"a", 1, 1, 1, MidStream}, {"b", 3, 2, 1, MidStream | AfterGap}, {"c", 3, 3, 1, MidStream}}},
		{"port reused, FIN", func(w *segmentSender) {
			w.client(100, a)
			w.send(clientEnd, serverEnd, 100+n, 0, flagFIN|flagACK, "")
			w.client(1<<30, b)
		}, []summary{{"a", 1, 1, 1, MidStream}, {"b", 3, 3, 2, MidStream}}},
		{"port reused, RST before the first byte of a side", func(w *segmentSender) {
			w.send(serverEnd, clientEnd, 500, 0, flagACK, a)
			w.send(serverEnd, clientEnd, 500+n, 0, flagRST, "")
			w.client(1<<32-1000, b)
		}, []summary{{"a", 1, 1, 1, MidStream}, {"b", 3, 3, 2, MidStream}}},
		{"a side that has been silent goes on after hours", func(w *segmentSender) {
			w.send(serverEnd, clientEnd, 500, 0, flagACK, a)
			w.now += int64(2 * time.Hour)
			w.client(1<<32-1000, b)
		}, []summary{{"a", 1, 1, 1, MidStream}, {"b", 2, 2, 2, MidStream}}},
		{"what was left alone goes on as SIP after hours", func(w *segmentSender) {
			for i := range uint32(100) {
				w.send(clientEnd, gone, 100+1000*i, 0, flagACK, strings.Repeat("x", 1000))
				w.send(gone, clientEnd, 100+1000*i, 0, flagACK, strings.Repeat("x", 1000))
			}
			w.now += int64(2 * time.Hour)
			w.send(clientEnd, gone, 1<<31, 0, flagACK, a)
		}, []summary{{"a", 201, 201, 2, MidStream}}},
		{"new SYN, same ports", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
			w.client(100, a+b[:40])
			w.send(clientEnd, serverEnd, 7999, 0, flagSYN, "")
			w.client(8000, c)
		}, []summary{{"a", 2, 2, 1, 0}, {"c", 4, 4, 2, 0}}},
		{"stray RST", func(w *segmentSender) {
			w.client(100, a[:40])
			w.send(clientEnd, serverEnd, 50, 0, flagRST, "")
			w.send(clientEnd, serverEnd, 1<<31, 0, flagRST, "")
			w.client(140, a[40:])
		}, []summary{{"a", 4, 1, 1, MidStream}}},
		{"stray segment", func(w *segmentSender) {
			w.client(100, a[:40])
			w.client(1<<31, "garbage")
			w.client(140, a[40:])
		}, []summary{{"a", 3, 1, 1, MidStream}}},
		{"FIN in a body", func(w *segmentSender) {
			w.client(100, a[:n-3])
			w.send(clientEnd, serverEnd, 100+n-3, 0, flagFIN|flagACK, "")
		}, []summary{{"a", 1, 1, 1, MidStream}}},
		{"in the middle of a message", func(w *segmentSender) {
			w.client(100, a[40:])
			w.client(100+n-40, b)
		}, []summary{{"b", 2, 2, 1, MidStream}}},
		{"unknown port, not SIP from the start", func(w *segmentSender) {
			w.send(clientEnd, gone, 99, 0, flagSYN, "")
			w.send(clientEnd, gone, 100, 0, flagACK, "quoting:\n"+a)
		}, nil},
		{"hint: searched", func(w *segmentSender) {
			w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
			w.client(100, "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n"+a)
		}, []summary{{"a", 2, 2, 1, 0}}},
		{"HTTP is never searched", func(w *segmentSender) {
			w.client(100, "GET / HTTP/1.1\r\n\r\n"+a)
			w.send(serverEnd, clientEnd, 100, 0, flagACK, b)
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, r := newSegmentSender(Limits{})
			test.run(w)
			w.Flush()
			if diff := cmp.Diff(test.want, summaries(r.messages)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for i := range r.messages {
				if strings.Contains(body(&r.messages[i]), "XXXX") {
					t.Error("a later copy of bytes replaced the first one")
				}
			}
		})
	}
}

// TestHole checks what waits for a missing segment, and what comes of it.
func TestHole(t *testing.T) {
	a, b, c := wire.StreamMessage("a", "Hello world."), wire.StreamMessage("b", "text"), wire.StreamMessage("c", "x")
	start := func() (*segmentSender, *recorder) {
		w, r := newSegmentSender(Limits{GapTime: time.Second})
		w.client(100, a)
		w.client(100+uint32(len(a))+50, b[50:]) // b[:50] is missing
		w.client(100+uint32(len(a)+len(b)), c)
		return w, r
	}
	lost := []summary{{"a", 1, 1, 1, MidStream}, {"c", 3, 3, 1, MidStream | AfterGap}}
	t.Run("filled in time", func(t *testing.T) {
		w, r := start()
		w.now += 9e8
		w.client(100+uint32(len(a)), b[:50])
		want := []summary{{"a", 1, 1, 1, MidStream}, {"b", 2, 4, 1, MidStream}, {"c", 3, 3, 1, MidStream}}
		if diff := cmp.Diff(want, summaries(r.messages)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if w.Stats().TCPGaps != 0 {
			t.Errorf("%d gaps", w.Stats().TCPGaps)
		}
	})
	t.Run("given up after GapTime", func(t *testing.T) {
		w, r := start()
		w.now += 2e9
		w.send(serverEnd, clientEnd, 1, 0, flagACK, "\r\n")
		if diff := cmp.Diff(lost, summaries(r.messages)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if r.messages[1].Time != 3e6 {
			t.Errorf("time %d, want that of its own frame", r.messages[1].Time)
		}
		want := ConnEvent{Kind: ConnGap, Conn: 1, Src: clientEnd, Dst: serverEnd, Bytes: 50, Time: 2e6, HasTime: true, Frame: capture.MakeRef(1, 2)}
		if len(r.events) != 1 || r.events[0] != want {
			t.Errorf("events %+v", r.events)
		}
	})
	t.Run("given up at the end", func(t *testing.T) {
		w, r := start()
		w.Flush()
		if diff := cmp.Diff(lost, summaries(r.messages)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if w.Stats().TCPGaps != 1 || w.Stats().TCPGapBytes != 50 {
			t.Errorf("%d gaps, %d bytes", w.Stats().TCPGaps, w.Stats().TCPGapBytes)
		}
	})
	t.Run("in a body", func(t *testing.T) {
		w, r := newSegmentSender(Limits{})
		w.client(100, a[:len(a)-5])
		w.client(100+uint32(len(a)), b)
		w.Flush()
		want := []summary{{"a", 1, 1, 1, MidStream | Cut}, {"b", 2, 2, 1, MidStream | AfterGap}}
		if diff := cmp.Diff(want, summaries(r.messages)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("snapshot length", func(t *testing.T) {
		w, r := newSegmentSender(Limits{})
		w.sendCut(clientEnd, serverEnd, 100, 0, flagACK, a[:92], len(a)-92) // behind its Call-ID
		w.client(100+uint32(len(a)), b)
		want := []summary{{"a", 1, 1, 1, MidStream | Cut}, {"b", 2, 2, 1, MidStream | AfterGap}}
		if diff := cmp.Diff(want, summaries(r.messages)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if s := w.Stats(); s.SnaplenCut != 1 || s.TCPGaps != 0 {
			t.Errorf("%d cut, %d gaps", s.SnaplenCut, s.TCPGaps)
		}
	})
}

// TestSilence checks what the capture's clock ends.
func TestSilence(t *testing.T) {
	for _, test := range []struct {
		name, stream string
		wait         time.Duration
		callID       string
		defects      sip.Defects
	}{
		{"no Content-Length", wire.StreamMessageOf("a", "", "Hello"), time.Second, "a", sip.DefectContentLengthMissing},
		{"body that may go on as a start line", wire.StreamMessage("a", "Hello MESSAGE"), time.Second, "a", 0},
		{"body that does not come", wire.StreamMessageOf("a", "18", "Hello world."), 10 * time.Second, "a", sip.DefectContentLengthTooLong},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, r := newSegmentSender(Limits{GapTime: time.Second, StallTime: 10 * time.Second})
			w.client(100, test.stream)
			w.now += int64(test.wait) - 2e6
			w.send(serverEnd, clientEnd, 1, 0, flagACK, "\r\n")
			if len(r.messages) != 0 {
				t.Fatalf("handed on too early: %+v", summaries(r.messages))
			}
			w.now += 3e6
			w.send(serverEnd, clientEnd, 3, 0, flagACK, "\r\n")
			if len(r.messages) != 1 {
				t.Fatalf("%d messages", len(r.messages))
			}
			m := &r.messages[0]
			if m.Defects&lengthLies != test.defects || m.Frame.Number() != 1 || m.Time != 1e6 || m.Carriage&Cut != 0 {
				t.Errorf("defects %b, frame %d, time %d", m.Defects, m.Frame.Number(), m.Time)
			}
		})
	}
}

// TestConnectionEvents checks RST and FIN of connections with and without SIP.
func TestConnectionEvents(t *testing.T) {
	w, r := newSegmentSender(Limits{})
	a := wire.StreamMessage("a", "")
	w.client(100, a)
	w.send(serverEnd, clientEnd, 500, 100+uint32(len(a)), flagFIN|flagACK, "")
	w.send(serverEnd, clientEnd, 500, 100+uint32(len(a)), flagFIN|flagACK, "")
	w.send(clientEnd, serverEnd, 100+uint32(len(a)), 501, flagRST, "")
	other := Endpoint{IP: clientEnd.IP, Port: 99}
	w.send(other, serverEnd, 1, 1, flagACK, "GET / HTTP/1.1\r\n\r\n")
	w.send(other, serverEnd, 19, 1, flagRST, "")
	want := []ConnEvent{
		{Kind: ConnClose, Conn: 1, Src: serverEnd, Dst: clientEnd, Time: 2e6, HasTime: true, Frame: capture.MakeRef(1, 2)},
		{Kind: ConnReset, Conn: 1, Src: clientEnd, Dst: serverEnd, Acked: true, Time: 4e6, HasTime: true, Frame: capture.MakeRef(1, 4)},
	}
	if diff := cmp.Diff(want, r.events); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFlowLimits checks that flows are given up oldest first, those with SIP last.
func TestFlowLimits(t *testing.T) {
	w, r := newSegmentSender(Limits{Flows: 3, FlowTime: time.Hour})
	a := wire.StreamMessage("a", "x")
	w.client(100, a[:60])
	w.client(160, a[60:]+a[:60])
	for port := uint16(1); port <= 10; port++ {
		w.send(Endpoint{IP: clientEnd.IP, Port: port}, serverEnd, 1, 0, flagSYN, "")
	}
	w.client(160+uint32(len(a)), a[60:])
	if len(r.messages) != 2 || w.Stats().Evicted != 8 || w.flows.Len() != 3 {
		t.Errorf("%d messages, %d evicted, %d flows", len(r.messages), w.Stats().Evicted, w.flows.Len())
	}
	w.now += int64(2 * time.Hour)
	w.client(100+uint32(2*len(a)), a)
	if len(r.messages) != 3 || r.messages[2].Conn == r.messages[1].Conn {
		t.Errorf("an idle connection was not forgotten: %+v", summaries(r.messages))
	}
}

// TestHeldLimits checks that what is held stays bounded, whatever the sizes of segments.
func TestHeldLimits(t *testing.T) {
	limits := Limits{FlowBytes: 64 << 10, StreamBytes: 256 << 10, GapTime: time.Hour}
	w, _ := newSegmentSender(limits)
	most := 0
	for i := range uint32(20000) {
		src := Endpoint{IP: clientEnd.IP, Port: uint16(1000 + i%7)}
		w.send(src, serverEnd, 100, 0, flagACK, "")
		if i < 7 {
			w.send(src, serverEnd, 100, 0, flagACK, wire.StreamMessage("a", ""))
		}
		w.send(src, serverEnd, 1000+2*i, 0, flagACK, strings.Repeat("x", int(1+i%3*700)))
		most = max(most, w.flows.Held())
	}
	if most > limits.StreamBytes+limits.FlowBytes || most < limits.FlowBytes || w.Stats().Evicted == 0 {
		t.Errorf("at most %d bytes held, %d evicted", most, w.Stats().Evicted)
	}
	w.Flush()
	if w.flows.Held() != 0 {
		t.Errorf("%d bytes held after the end", w.flows.Held())
	}
}

// TestForeignSegmentAllocates checks that a flow that is not SIP costs nothing.
func TestForeignSegmentAllocates(t *testing.T) {
	d, _ := newRecorder(Limits{})
	segment := tcpSegment(50000, 443, 1, 1, flagACK, "\x17\x03\x03\x04\x00"+strings.Repeat("x", 1024))
	frame := frameOf(capture.LinkRaw, 1, 1, packetBetween(clientEnd, serverEnd, protoTCP, segment))
	d.Frame(frame)
	if n := testing.AllocsPerRun(100, func() { frame.Time++; d.Frame(frame) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if d.stats.Census.Packets[ClassTLS] != 102 {
		t.Errorf("census: %d packets of TLS", d.stats.Census.Packets[ClassTLS])
	}
}

// TestMessageAllocates checks that whole messages are framed without allocation.
func TestMessageAllocates(t *testing.T) {
	d := NewDecoder(discard{}, Options{})
	text := wire.StreamMessage("a", "Hello world.")
	frame := frameOf(capture.LinkRaw, 1, 1, packetBetween(clientEnd, serverEnd, protoTCP, tcpSegment(50000, 5060, 0, 1, flagACK, text)))
	segment := frame.Data[20:]
	seq := uint32(1)
	send := func() {
		segment[4], segment[5], segment[6], segment[7] = byte(seq>>24), byte(seq>>16), byte(seq>>8), byte(seq)
		d.Frame(frame)
		seq += uint32(len(text))
	}
	send()
	if n := testing.AllocsPerRun(100, send); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if d.stats.Messages != 102 {
		t.Errorf("%d messages", d.stats.Messages)
	}
}
