package decode

import (
	"encoding/binary"
	"testing"

	"simplecap/capture"
)

// tunnelCarriers carry sipText in every tunnel, in every form of its header.
func tunnelCarriers() []carrier {
	v4, v6 := sipIPv4(), sipIPv6()
	frame := ethernet(etherIPv4, v4)
	gre := func(parts ...[]byte) []byte { return ipv4Packet(protoGRE, join(parts...)) }
	over := func(port uint16, parts ...[]byte) []byte {
		return ipv4Packet(protoUDP, udpDatagram(40000, port, join(parts...)))
	}
	bottom := []byte{0, 1, 0x41, 64}
	ppp := join([]byte{0xff, 3}, be(pppIPv4), v4)
	gtp := func(flags byte, parts ...[]byte) []byte {
		body := join(parts...)
		return over(portGTPU, []byte{flags, gtpGPDU}, be(uint16(len(body))), []byte{0, 0, 0, 9}, body)
	}
	vxlan := []byte{8, 0, 0, 0, 0, 0, 42, 0}
	// An Ethernet address that begins with 4 or 6 is no IP version.
	four, six := join([]byte{0x45}, frame[1:]), join([]byte{0x60}, frame[1:])
	four[3], six[5] = 200, 250
	list := []carrier{
		{name: "ipip", data: ipv4Packet(protoIPv4, v4)},
		{name: "6in4", data: ipv4Packet(protoIPv6, v6)},
		{name: "4in6", data: ipv6Packet(protoIPv4, v4)},
		{name: "6in6", data: ipv6Packet(protoDstOpts, join([]byte{protoIPv6, 0, 1, 4, 0, 0, 0, 0}, v6))},
		{name: "mpls in ip", data: ipv4Packet(protoMPLS, join(bottom, v4))},
		{name: "gre", data: gre(be(0), be(etherIPv4), v4)},
		{name: "gre ipv6", data: gre(be(0), be(etherIPv6), v6)},
		{name: "gre key", data: gre(be(0x2000), be(etherIPv4), make([]byte, 4), v4)},
		{name: "gre checksum key sequence", data: gre(be(0xb000), be(etherIPv6), make([]byte, 12), v6)},
		{name: "gre routing", data: gre(be(0x4000), be(etherIPv4), make([]byte, 4), []byte{8, 0, 0, 4, 192, 0, 2, 9}, make([]byte, 4), v4)},
		{name: "gre bridging", data: gre(be(0x2000), be(etherBridged), make([]byte, 4), frame)},
		{name: "gre mpls", data: gre(be(0), be(etherMPLS), bottom, v4)},
		{name: "gre ppp", data: gre(be(0x3001), be(grePPP), be(uint16(len(ppp))), be(7), make([]byte, 4), ppp)},
		{name: "gre ppp acknowledgment", data: gre(be(0x3081), be(grePPP), be(uint16(len(ppp))), be(7), make([]byte, 8), ppp, []byte("padding"))},
		{name: "erspan 1", data: gre(be(0), be(greERSPAN), frame)},
		{name: "erspan 2", data: gre(be(0x1000), be(greERSPAN), make([]byte, 4), []byte{0x10, 1, 0, 1, 0, 0, 0, 0}, frame)},
		{name: "erspan 3", data: gre(be(0x1000), be(greERSPAN3), make([]byte, 4), []byte{0x20}, make([]byte, 11), frame)},
		{name: "erspan 3 subheader", data: gre(be(0x1000), be(greERSPAN3), make([]byte, 4), []byte{0x20}, make([]byte, 10), []byte{1}, make([]byte, 8), frame)},
		{name: "erspan 3 ip", data: gre(be(0x1000), be(greERSPAN3), make([]byte, 4), []byte{0x20}, make([]byte, 9), []byte{2 << 2, 0}, v6)},
		{name: "vxlan", data: over(portVXLAN, vxlan, frame)},
		{name: "vxlan linux port", data: over(portVXLANLinux, vxlan, ethernet(etherVLAN, vlanTag(etherIPv6, v6)))},
		{name: "geneve", data: over(portGeneve, []byte{0, 0}, be(etherBridged), make([]byte, 4), frame)},
		{name: "geneve long option", data: over(portGeneve, []byte{63, 0}, be(etherIPv4), make([]byte, 4), []byte{1, 2, 3, 31}, make([]byte, 124), []byte{1, 2, 3, 30}, make([]byte, 120), v4)},
		{name: "gtp-u", data: gtp(0x30, v4)},
		{name: "gtp-u sequence", data: gtp(0x32, make([]byte, 4), v6)},
		{name: "gtp-u extensions", data: gtp(0x34, []byte{0, 0, 0, 0x85}, []byte{1, 0, 1, 0xc0}, []byte{2, 0, 0, 0, 0, 0, 0, 0}, v4)},
		{name: "gtp-u ethernet", data: gtp(0x30, frame)},
		{name: "tzsp", data: over(portTZSP, []byte{1, 0, 0, 1, 1}, frame)},
		{name: "tzsp tags", data: over(portTZSP, []byte{1, 1, 0, 1, 0, 10, 1, 0xc0, 0, 41, 2, 1, 2, 1}, frame)},
		{name: "l2tp", data: over(portL2TP, be(0x0002), be(9), be(7), ppp)},
		{name: "l2tp length sequence offset", data: over(portL2TP, be(0x4b02), be(uint16(17+len(ppp))), be(9), be(7), be(1), be(2), be(3), []byte("abc"), ppp, []byte("padding"))},
		{name: "l2tp answer", data: ipv4Packet(protoUDP, udpDatagram(portL2TP, 40000, join(be(0x0002), be(9), be(7), ppp)))},
		{name: "etherip", data: ipv4Packet(97, join([]byte{0x30, 0}, frame))},
		{name: "ethernet in ip", data: ipv6Packet(143, frame)},
		{name: "gre wccp", data: gre(be(0), be(0x883e), v4)},
		{name: "gre wccp 2", data: gre(be(0), be(0x883e), make([]byte, 4), v4)},
		{name: "gre eoip", data: gre(be(0x2001), be(0x6400), be(uint16(len(frame))), be(7), frame)},
		{name: "gre nsh", data: gre(be(0), be(etherNSH), nsh(1), v4)},
		{name: "nsh", link: capture.LinkEthernet, data: ethernet(etherNSH, join(nsh(3), frame))},
		{name: "nsh nsh", link: capture.LinkEthernet, data: ethernet(etherNSH, join(nsh(4), nsh(2), v6))},
		{name: "provider backbone bridge", link: capture.LinkEthernet, data: ethernet(0x88e7, join(make([]byte, 4), frame))},
		{name: "vxlan-gpe", data: over(portVXLANGPE, []byte{0x0c, 0, 0, 3, 0, 0, 42, 0}, frame)},
		{name: "vxlan-gpe mpls", data: over(portVXLANGPE, []byte{0x0c, 0, 0, 5, 0, 0, 42, 0}, bottom, v4)},
		{name: "lisp", data: over(portLISP, []byte{0x80, 1, 2, 3, 0, 0, 0, 1}, v4)},
		{name: "lisp ipv6", data: over(portLISP, make([]byte, 8), v6)},
		{name: "mpls in udp", data: over(portMPLS, []byte{0xff, 1, 0x40, 64}, bottom, v6)},
		{name: "teredo", data: over(portTeredo, v6)},
		{name: "teredo origin", data: ipv4Packet(protoUDP, udpDatagram(portTeredo, 40000, join(make([]byte, 8), v6)))},
		{name: "teredo authentication", data: over(portTeredo, []byte{0, 1, 1, 2}, make([]byte, 12), make([]byte, 8), v6)},
		{name: "pseudowire", link: capture.LinkMPLS, data: join(bottom, frame)},
		{name: "pseudowire control word", link: capture.LinkMPLS, data: join(bottom, make([]byte, 4), frame)},
		{name: "pseudowire vlan", link: capture.LinkMPLS, data: join(bottom, ethernet(etherVLAN, vlanTag(etherIPv6, v6)))},
		{name: "pseudowire SNAP", link: capture.LinkMPLS, data: join(bottom, ethernet(uint16(8+len(v4)), join([]byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, v4)))},
		{name: "pseudowire mpls", link: capture.LinkMPLS, data: join(bottom, ethernet(etherMPLS, join(bottom, v4)))},
		{name: "pseudowire address 4", link: capture.LinkMPLS, data: join(bottom, four)},
		{name: "pseudowire address 6", link: capture.LinkMPLS, data: join(bottom, six)},
		{name: "vxlan in gre in ipip", data: ipv4Packet(protoIPv4, gre(be(0), be(etherIPv4), over(portVXLAN, vxlan, frame)))},
	}
	for i := range list {
		if list[i].link == capture.LinkNull {
			list[i].link = capture.LinkRaw
		}
	}
	return list
}

