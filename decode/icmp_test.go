package decode

import (
	"testing"

	"simplecap/capture"
)

func TestICMPReasons(t *testing.T) {
	for _, c := range []struct {
		data []byte
		want string
	}{
		{icmpError(3, 0, sipIPv4()), "network unreachable"},
		{icmpError(3, 1, sipIPv4()), "host unreachable"},
		{icmpError(3, 2, sipIPv4()), "protocol unreachable"},
		{icmpError(3, 3, sipIPv4()), "port unreachable"},
		{icmpError(3, 4, sipIPv4()), "fragmentation needed"},
		{icmpError(3, 13, sipIPv4()), "administratively prohibited"},
		{icmpError(3, 99, sipIPv4()), "destination unreachable"},
		{icmpError(11, 0, sipIPv4()), "time exceeded"},
		{icmpError(11, 1, sipIPv4()), "fragment reassembly time exceeded"},
		{icmpError(12, 0, sipIPv4()), "parameter problem"},
		{icmpv6Error(1, 0, sipIPv6()), "no route to destination"},
		{icmpv6Error(1, 1, sipIPv6()), "administratively prohibited"},
		{icmpv6Error(1, 4, sipIPv6()), "port unreachable"},
		{icmpv6Error(1, 9, sipIPv6()), "destination unreachable"},
		{icmpv6Error(2, 0, sipIPv6()), "packet too big"},
		{icmpv6Error(3, 0, sipIPv6()), "time exceeded"},
		{icmpv6Error(4, 1, sipIPv6()), "parameter problem"},
	} {
		d, r := decodeOne(capture.LinkRaw, c.data)
		if len(r.messages) != 0 || len(r.errors) != 1 || d.stats.Census.Packets[ClassICMP] != 1 {
			t.Fatalf("%s: %d messages, %d errors, census %v", c.want, len(r.messages), len(r.errors), d.stats.Census.Packets)
		}
		e := r.errors[0]
		if e.Reason != c.want || e.Transport != UDP || e.Src.Port != 5060 || e.Dst.Port != 5062 || string(e.Quoted) != sipText {
			t.Errorf("got %+v, want %s", e, c.want)
		}
		if e.From.IsZero() || e.From.Port != 0 || e.Frame != capture.MakeRef(1, 1) || !e.HasTime || e.Time != 1e9 {
			t.Errorf("from %v, frame %v, time %v", e.From, e.Frame, e.Time)
		}
	}
}

func TestICMPQuotes(t *testing.T) {
	segment := join(be(5060), be(40000), make([]byte, 8), []byte{0x60, 0x18}, make([]byte, 10), []byte(sipText))
	long := ipv4Packet(protoUDP, udpDatagram(5060, 5062, []byte(sipText+sipText)))
	extended := icmpError(3, 3, join(long[:128], []byte{0x20, 0, 0, 0, 0, 8, 1, 1, 1, 2, 3, 4}))
	extended[20+5] = 32 // the quote is 128 bytes, extensions follow (RFC 4884)
	padded := sipIPv4()
	copy(padded[24:], be(8+10)) // the datagram ends before the packet does
	for _, c := range []struct {
		name      string
		data      []byte
		transport Transport // 0: no error is reported
		quoted    string
	}{
		{"udp, as little as RFC 792 asks for", icmpError(3, 3, sipIPv4()[:28]), UDP, ""},
		{"udp, cut", icmpError(3, 3, sipIPv4()[:40]), UDP, sipText[:12]},
		{"udp, padded", icmpError(3, 3, padded), UDP, sipText[:10]},
		{"udp, extensions after it", extended, UDP, (sipText + sipText)[:100]},
		{"udp, options", icmpError(3, 3, join([]byte{0x46}, sipIPv4()[1:20], make([]byte, 4), sipDatagram())), UDP, sipText[:len(sipText)-4]},
		{"udp, first fragment", icmpError(3, 3, ipv4Fragment(protoUDP, 1, 0x2000, sipDatagram())), UDP, sipText},
		{"udp, later fragment", icmpError(3, 3, ipv4Fragment(protoUDP, 1, 0x2004, sipDatagram())), 0, ""},
		{"tcp", icmpError(3, 1, ipv4Packet(protoTCP, segment)), TCP, sipText},
		{"tcp, ports alone", icmpError(3, 1, ipv4Packet(protoTCP, segment)[:28]), TCP, ""},
		{"tcp, length of the quote changed", icmpv6Error(1, 3, ipv6Packet(protoTCP, segment[:22])), TCP, ""},
		{"udp6, extension headers", icmpv6Error(1, 4, ipv6Packet(protoHopByHop, join(ipv6Extension(protoUDP, 8), sipDatagram()))), UDP, sipText},
		{"udp6, first fragment", icmpv6Error(3, 1, ipv6Fragment(protoUDP, 1, 0, true, sipDatagram())), UDP, sipText},
		{"udp6, later fragment", icmpv6Error(3, 1, ipv6Fragment(protoUDP, 1, 8, true, sipDatagram())), 0, ""},
		{"ports cut", icmpError(3, 3, sipIPv4()[:27]), 0, ""},
		{"header cut", icmpError(3, 3, sipIPv4()[:19]), 0, ""},
		{"nothing", icmpError(3, 3, nil), 0, ""},
		{"icmp", icmpError(3, 1, ipv4Packet(protoICMP, make([]byte, 64))), 0, ""},
		{"echo request", icmpError(8, 0, sipIPv4()), 0, ""},
		{"redirect", icmpError(5, 0, sipIPv4()), 0, ""},
		{"echo request over ipv6", icmpv6Error(128, 0, sipIPv6()), 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, r := decodeOne(capture.LinkRaw, c.data)
			if len(r.messages) != 0 || d.stats.Census.Packets[ClassICMP] != 1 {
				t.Fatalf("%d messages, census %v", len(r.messages), d.stats.Census.Packets)
			}
			var e ICMPError
			if len(r.errors) > 0 {
				e = r.errors[0]
			}
			if e.Transport != c.transport || string(e.Quoted) != c.quoted {
				t.Errorf("transport %d, quoted %q; want %d, %q", e.Transport, e.Quoted, c.transport, c.quoted)
			}
		})
	}
}
