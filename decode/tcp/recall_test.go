package tcp

import (
	"strings"
	"testing"
	"time"

	"simplecap/decode/packet"
	"simplecap/internal/wire"
)

// TestRecallBounds: what is kept to be compared stays within its limits, and the latest
// bytes are kept.
func TestRecallBounds(t *testing.T) {
	const total = 40 << 10
	s := newSender(Limits{
		Flows: 100, FlowBytes: 1 << 20, StreamBytes: 64 << 20, RecallBytes: 2000, RecallTotal: total,
		GapTime: time.Second, StallTime: time.Second, FlowTime: time.Hour,
	})
	doubts := 0
	s.Event = func(e *Event) {
		if e.Kind == Contradicted {
			doubts++
		}
	}
	text := wire.StreamMessage("a", strings.Repeat("y", 500))
	size := uint32(len(text))
	for i := range 50 {
		src := packet.Endpoint{IP: serverEnd.IP, Port: 40000 + uint16(i)}
		for n := range uint32(40) {
			s.send(src, 100+n*size, text)
			if q := &s.recalls; q.held > total || len(q.list.Newest().data) > 2000 {
				t.Fatalf("%d bytes held, %d of them for one direction", q.held, len(q.list.Newest().data))
			}
		}
		s.send(src, 100+39*size, strings.ToUpper(text))
		if doubts != i+1 {
			t.Fatalf("%d contradictions on %d connections", doubts, i+1)
		}
	}
	s.Forget()
	if q := &s.recalls; q.held != 0 || q.list.Oldest() != nil {
		t.Errorf("%d bytes held of no connection", q.held)
	}
}