// nsh is a Network Service Header (RFC 8300 2.2) without metadata.
func nsh(next byte) []byte { return []byte{0x0f, 0xc2, 2, next, 0, 0, 1, 255} }

func TestTunnels(t *testing.T) {
	for _, c := range tunnelCarriers() {
		t.Run(c.name, func(t *testing.T) {
			d, r := decodeOne(c.link, c.data)
			if len(r.messages) != 1 {
				t.Fatalf("%d messages, want 1; %+v", len(r.messages), d.stats)
			}
			m := r.messages[0]
			if string(m.Raw) != sipText || m.Src.Port != 5060 || m.Dst.Port != 5062 || m.Carriage != Tunneled {
				t.Errorf("%v > %v, carriage %v, payload %q", m.Src, m.Dst, m.Carriage, m.Raw)
			}
			if d.stats.DecodeErrors != 0 {
				t.Error("counted as a decode error")
			}
		})
	}
}

func TestTunnelInnerAddresses(t *testing.T) {
	inner := sipIPv4()
	inner[15], inner[19] = 77, 78
	_, r := decodeOne(capture.LinkRaw, ipv4Packet(protoIPv4, inner))
	if m := r.messages[0]; m.Src.String() != "192.0.2.77:5060" || m.Dst.String() != "192.0.2.78:5062" {
		t.Errorf("%v > %v, want the inner addresses", m.Src, m.Dst)
	}
}

