package decode

import (
	"testing"

	"simplecap/capture"
	"simplecap/decode/stream"
)

func TestIPHeaders(t *testing.T) {
	v4 := sipIPv4()
	options := join([]byte{0x48}, v4[1:20], make([]byte, 12), v4[20:])
	copy(options[2:], be(uint16(len(options))))
	offload := join(v4[:2], be(0), v4[4:])
	offload6 := sipIPv6()
	copy(offload6[4:], be(0))
	for _, c := range []struct {
		name string
		data []byte
		id   uint32
		came Carriage
	}{
		{"ipv4 options", options, 0x1234, 0},
		{"ipv4 length left to the network card", offload, 0x1234, 0},
		{"ipv4 padding", join(v4, []byte("padding")), 0x1234, 0},
		{"ipv4 authentication header", ipv4Packet(protoAH, join(authentication(protoUDP), sipDatagram())), 0x1234, stream.IPsec},
		{"ipv4 don't fragment", ipv4Fragment(protoUDP, 9, 0x4000, sipDatagram()), 9, 0},
		{"ipv6 length left to the network card", offload6, 0, 0},
		{"ipv6 padding", join(sipIPv6(), []byte("padding")), 0, 0},
		{"ipv6 all extensions", ipv6Packet(protoHopByHop, join(ipv6Extension(protoDstOpts, 8), ipv6Extension(protoRouting, 16),
			ipv6Extension(protoAH, 24), authentication(protoDstOpts), ipv6Extension(protoUDP, 8), sipDatagram())), 0, stream.IPsec},
		{"ipv6 atomic fragment", ipv6Fragment(protoUDP, 77, 0, false, sipDatagram()), 77, 0},
		{"ipv6 atomic fragment and extension", ipv6Fragment(protoDstOpts, 78, 0, false, join(ipv6Extension(protoUDP, 8), sipDatagram())), 78, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, r := decodeOne(capture.LinkRaw, c.data)
			if len(r.messages) != 1 || string(r.messages[0].Raw) != sipText {
				t.Fatalf("got %+v", r.messages)
			}
			if m := r.messages[0]; m.IPID != c.id || m.Carriage != c.came {
				t.Errorf("id %#x, carriage %v, want %#x and %v", m.IPID, m.Carriage, c.id, c.came)
			}
		})
	}
}

func TestIPBroken(t *testing.T) {
	v4, v6 := sipIPv4(), sipIPv6()
	manyExtensions := sipDatagram()
	for range DefaultLimits.ExtHeaders {
		manyExtensions = join(ipv6Extension(protoDstOpts, 8), manyExtensions)
	}
	for _, c := range []struct {
		name string
		link capture.LinkType
		data []byte
	}{
		{"ipv4 short header length", capture.LinkIPv4, join([]byte{0x44}, v4[1:])},
		{"ipv4 header length beyond the end", capture.LinkIPv4, join([]byte{0x4f}, v4[1:40])},
		{"ipv4 total length below the header", capture.LinkIPv4, join(v4[:2], be(19), v4[4:])},
		{"ipv6 in a raw ipv4 link", capture.LinkIPv4, v6},
		{"ipv4 in a raw ipv6 link", capture.LinkIPv6, v4},
		{"ipv6 too many extension headers", capture.LinkIPv6, ipv6Packet(protoDstOpts, join(ipv6Extension(protoDstOpts, 8), manyExtensions))},
		{"ipv6 extension beyond the end", capture.LinkIPv6, ipv6Packet(protoHopByHop, []byte{protoUDP, 9, 0, 0, 0, 0, 0, 0})},
		{"udp header cut", capture.LinkIPv4, ipv4Packet(protoUDP, make([]byte, 7))},
		{"udp length below the header", capture.LinkIPv4, ipv4Packet(protoUDP, []byte{1, 2, 3, 4, 0, 7, 0, 0, 'A'})},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, r := decodeOne(c.link, c.data)
			if len(r.messages) != 0 || d.stats.DecodeErrors != 1 {
				t.Errorf("%d messages, %d decode errors, want 0 and 1", len(r.messages), d.stats.DecodeErrors)
			}
		})
	}
}

func TestUDPLength(t *testing.T) {
	for _, c := range []struct {
		name   string
		length int
		want   string
		cut    bool
	}{
		{"as it is", 8 + len(sipText), sipText, false},
		{"zero", 0, sipText, false},
		{"shorter than the packet", 8 + len(sipText) - 2, sipText[:len(sipText)-2], false},
		{"longer than the packet", 8 + len(sipText) + 1, sipText, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			datagram := sipDatagram()
			copy(datagram[4:], be(uint16(c.length)))
			_, r := decodeOne(capture.LinkRaw, ipv4Packet(protoUDP, datagram))
			if len(r.messages) != 1 || string(r.messages[0].Raw) != c.want || (r.messages[0].Carriage == Cut) != c.cut {
				t.Errorf("got %+v", r.messages)
			}
		})
	}
}

// TestCutPadding cuts a frame inside its Ethernet padding: the packet is whole.
func TestCutPadding(t *testing.T) {
	d, r := newRecorder(Limits{})
	f := frameOf(capture.LinkEthernet, 1, 1, join(ethernet(etherIPv4, sipIPv4()), make([]byte, 4)))
	f.Length += 6
	d.Frame(f)
	if len(r.messages) != 1 || r.messages[0].Carriage != 0 {
		t.Errorf("got %+v, want a whole message", r.messages)
	}
}
