package tcp_test

import (
	"fmt"
	"net/netip"
	"time"

	"simplecap/capture"
	"simplecap/capture/made"
	"simplecap/decode/packet"
	"simplecap/decode/stream"
	"simplecap/decode/tcp"
)

// printer is a Reader that prints what it is given.
type printer struct{}

func (printer) Begin(side stream.Side, unsure bool)                  {}
func (printer) Early(stream.Side, []byte, *stream.Mark, uint32) bool { return false }
func (printer) Patience() int                                        { return 1 << 20 }
func (printer) Feed(side stream.Side, b []byte, at *stream.Mark) {
	fmt.Printf("side %d, frame %s: %s\n", side, at.Frame, b)
}
func (printer) Gap(side stream.Side, n uint64, why stream.End)        { fmt.Println(n, "bytes are missing") }
func (printer) End(side stream.Side, why stream.End)                  {}
func (printer) Waiting(side stream.Side) (held int, wait stream.Wait) { return 0, stream.Nothing }
func (printer) Close()                                                {}

// Segments that come in the wrong order.
func Example() {
	flows := tcp.Flows{
		Limits: tcp.Limits{Flows: 100, FlowBytes: 1 << 16, StreamBytes: 1 << 20, GapTime: time.Second, StallTime: time.Minute, FlowTime: time.Hour},
		Open:   func(f *tcp.Flow) tcp.Reader { return printer{} },
	}
	flows.Init()
	a, b := netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.2:5060")
	for i, segment := range [][]byte{
		made.AppendTCP(nil, a, b, 100, 0, made.SYN, nil),
		made.AppendTCP(nil, b, a, 500, 101, made.SYN|made.ACK, nil),
		made.AppendTCP(nil, a, b, 105, 501, made.ACK, []byte("world")),
		made.AppendTCP(nil, a, b, 101, 501, made.ACK, []byte("hell")),
	} {
		w := packet.Walk{Limits: packet.Limits{TunnelDepth: 8, ExtHeaders: 16}}
		w.Frame(capture.LinkRaw, segment, &stream.Mark{Frame: capture.MakeRef(1, uint64(i+1))}, false)
		if f, side := flows.Find(&w); f != nil {
			flows.Follow(&w, f, side)
		}
	}
	flows.Flush()
	// Output:
	// side 0, frame 1#4: hell
	// side 0, frame 1#3: world
}