func TestTunnelDepth(t *testing.T) {
	data := sipIPv4()
	for depth := 1; depth <= 9; depth++ {
		data = ipv4Packet(protoIPv4, data)
		d, r := decodeOne(capture.LinkRaw, data)
		if want := depth <= DefaultLimits.TunnelDepth; (len(r.messages) == 1) != want || (d.Stats().Evicted == 0) != want {
			t.Errorf("depth %d: %d messages, %d evicted", depth, len(r.messages), d.Stats().Evicted)
		}
	}
}

// TestTunnelPortsAreHints sends what is no tunnel to the ports of tunnels.
func TestTunnelPortsAreHints(t *testing.T) {
	rtp := join([]byte{0x80, 0}, make([]byte, 18))
	echo := []byte{0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0}
	for _, port := range []uint16{portGTPU, portVXLAN, portVXLANLinux, portGeneve, portTZSP, portL2TP, portVXLANGPE, portLISP, portMPLS, portTeredo} {
		_, r := decodeOne(capture.LinkRaw, ipv4Packet(protoUDP, udpDatagram(5060, port, []byte(sipText))))
		if len(r.messages) != 1 || r.messages[0].Carriage != 0 {
			t.Errorf("port %d: SIP not found", port)
		}
		d, _ := decodeOne(capture.LinkRaw, ipv4Packet(protoUDP, udpDatagram(5060, port, rtp)))
		if d.stats.Census.Packets[ClassRTP] != 1 {
			t.Errorf("port %d: RTP not found", port)
		}
		d, r = decodeOne(capture.LinkRaw, ipv4Packet(protoUDP, udpDatagram(port, port, echo)))
		if len(r.messages) != 0 || d.stats.DecodeErrors != 0 {
			t.Errorf("port %d: a GTP-U echo is neither SIP nor broken", port)
		}
	}
}

