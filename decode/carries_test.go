package decode

import (
	"slices"
	"testing"

	"simplecap/capture"
	"simplecap/internal/wire"
)

// framesOf remembers the frames of each message.
type framesOf struct{ parts [][]uint64 }

func (p *framesOf) Message(m *Message) {
	var numbers []uint64
	for _, ref := range m.Parts {
		numbers = append(numbers, ref.Number())
	}
	p.parts = append(p.parts, numbers)
}

// What writes evidence relies on: which frames carry SIP or may, and which ones
// hold a message together.
func TestFramesThatCarrySIP(t *testing.T) {
	datagram := sipOfSize(2000)
	message := wire.StreamMessage("a", "hello")
	segment := func(seq uint32, flags uint8, payload string) []byte {
		return ipv4Packet(protoTCP, tcpSegment(5060, 5062, seq, 1, flags, payload))
	}
	const page = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	for _, test := range []struct {
		name    string
		frames  [][]byte
		carries []bool
		parts   [][]uint64
	}{
		{"a datagram", [][]byte{sipIPv4()}, []bool{true}, [][]uint64{nil}},
		{"media", [][]byte{ipv4Packet(protoUDP, rtpDatagram())}, []bool{false}, nil},
		{"fragments, the last one first", [][]byte{
			ipv4Fragment(protoUDP, 7, 1480/8, datagram[1480:]), sipIPv4(), ipv4Fragment(protoUDP, 7, 0x2000, datagram[:1480]),
		}, []bool{true, true, true}, [][]uint64{nil, {1, 3}}},
		{"a stream, and a message in three of its segments", [][]byte{
			segment(0, flagSYN, ""), segment(1, flagACK, message[:20]), segment(21, flagACK, message[20:40]), segment(41, flagACK, message[40:]),
			segment(uint32(1+len(message)), flagACK, ""),
		}, []bool{true, true, true, true, true}, [][]uint64{{2, 3, 4}}},
		{"a stream that turns out to be something else", [][]byte{
			segment(0, flagSYN, ""), segment(1, flagACK, page), segment(uint32(1+len(page)), flagACK, page),
		}, []bool{true, false, false}, nil},
		{"an acknowledgement of a stream that nobody knows", [][]byte{segment(1, flagACK, "")}, []bool{false}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var h framesOf
			d := NewDecoder(&h, Options{})
			for i, data := range test.frames {
				if got := d.Frame(frameOf(capture.LinkEthernet, uint64(i+1), float64(i), ethernet(0x0800, data))); got != test.carries[i] {
					t.Errorf("frame %d: %v, want %v", i+1, got, test.carries[i])
				}
			}
			if !slices.EqualFunc(h.parts, test.parts, slices.Equal) {
				t.Errorf("parts %v, want %v", h.parts, test.parts)
			}
		})
	}
}
