package decode

import (
	"testing"

	"simplecap/capture"
)

// wireICMP is an ICMP error that quotes a packet.
func wireICMP(kind, code byte, quote []byte) []byte {
	return wireIPv4(protoICMP, join([]byte{kind, code}, make([]byte, 6), quote))
}

// wireICMP6 is an ICMPv6 error that quotes a packet.
func wireICMP6(kind, code byte, quote []byte) []byte {
	return wireIPv6(protoICMPv6, join([]byte{kind, code}, make([]byte, 6), quote))
}

func TestICMPReasons(t *testing.T) {
	for _, c := range []struct {
		data []byte
		want string
	}{
		{wireICMP(3, 0, sipIPv4()), "network unreachable"},
		{wireICMP(3, 1, sipIPv4()), "host unreachable"},
		{wireICMP(3, 2, sipIPv4()), "protocol unreachable"},
		{wireICMP(3, 3, sipIPv4()), "port unreachable"},
		{wireICMP(3, 4, sipIPv4()), "fragmentation needed"},
		{wireICMP(3, 13, sipIPv4()), "administratively prohibited"},
		{wireICMP(3, 99, sipIPv4()), "destination unreachable"},
		{wireICMP(11, 0, sipIPv4()), "time exceeded"},
		{wireICMP(11, 1, sipIPv4()), "fragment reassembly time exceeded"},
		{wireICMP(12, 0, sipIPv4()), "parameter problem"},
		{wireICMP6(1, 0, sipIPv6()), "no route to destination"},
		{wireICMP6(1, 1, sipIPv6()), "administratively prohibited"},
		{wireICMP6(1, 4, sipIPv6()), "port unreachable"},
		{wireICMP6(1, 9, sipIPv6()), "destination unreachable"},
		{wireICMP6(2, 0, sipIPv6()), "packet too big"},
		{wireICMP6(3, 0, sipIPv6()), "time exceeded"},
		{wireICMP6(4, 1, sipIPv6()), "parameter problem"},
	} {
		d, h := decodeOne(capture.LinkRaw, c.data)
		if len(h.messages) != 0 || len(h.errors) != 1 || d.stats.Census.Packets[ClassICMP] != 1 {
			t.Fatalf("%s: %d messages, %d errors, census %v", c.want, len(h.messages), len(h.errors), d.stats.Census.Packets)
		}
		e := h.errors[0]
		if e.Reason != c.want || e.Transport != UDP || e.Src.Port != 5060 || e.Dst.Port != 5062 || string(e.Quoted) != sipText {
			t.Errorf("got %+v, want %s", e, c.want)
		}
		if e.From.IsZero() || e.From.Port != 0 || e.Frame != MakeFrameRef(1, 1) || !e.HasTime || e.Time != 1e9 {
			t.Errorf("from %v, frame %v, time %v", e.From, e.Frame, e.Time)
		}
	}
}

func TestICMPQuotes(t *testing.T) {
	segment := join(be(5060), be(40000), make([]byte, 8), []byte{0x60, 0x18}, make([]byte, 10), []byte(sipText))
	long := wireIPv4(protoUDP, wireUDP(5060, 5062, []byte(sipText+sipText)))
	extended := wireICMP(3, 3, join(long[:128], []byte{0x20, 0, 0, 0, 0, 8, 1, 1, 1, 2, 3, 4}))
	extended[20+5] = 32 // the quote is 128 bytes, extensions follow (RFC 4884)
	padded := sipIPv4()
	copy(padded[24:], be(8+10)) // the datagram ends before the packet does
	for _, c := range []struct {
		name      string
		data      []byte
		transport Transport // 0: no error is reported
		quoted    string
	}{
		{"udp, as little as RFC 792 asks for", wireICMP(3, 3, sipIPv4()[:28]), UDP, ""},
		{"udp, cut", wireICMP(3, 3, sipIPv4()[:40]), UDP, sipText[:12]},
		{"udp, padded", wireICMP(3, 3, padded), UDP, sipText[:10]},
		{"udp, extensions after it", extended, UDP, (sipText + sipText)[:100]},
		{"udp, options", wireICMP(3, 3, join([]byte{0x46}, sipIPv4()[1:20], make([]byte, 4), sipUDP())), UDP, sipText[:len(sipText)-4]},
		{"udp, first fragment", wireICMP(3, 3, wireIPv4Fragment(protoUDP, 1, 0x2000, sipUDP())), UDP, sipText},
		{"udp, later fragment", wireICMP(3, 3, wireIPv4Fragment(protoUDP, 1, 0x2004, sipUDP())), 0, ""},
		{"tcp", wireICMP(3, 1, wireIPv4(protoTCP, segment)), TCP, sipText},
		{"tcp, ports alone", wireICMP(3, 1, wireIPv4(protoTCP, segment)[:28]), TCP, ""},
		{"tcp, length of the quote changed", wireICMP6(1, 3, wireIPv6(protoTCP, segment[:22])), TCP, ""},
		{"udp6, extension headers", wireICMP6(1, 4, wireIPv6(protoHopByHop, join(extension(protoUDP, 8), sipUDP()))), UDP, sipText},
		{"udp6, first fragment", wireICMP6(3, 1, wireIPv6Fragment(protoUDP, 1, 0, true, sipUDP())), UDP, sipText},
		{"udp6, later fragment", wireICMP6(3, 1, wireIPv6Fragment(protoUDP, 1, 8, true, sipUDP())), 0, ""},
		{"ports cut", wireICMP(3, 3, sipIPv4()[:27]), 0, ""},
		{"header cut", wireICMP(3, 3, sipIPv4()[:19]), 0, ""},
		{"nothing", wireICMP(3, 3, nil), 0, ""},
		{"icmp", wireICMP(3, 1, wireIPv4(protoICMP, make([]byte, 64))), 0, ""},
		{"echo request", wireICMP(8, 0, sipIPv4()), 0, ""},
		{"redirect", wireICMP(5, 0, sipIPv4()), 0, ""},
		{"echo request over ipv6", wireICMP6(128, 0, sipIPv6()), 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, h := decodeOne(capture.LinkRaw, c.data)
			if len(h.messages) != 0 || d.stats.Census.Packets[ClassICMP] != 1 {
				t.Fatalf("%d messages, census %v", len(h.messages), d.stats.Census.Packets)
			}
			var e ICMPError
			if len(h.errors) > 0 {
				e = h.errors[0]
			}
			if e.Transport != c.transport || string(e.Quoted) != c.quoted {
				t.Errorf("transport %d, quoted %q; want %d, %q", e.Transport, e.Quoted, c.transport, c.quoted)
			}
		})
	}
}
