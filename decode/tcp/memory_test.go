package tcp

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"simplecap/decode/packet"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
	"simplecap/internal/order"
	"simplecap/internal/wire"
)

// sparePieces is how many marks a trail may keep that holds none.
const sparePieces = 64

// reader reads SIP and nothing else.
type reader struct {
	sip.Stream
	shared *sip.Framing
	owner  *sender
	flow   *Flow
}

func (r *reader) Begin(side stream.Side, unsure bool) {
	r.Stream.Begin(r.shared, r, side, unsure)
	r.Search(side)
}
func (r *reader) Early(stream.Side, []byte, *stream.Mark, uint32) bool { return false }
func (r *reader) Patience() int                                        { return 1 << 20 }
func (r *reader) Framed(side stream.Side, m *sip.Framed)               { r.owner.Found(r.flow, side) }
func (r *reader) Unreadable(stream.Side, *stream.Mark)                 {}
func (r *reader) Left(stream.Side, uint32, sip.Liar, *stream.Mark)     {}

// sender gives Flows the segments of connections, one millisecond after the other.
type sender struct {
	Flows
	now int64
}

func newSender(limits Limits) *sender {
	s := new(sender)
	s.Limits = limits
	framing := &sip.Framing{Limits: sip.Limits{MessageBytes: 256 << 10, Headers: 256}, Message: new(sip.Message)}
	s.Open = func(f *Flow) Reader { return &reader{shared: framing, owner: s, flow: f} }
	s.Init()
	return s
}

func (s *sender) send(src packet.Endpoint, seq uint32, payload string) {
	s.now += 1e6
	s.Advance(s.now)
	w := &packet.Walk{Src: src, Dst: serverEnd, Payload: []byte(payload), At: stream.Mark{Frame: 1, Time: s.now, HasTime: true}}
	w.Segment.Seq, w.Segment.Flags = seq, packet.FlagACK
	f, side := s.Find(w)
	s.Follow(w, f, side)
}

var serverEnd = packet.Endpoint{IP: packet.AddrFrom16([16]byte{10: 0xff, 0xff, 10, 0, 0, 2}), Port: 5060}

// memory is what all streams really take, in bytes of capacity.
func (s *sender) memory() (total int) {
	for _, l := range []*order.List[Flow]{&s.table.sip, &s.table.other} {
		for f := l.Oldest(); f != nil; f = f.use.Newer() {
			for i := range f.dirs {
				if st := f.dirs[i].stream; st != nil {
					held, _ := f.reader.Waiting(stream.Side(i))
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
	limits := Limits{Flows: 65536, FlowBytes: 64 << 10, StreamBytes: 512 << 10, GapTime: time.Hour, StallTime: time.Hour, FlowTime: time.Hour}
	complete := wire.StreamMessage("a", "")
	for name, segment := range map[string]func(w *sender, src packet.Endpoint, i uint32){
		"short beginnings": func(w *sender, src packet.Endpoint, i uint32) {
			w.send(src, 100, "MESSAGE sip:b SIP/2.0\r\n")
		},
		"a long message that ended, then a short beginning": func(w *sender, src packet.Endpoint, i uint32) {
			long := wire.StreamMessage("long", strings.Repeat("x", 50000))
			w.send(src, 100, long[:40000])
			w.send(src, 40100, long[40000:]+"MESSAGE sip")
		},
		"single bytes behind holes": func(w *sender, src packet.Endpoint, i uint32) {
			w.send(src, 100, complete)
			for j := range uint32(500) {
				w.send(src, 100000-2*j, "x")
			}
		},
		"a hole that was filled": func(w *sender, src packet.Endpoint, i uint32) {
			begin := 100 + uint32(len(complete))
			w.send(src, 100, complete)
			w.send(src, begin+20000, strings.Repeat("\r\n", 10000))
			w.send(src, begin, strings.Repeat("\r\n", 10000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSender(limits)
			most := 0
			for i := range uint32(3000) {
				ip := [16]byte{10: 0xff, 0xff}
				binary.BigEndian.PutUint32(ip[12:], 10<<24|i)
				segment(w, packet.Endpoint{IP: packet.AddrFrom16(ip), Port: 5060}, i)
				if i%200 == 0 {
					most = max(most, w.memory())
				}
			}
			idle := 3000 * (sparePieces*32 + spareSegments*88)
			if bound := limits.StreamBytes + limits.FlowBytes + idle; max(most, w.memory()) > bound {
				t.Errorf("%d bytes held at most, %d bound them", most, bound)
			}
		})
	}
}
