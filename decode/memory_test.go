package decode

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"simplecap/decode/stream"
	"simplecap/internal/order"
	"simplecap/internal/wire"
)

// sparePieces is how many marks a trail may keep that holds none.
const sparePieces = 64

// streamMemory is what the streams of a decoder really take, in bytes of capacity.
func streamMemory(d *Decoder) (total int) {
	for _, l := range []*order.List[flow]{&d.streams.table.sip, &d.streams.table.other} {
		for f := l.Oldest(); f != nil; f = f.use.Newer() {
			for i := range f.dirs {
				if st := f.dirs[i].stream; st != nil {
					held, _ := f.session.Waiting(stream.Side(i))
					total += held + 88*cap(st.held.segs)
					for j := range st.held.segs {
						total += cap(st.held.segs[j].data)
					}
				}
			}
		}
	}
	return total
}

// TestStreamMemory makes streams hold little of much, and much of little, and
// looks at what that takes.
func TestStreamMemory(t *testing.T) {
	limits := Limits{FlowBytes: 64 << 10, StreamBytes: 512 << 10, GapTime: time.Hour}
	complete := wire.StreamMessage("a", "")
	for name, segment := range map[string]func(w *segmentSender, src Endpoint, i uint32){
		"short beginnings": func(w *segmentSender, src Endpoint, i uint32) {
			w.send(src, serverEnd, 100, 0, flagACK, "MESSAGE sip:b SIP/2.0\r\n")
		},
		"a long message that ended, then a short beginning": func(w *segmentSender, src Endpoint, i uint32) {
			long := wire.StreamMessage("long", strings.Repeat("x", 50000))
			w.send(src, serverEnd, 100, 0, flagACK, long[:40000])
			w.send(src, serverEnd, 40100, 0, flagACK, long[40000:]+"MESSAGE sip")
		},
		"single bytes behind holes": func(w *segmentSender, src Endpoint, i uint32) {
			w.send(src, serverEnd, 100, 0, flagACK, complete)
			for j := range uint32(500) {
				w.send(src, serverEnd, 100000-2*j, 0, flagACK, "x")
			}
		},
		"a hole that was filled": func(w *segmentSender, src Endpoint, i uint32) {
			begin := 100 + uint32(len(complete))
			w.send(src, serverEnd, 100, 0, flagACK, complete)
			w.send(src, serverEnd, begin+20000, 0, flagACK, strings.Repeat("\r\n", 10000))
			w.send(src, serverEnd, begin, 0, flagACK, strings.Repeat("\r\n", 10000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := newSegmentSender(limits)
			most := 0
			for i := range uint32(3000) {
				src := Endpoint{IP: clientEnd.IP, Port: 5060}
				binary.BigEndian.PutUint32(src.IP[12:], 10<<24|i)
				segment(w, src, i)
				if i%200 == 0 {
					most = max(most, streamMemory(w.Decoder))
				}
			}
			idle := 3000 * (sparePieces*32 + spareSegments*88)
			if bound := limits.StreamBytes + limits.FlowBytes + idle; max(most, streamMemory(w.Decoder)) > bound {
				t.Errorf("%d bytes held at most, %d bound them", most, bound)
			}
		})
	}
}
