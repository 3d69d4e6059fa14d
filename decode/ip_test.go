package decode

import (
	"testing"

	"simplecap/capture"
)

// extension is an IPv6 extension header of size bytes.
func extension(next uint8, size int) []byte {
	return join([]byte{next, byte(size/8 - 1)}, make([]byte, size-2))
}

// authentication is an Authentication Header of 24 bytes.
func authentication(next uint8) []byte { return join([]byte{next, 4}, make([]byte, 22)) }

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
	}{
		{"ipv4 options", options, 0x1234},
		{"ipv4 length left to the network card", offload, 0x1234},
		{"ipv4 padding", join(v4, []byte("padding")), 0x1234},
		{"ipv4 authentication header", wireIPv4(protoAH, join(authentication(protoUDP), sipUDP())), 0x1234},
		{"ipv4 don't fragment", wireIPv4Fragment(protoUDP, 9, 0x4000, sipUDP()), 9},
		{"ipv6 length left to the network card", offload6, 0},
		{"ipv6 padding", join(sipIPv6(), []byte("padding")), 0},
		{"ipv6 all extensions", wireIPv6(protoHopByHop, join(extension(protoDstOpts, 8), extension(protoRouting, 16),
			extension(protoAH, 24), authentication(protoDstOpts), extension(protoUDP, 8), sipUDP())), 0},
		{"ipv6 atomic fragment", wireIPv6Fragment(protoUDP, 77, 0, false, sipUDP()), 77},
		{"ipv6 atomic fragment and extension", wireIPv6Fragment(protoDstOpts, 78, 0, false, join(extension(protoUDP, 8), sipUDP())), 78},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, h := decodeOne(capture.LinkRaw, c.data)
			if len(h.messages) != 1 || string(h.messages[0].Raw) != sipText {
				t.Fatalf("got %+v", h.messages)
			}
			if m := h.messages[0]; m.IPID != c.id || m.Carriage != 0 {
				t.Errorf("id %#x, carriage %v, want %#x and 0", m.IPID, m.Carriage, c.id)
			}
		})
	}
}

func TestIPBroken(t *testing.T) {
	v4, v6 := sipIPv4(), sipIPv6()
	manyExtensions := sipUDP()
	for range DefaultLimits.ExtHeaders {
		manyExtensions = join(extension(protoDstOpts, 8), manyExtensions)
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
		{"ipv6 too many extension headers", capture.LinkIPv6, wireIPv6(protoDstOpts, join(extension(protoDstOpts, 8), manyExtensions))},
		{"ipv6 extension beyond the end", capture.LinkIPv6, wireIPv6(protoHopByHop, []byte{protoUDP, 9, 0, 0, 0, 0, 0, 0})},
		{"udp header cut", capture.LinkIPv4, wireIPv4(protoUDP, make([]byte, 7))},
		{"udp length below the header", capture.LinkIPv4, wireIPv4(protoUDP, []byte{1, 2, 3, 4, 0, 7, 0, 0, 'A'})},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, h := decodeOne(c.link, c.data)
			if len(h.messages) != 0 || d.stats.DecodeErrors != 1 {
				t.Errorf("%d messages, %d decode errors, want 0 and 1", len(h.messages), d.stats.DecodeErrors)
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
			datagram := sipUDP()
			copy(datagram[4:], be(uint16(c.length)))
			_, h := decodeOne(capture.LinkRaw, wireIPv4(protoUDP, datagram))
			if len(h.messages) != 1 || string(h.messages[0].Raw) != c.want || (h.messages[0].Carriage == Cut) != c.cut {
				t.Errorf("got %+v", h.messages)
			}
		})
	}
}

// TestCutPadding cuts a frame inside its Ethernet padding: the packet is whole.
func TestCutPadding(t *testing.T) {
	d, h := listen(Limits{})
	f := wireFrame(capture.LinkEthernet, 1, 1, join(wireEthernet(etherIPv4, sipIPv4()), make([]byte, 4)))
	f.Length += 6
	d.Frame(f)
	if len(h.messages) != 1 || h.messages[0].Carriage != 0 {
		t.Errorf("got %+v, want a whole message", h.messages)
	}
}
