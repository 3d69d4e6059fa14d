package analyze

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"simplecap/capture"
	"simplecap/internal/wire"
)

// TestAnswerUnseen sends a MESSAGE over TCP whose answer the capture does not have: what
// became of it is unknown, although the connection ends then.
func TestAnswerUnseen(t *testing.T) {
	alice, bob := netip.MustParseAddrPort("10.0.0.1:40000"), netip.MustParseAddrPort("10.0.0.2:5060")
	request := wire.StreamMessage("a", "text")
	end := 100 + uint32(len(request))
	for name, test := range map[string]struct {
		behind []wire.Packet
		want   string
	}{
		"acknowledged and closed": {[]wire.Packet{{Src: alice, Dst: bob, Seq: end, Ack: 800, Flags: wire.ACK}, {Src: alice, Dst: bob, Seq: end, Ack: 800, Flags: wire.FIN | wire.ACK},
			{Src: bob, Dst: alice, Seq: 800, Ack: end + 1, Flags: wire.FIN | wire.ACK}}, "1 unknown: #1<0"},
		"not acknowledged": {[]wire.Packet{{Src: bob, Dst: alice, Seq: 500, Ack: end, Flags: wire.ACK}}, "1 no-answer by #1: #1<0"},
		"closed":           {[]wire.Packet{{Src: bob, Dst: alice, Seq: 500, Ack: end, Flags: wire.FIN | wire.ACK}, {Src: alice, Dst: bob, Seq: end, Ack: 501, Flags: wire.ACK}}, "1 unreachable by #1: #1<0"},
	} {
		t.Run(name, func(t *testing.T) {
			packets := append([]wire.Packet{{Src: alice, Dst: bob, Seq: 99, Flags: wire.SYN}, {Src: bob, Dst: alice, Seq: 499, Ack: 100, Flags: wire.SYN | wire.ACK},
				{Src: alice, Dst: bob, Seq: 100, Ack: 500, Flags: wire.ACK, Payload: []byte(request)}}, test.behind...)
			packets = append(packets, wire.Packet{Src: bob, Dst: bob, Seq: 1, Flags: wire.ACK}) // after Timer F
			var frames []capture.Frame
			for i := range packets {
				packets[i].Protocol = wire.TCP
				at := wire.Epoch.UnixNano() + int64(i)*1e7
				if i == len(packets)-1 {
					at += 40e9
				}
				data := packets[i].AppendFrame(nil)
				frames = append(frames, capture.Frame{Data: data, Length: len(data), Time: at, HasTime: true, Link: capture.LinkEthernet, File: 1, Number: uint64(i + 1)})
			}
			var c deliveryCollector
			if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, &c); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(c.lines, "\n"); got != test.want {
				t.Errorf("got %s, want %s\n%s", got, test.want, brief(c.all))
			}
		})
	}
}