func TestTunnelBroken(t *testing.T) {
	over := func(port uint16, payload ...byte) []byte {
		return ipv4Packet(protoUDP, udpDatagram(40000, port, payload))
	}
	routing := join(be(0x4000), be(etherIPv4), make([]byte, 4))
	for range 4000 { // source routes without an end
		routing = binary.BigEndian.AppendUint32(routing, 0x00080000)
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"gre of one byte", ipv4Packet(protoGRE, []byte{0})},
		{"gre without its key", ipv4Packet(protoGRE, join(be(0x2000), be(etherIPv4)))},
		{"gre source routes", ipv4Packet(protoGRE, routing)},
		{"erspan 2 without header", ipv4Packet(protoGRE, join(be(0x1000), be(greERSPAN), make([]byte, 4)))},
		{"erspan 3 without subheader", ipv4Packet(protoGRE, join(be(0x1000), be(greERSPAN3), make([]byte, 15), []byte{1}))},
		{"geneve options beyond the end", over(portGeneve, 63, 0, 0x65, 0x58, 0, 0, 0, 0)},
		{"tzsp tags without an end", over(portTZSP, 1, 0, 0, 1, 0, 10, 200, 1)},
		{"tzsp without a frame", over(portTZSP, 1, 0, 0, 1, 1)},
		{"l2tp without session", over(portL2TP, 0x40, 2, 0, 6, 0, 0, 0, 0)},
		{"l2tp offset beyond the end", over(portL2TP, 2, 2, 0, 6, 0, 0, 255, 255, 0, 33)},
		{"gtp-u empty extension", over(portGTPU, 0x34, 255, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0x85, 0, 0, 0, 0)},
		{"gtp-u extension beyond the end", over(portGTPU, 0x34, 255, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0x85, 2, 0, 0, 0)},
		{"gtp-u length beyond the end", over(portGTPU, 0x32, 255, 255, 255, 0, 0, 0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, r := decodeOne(capture.LinkRaw, c.data)
			if len(r.messages) != 0 || d.stats.DecodeErrors != 1 {
				t.Errorf("%d messages, %d decode errors, want 0 and 1", len(r.messages), d.stats.DecodeErrors)
			}
		})
	}
}

// TestTunnelsToldByWhatTheyHold has media on the ports of tunnels whose headers may be
// anything, that looks like IP there but does not end with it, and a packet that was cut.
func TestTunnelsToldByWhatTheyHold(t *testing.T) {
	inner := sipIPv4()
	for _, port := range []uint16{portLISP, portTeredo, portMPLS} {
		head := []byte{0x80, 0, 0, 1, 0, 0, 0, 9}
		switch port {
		case portTeredo:
			head, inner = nil, sipIPv6()
		case portMPLS:
			head = []byte{0x80, 0, 1, 64}
		}
		datagram := udpDatagram(40000, port, join(head, inner))
		_, whole := decodeOne(capture.LinkRaw, ipv4Packet(protoUDP, datagram))
		_, more := decodeOne(capture.LinkRaw, ipv4Packet(protoUDP, udpDatagram(40000, port, join(head, inner, []byte{0}))))
		f := frameOf(capture.LinkRaw, 1, 1, ipv4Packet(protoUDP, datagram))
		f.Data = f.Data[:len(f.Data)-1]
		d, cut := newRecorder(Limits{})
		d.Frame(f)
		if len(whole.messages) != 1 || len(more.messages) != 0 || len(cut.messages) != 1 {
			t.Errorf("port %d: %d messages of a whole packet, %d with a byte behind it, %d of one that was cut", port, len(whole.messages), len(more.messages), len(cut.messages))
		}
	}
}
