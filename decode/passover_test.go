package decode

import (
	"testing"

	"simplecap/capture"
	"simplecap/decode/packet"
	"simplecap/decode/stream"
)

// slowFrame decodes a frame by the way through the layers.
func (d *Decoder) slowFrame(f *capture.Frame) {
	d.walk.Frame(f.Link, f.Data, &stream.Mark{Frame: capture.MakeRef(f.File, f.Number), Time: f.Time, HasTime: f.HasTime}, f.Cut())
	for d.read(); d.walk.Next(); {
		d.read()
	}
}

// TestPassOver names what the short way takes and what it leaves to the layers.
func TestPassOver(t *testing.T) {
	v4, v6 := ipv4Packet(protoUDP, rtpDatagram()), ipv6Packet(protoUDP, rtpDatagram())
	short := ethernet(etherIPv4, v4)
	tests := map[string]struct {
		link capture.LinkType
		data []byte
		want bool
	}{
		"IPv4":       {capture.LinkEthernet, ethernet(etherIPv4, v4), true},
		"IPv6":       {capture.LinkEthernet, ethernet(etherIPv6, v6), true},
		"VLAN":       {capture.LinkEthernet, ethernet(etherVLAN, vlanTag(etherIPv4, v4)), true},
		"padded":     {capture.LinkEthernet, append(ethernet(etherIPv4, v4), 0, 0, 0, 0), true},
		"SLL2":       {capture.LinkSLL2, join(be(etherIPv4), make([]byte, 18), v4), true},
		"SLL":        {capture.LinkLinuxSLL, join(make([]byte, 14), be(etherIPv4), v4), true},
		"cut":        {capture.LinkEthernet, short[:len(short)-1], false},
		"SIP":        {capture.LinkEthernet, ethernet(etherIPv4, ipv4Packet(protoUDP, udpDatagram(5060, 5060, []byte("MESSAGE sip:a@b SIP/2.0\r\n\r\n")))), false},
		"tunnel":     {capture.LinkEthernet, ethernet(etherIPv4, ipv4Packet(protoUDP, udpDatagram(40000, portVXLAN, append([]byte{0x80}, make([]byte, 40)...)))), false},
		"DNS's port": {capture.LinkEthernet, ethernet(etherIPv4, ipv4Packet(protoUDP, udpDatagram(40000, portDNS, append([]byte{0x80}, make([]byte, 40)...)))), false},
		"TCP":        {capture.LinkEthernet, ethernet(etherIPv4, ipv4Packet(protoTCP, rtpDatagram())), false},
	}
	for name, test := range tests {
		if _, _, _, got := packet.Media(test.link, test.data); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// FuzzPassOver holds the short way for media against the way through the layers:
// both count the same, and neither finds SIP in what the short one takes.
func FuzzPassOver(f *testing.F) {
	for _, frame := range hotFrames() {
		f.Add(uint32(frame.Link), frame.Data)
	}
	f.Fuzz(func(t *testing.T, link uint32, data []byte) {
		fast, slow := NewDecoder(discard{}, Options{}), NewDecoder(discard{}, Options{})
		frame := frameOf(capture.LinkType(link), 1, 1, data)
		if _, _, _, media := packet.Media(frame.Link, frame.Data); !media {
			return
		}
		fast.Frame(frame)
		slow.slowFrame(frame)
		if a, b := fast.Stats(), slow.Stats(); a.Census != b.Census || a.DecodeErrors != b.DecodeErrors || a.Messages != b.Messages {
			t.Errorf("counted %v, %d errors; by the layers %v, %d errors", a.Census.Packets, a.DecodeErrors, b.Census.Packets, b.DecodeErrors)
		}
	})
}
