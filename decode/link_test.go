package decode

import (
	"bytes"
	"testing"

	"simplecap/capture"
)

// carrier is a frame that carries sipText.
type carrier struct {
	name string
	link capture.LinkType
	data []byte
}

// linkCarriers carry sipText over every link type and every form of its header.
func linkCarriers() []carrier {
	v4, v6 := sipIPv4(), sipIPv6()
	snap := join([]byte{0xaa, 0xaa, 3, 0, 0, 0}, be(etherIPv4), v4)
	cooked := func(protocol uint16, payload []byte) []byte {
		return join(be(0), be(1), be(6), make([]byte, 8), be(protocol), payload)
	}
	cooked2 := func(protocol uint16, payload []byte) []byte {
		return join(be(protocol), be(0), make([]byte, 4), be(1), []byte{0, 6}, make([]byte, 8), payload)
	}
	label := []byte{0, 1, 0x40, 64}
	bottom := []byte{0, 1, 0x41, 64}
	pppoe := join([]byte{0x11, 0, 0, 7}, be(uint16(2+len(v4))), be(pppIPv4), v4)
	wifi := join([]byte{0x08, 2}, make([]byte, 22), snap)
	qos := join([]byte{0x88, 1}, make([]byte, 22), []byte{0, 0}, snap)
	fourAddresses := join([]byte{0x88, 0x83}, make([]byte, 28), []byte{0, 0}, make([]byte, 4), snap)
	aggregate := join([]byte{0x88, 1}, make([]byte, 22), []byte{0x80, 0}, make([]byte, 12), be(uint16(len(snap))), snap)
	radiotap := join([]byte{0, 0, 9, 0, 2, 0, 0, 0, 0}, wifi)
	padded := join([]byte{0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 8), []byte{0x20}, qos[:26], []byte{0, 0}, snap)
	nflog := join([]byte{2, 0, 0, 0, 8, 0, 1, 0, 8, 0, 0, 0}, []byte{byte(4 + len(v4)), byte((4 + len(v4)) >> 8), 9, 0}, v4)
	nflogBig := join([]byte{10, 0, 0, 0, 0, 8, 0, 1, 8, 0, 0, 0}, be(uint16(4+len(v6))), be(9), v6)
	return []carrier{
		{"wifi", capture.LinkWifi, wifi},
		{"wifi qos", capture.LinkWifi, qos},
		{"wifi of four addresses", capture.LinkWifi, fourAddresses},
		{"wifi aggregate", capture.LinkWifi, aggregate},
		{"radiotap", capture.LinkRadiotap, radiotap},
		{"radiotap with padding", capture.LinkRadiotap, padded},
		{"nflog", capture.LinkNFLOG, nflog},
		{"nflog of a big-endian host", capture.LinkNFLOG, nflogBig},
		{"pktap", capture.LinkPKTAP, join([]byte{16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, ethernet(etherIPv4, v4))},
		{"pktap raw", capture.LinkPKTAP, join([]byte{12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0}, v6)},
		{"sll wifi", capture.LinkLinuxSLL, join(be(0), be(hardwareWifi), be(6), make([]byte, 8), be(0), wifi)},
		{"sll2 radiotap", capture.LinkSLL2, join(be(0), be(0), make([]byte, 4), be(hardwareRadiotap), []byte{0, 6}, make([]byte, 8), radiotap)},
		{"ethernet ipv4", capture.LinkEthernet, ethernet(etherIPv4, v4)},
		{"ethernet ipv6", capture.LinkEthernet, ethernet(etherIPv6, v6)},
		{"vlan", capture.LinkEthernet, ethernet(etherVLAN, vlanTag(etherIPv4, v4))},
		{"qinq", capture.LinkEthernet, ethernet(etherQinQ, vlanTag(etherVLAN, vlanTag(etherIPv6, v6)))},
		{"old qinq", capture.LinkEthernet, ethernet(etherOldQinQ, vlanTag(etherOldQinQ2, vlanTag(etherVLAN, vlanTag(etherIPv4, v4))))},
		{"802.3 snap", capture.LinkEthernet, ethernet(uint16(len(snap)), join(snap, make([]byte, 9)))},
		{"vlan 802.3 snap", capture.LinkEthernet, ethernet(etherVLAN, vlanTag(uint16(len(snap)), snap))},
		{"sll", capture.LinkLinuxSLL, cooked(etherIPv4, v4)},
		{"sll vlan", capture.LinkLinuxSLL, cooked(etherVLAN, vlanTag(etherIPv6, v6))},
		{"sll with a tag that its protocol does not name", capture.LinkLinuxSLL, cooked(etherIPv4, join(be(100), be(etherIPv4), v4))},
		{"sll2 with two tags likewise", capture.LinkSLL2, cooked2(etherIPv6, join(be(0x2007), be(etherVLAN), be(100), be(etherIPv6), v6))},
		{"sll2 with a tag put back before one likewise", capture.LinkSLL2, cooked2(etherQinQ, join(be(7), be(etherIPv4), be(100), be(etherIPv4), v4))},
		{"sll llc", capture.LinkLinuxSLL, cooked(cookedLLC, snap)},
		{"sll2", capture.LinkSLL2, cooked2(etherIPv4, v4)},
		{"sll2 vlan", capture.LinkSLL2, cooked2(etherVLAN, vlanTag(etherIPv6, v6))},
		{"raw 101", capture.LinkRaw, v4},
		{"raw 12", capture.LinkRawBSD, v6},
		{"raw 14", capture.LinkRawOBSD, v4},
		{"ipv4 228", capture.LinkIPv4, v4},
		{"ipv6 229", capture.LinkIPv6, v6},
		{"null", capture.LinkNull, join([]byte{2, 0, 0, 0}, v4)},
		{"null big-endian", capture.LinkNull, join([]byte{0, 0, 0, 2}, v4)},
		{"null linux ipv6", capture.LinkNull, join([]byte{10, 0, 0, 0}, v6)},
		{"null netbsd ipv6", capture.LinkNull, join([]byte{24, 0, 0, 0}, v6)},
		{"null freebsd ipv6", capture.LinkNull, join([]byte{0, 0, 0, 28}, v6)},
		{"loop macos ipv6", capture.LinkLoop, join([]byte{0, 0, 0, 30}, v6)},
		{"ppp", capture.LinkPPP, join([]byte{0xff, 3}, be(pppIPv4), v4)},
		{"ppp without address", capture.LinkPPP, join(be(pppIPv6), v6)},
		{"ppp short protocol", capture.LinkPPP, join([]byte{0xff, 3, pppIPv4}, v4)},
		{"ppp short all", capture.LinkPPPHDLC, join([]byte{pppIPv6}, v6)},
		{"ppp mpls", capture.LinkPPPHDLC, join([]byte{0xff, 3}, be(pppMPLS), bottom, v4)},
		{"ppp with a direction", capture.LinkPPPDirection, join([]byte{1, 0xff, 3}, be(pppIPv4), v4)},
		{"ppp stuffed", capture.LinkPPP, stuffed(0x20, join([]byte{0xff, 3}, be(pppIPv4), v4))},
		{"ppp stuffed, no control character escaped", capture.LinkPPPHDLC, stuffed(0, join([]byte{0xff, 3}, be(pppIPv6), v6))},
		{"ppp stuffed, short", capture.LinkPPPHDLC, stuffed(0x20, join([]byte{pppIPv4}, v4))},
		{"ppp stuffed, without its flags", capture.LinkPPP, bytes.Trim(stuffed(0x20, join([]byte{0xff, 3}, be(pppIPv4), v4)), "~")},
		{"ppp stuffed, all escaped", capture.LinkPPPDirection, join([]byte{0}, stuffed(0xff, join([]byte{0xff, 3}, be(pppIPv4), v4)))},
		{"ppp hdlc cisco", capture.LinkPPPHDLC, join([]byte{0x0f, 0}, be(etherIPv4), v4)},
		{"pppoe link", capture.LinkPPPoE, pppoe},
		{"pppoe", capture.LinkEthernet, ethernet(etherPPPoE, join(pppoe, make([]byte, 5)))},
		{"c_hdlc", capture.LinkCHDLC, join([]byte{0x8f, 0}, be(etherIPv6), v6)},
		{"c_hdlc mpls", capture.LinkCHDLC, join([]byte{0x0f, 0}, be(etherMPLS), label, bottom, v4)},
		{"mpls link", capture.LinkMPLS, join(label, label, bottom, v6)},
		{"mpls", capture.LinkEthernet, ethernet(etherMPLS, join(bottom, v4))},
		{"mpls multicast", capture.LinkEthernet, ethernet(etherMPLSMult, join(label, bottom, v4))},
		{"vn-tag", capture.LinkEthernet, ethernet(0x8926, join(make([]byte, 4), be(etherIPv4), v4))},
		{"security group tag in vlan", capture.LinkEthernet, ethernet(etherVLAN, vlanTag(0x8909, join([]byte{1, 1, 0, 1, 0, 9}, be(etherIPv6), v6)))},
		{"llc in a long frame", capture.LinkEthernet, ethernet(0x8870, snap)},
		{"ppi", capture.LinkPPI, join([]byte{0, 0, 12, 0, 1, 0, 0, 0, 1, 2, 3, 4}, ethernet(etherIPv4, v4))},
		{"pflog", capture.LinkPFLOG, join([]byte{61}, make([]byte, 63), v6)},
		{"enc", capture.LinkENC, join(make([]byte, 12), v4)},
		{"mpls in vlan", capture.LinkEthernet, ethernet(etherVLAN, vlanTag(etherMPLS, join(bottom, v6)))},
	}
}

// stuffed is a PPP frame as an asynchronous line has it (RFC 1662), with what stands for
// its check sequence. Octets below a bound are escaped.
func stuffed(below byte, frame []byte) []byte {
	b := []byte{0x7e}
	for _, c := range append(frame, 0x7d, 0x11) {
		if c < below || c == 0x7e || c == 0x7d {
			b = append(b, 0x7d)
			c ^= 0x20
		}
		b = append(b, c)
	}
	return append(b, 0x7e)
}

// A record of a line may have several frames, as one of 802.11.
func TestSeveralFramesInOne(t *testing.T) {
	one := join([]byte{0xff, 3}, be(pppIPv4), sipIPv4())
	snap := join([]byte{0xaa, 0xaa, 3, 0, 0, 0}, be(etherIPv4), sipIPv4())
	part := join(make([]byte, 12), be(uint16(len(snap))), snap)
	part = append(part, make([]byte, -len(part)&3)...)
	for _, c := range []carrier{
		{"ppp", capture.LinkPPP, join(stuffed(0x20, one), stuffed(0, one))},
		{"802.11", capture.LinkWifi, join([]byte{0x88, 1}, make([]byte, 22), []byte{0x80, 0}, part, part)},
	} {
		d, r := decodeOne(c.link, c.data)
		if len(r.messages) != 2 || d.stats.DecodeErrors > 0 {
			t.Errorf("%s: %d messages, want 2", c.name, len(r.messages))
		}
	}
}

// A frame that was given up is counted, and the next one is read.
func TestGivenUp(t *testing.T) {
	d, r := decodeOne(capture.LinkPPP, join([]byte("~!abc}"), stuffed(0, join([]byte{0xff, 3}, be(pppIPv4), sipIPv4()))))
	if len(r.messages) != 1 || d.stats.DecodeErrors != 1 {
		t.Errorf("%d messages, %d errors, want one of each", len(r.messages), d.stats.DecodeErrors)
	}
}

func TestLinks(t *testing.T) {
	for _, c := range linkCarriers() {
		t.Run(c.name, func(t *testing.T) {
			d, r := decodeOne(c.link, c.data)
			if len(r.messages) != 1 {
				t.Fatalf("%d messages, want 1; %+v", len(r.messages), d.stats)
			}
			m := r.messages[0]
			if string(m.Raw) != sipText {
				t.Errorf("payload %q", m.Raw)
			}
			wantSrc, wantID := "192.0.2.1:5060", uint32(0x1234)
			if m.Src.Host() == "2001:db8::1" {
				wantSrc, wantID = "[2001:db8::1]:5060", 0
			}
			if m.Src.String() != wantSrc || m.Dst.Port != 5062 || m.IPID != wantID || m.Carriage != 0 {
				t.Errorf("src %v, dst %v, id %#x, carriage %v", m.Src, m.Dst, m.IPID, m.Carriage)
			}
			if d.stats.DecodeErrors != 0 {
				t.Error("counted as a decode error")
			}
		})
	}
}

// TestTruncated cuts every kind of frame at every byte: what comes out is the
// beginning of the text, and nothing but that.
func TestTruncated(t *testing.T) {
	for _, c := range append(linkCarriers(), tunnelCarriers()...) {
		t.Run(c.name, func(t *testing.T) {
			for n := range c.data {
				d, r := newRecorder(Limits{})
				f := frameOf(c.link, 1, 1, bytes.Clone(c.data[:n]))
				f.Length = len(c.data)
				d.Frame(f)
				d.Flush()
				for _, m := range r.messages {
					if !bytes.HasPrefix([]byte(sipText), m.Raw) {
						t.Fatalf("cut at %d: payload %q", n, m.Raw)
					}
					if cut := len(m.Raw) < len(sipText); cut != (m.Carriage&Cut != 0) {
						t.Fatalf("cut at %d: %d bytes, carriage %v", n, len(m.Raw), m.Carriage)
					}
				}
			}
		})
	}
}

func TestLinkNotSIP(t *testing.T) {
	arp := ethernet(0x0806, make([]byte, 46))
	for _, c := range []struct {
		name   string
		link   capture.LinkType
		data   []byte
		class  Class
		errors uint64
	}{
		{"arp", capture.LinkEthernet, arp, ClassNotIP, 0},
		{"arp in vlan", capture.LinkEthernet, ethernet(etherVLAN, vlanTag(0x0806, make([]byte, 42))), ClassNotIP, 0},
		{"spanning tree", capture.LinkEthernet, ethernet(38, join([]byte{0x42, 0x42, 3}, make([]byte, 43))), ClassNotIP, 0},
		{"cdp", capture.LinkEthernet, ethernet(30, join([]byte{0xaa, 0xaa, 3, 0, 0, 0xc}, make([]byte, 40))), ClassNotIP, 0},
		{"lcp stuffed", capture.LinkPPP, stuffed(0x20, []byte{0xff, 3, 0xc0, 0x21, 1, 1, 0, 4}), ClassNotIP, 0},
		{"given up", capture.LinkPPP, []byte("~\xff}#}~"), ClassOther, 1},
		{"ppp direction alone", capture.LinkPPPDirection, []byte{1}, ClassOther, 1},
		{"lcp", capture.LinkPPP, []byte{0xff, 3, 0xc0, 0x21, 1, 1, 0, 4}, ClassNotIP, 0},
		{"pppoe discovery", capture.LinkEthernet, ethernet(etherPPPoE, []byte{0x11, 9, 0, 0, 0, 0}), ClassNotIP, 0},
		{"null of another family", capture.LinkNull, []byte{7, 0, 0, 0, 1}, ClassNotIP, 0},
		{"sctp", capture.LinkRaw, ipv4Packet(protoSCTP, make([]byte, 12)), ClassSCTP, 0},
		{"esp", capture.LinkRaw, ipv6Packet(protoESP, make([]byte, 12)), ClassESP, 0},
		{"ospf", capture.LinkRaw, ipv4Packet(89, make([]byte, 12)), ClassOtherIP, 0},
		{"bfd in a pseudowire channel", capture.LinkMPLS, []byte{0, 1, 0x41, 1, 0x10, 0, 0, 7, 1, 2, 3, 4}, ClassNotIP, 0},
		{"empty", capture.LinkEthernet, nil, ClassOther, 1},
		{"ppi in ppi", capture.LinkPPI, []byte{0, 0, 8, 0, 192, 0, 0, 0, 1, 2}, ClassOther, 1},
		{"ppi longer than the frame", capture.LinkPPI, []byte{0, 0, 9, 0, 1, 0, 0, 0}, ClassOther, 1},
		{"pflog cut", capture.LinkPFLOG, []byte{61, 0}, ClassOther, 1},
		{"vn-tag cut", capture.LinkEthernet, ethernet(0x8926, make([]byte, 5)), ClassOther, 1},
		{"nsh shorter than itself", capture.LinkEthernet, ethernet(etherNSH, make([]byte, 9)), ClassOther, 1},
		{"raw of another version", capture.LinkRaw, []byte{0x55, 0, 0, 0}, ClassOther, 1},
		{"mpls without bottom", capture.LinkMPLS, make([]byte, 40), ClassOther, 1},
		{"pppoe version 2", capture.LinkPPPoE, make([]byte, 40), ClassOther, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, r := decodeOne(c.link, c.data)
			if len(r.messages) != 0 || d.stats.DecodeErrors != c.errors {
				t.Errorf("%d messages, %d errors, want 0 and %d", len(r.messages), d.stats.DecodeErrors, c.errors)
			}
			if c.errors == 0 && d.stats.Census.Packets[c.class] != 1 {
				t.Errorf("census %v, want class %d", d.stats.Census.Packets, c.class)
			}
		})
	}
}

func TestUnknownLinks(t *testing.T) {
	d, _ := newRecorder(Limits{})
	for range 3 {
		d.Frame(frameOf(106, 1, 1, sipIPv4()))
	}
	for link := capture.LinkType(300); link < 310; link++ {
		d.Frame(frameOf(link, 1, 1, nil))
	}
	got := d.Stats().UnknownLinks
	if got[0] != (LinkCount{106, 3}) || got[1] != (LinkCount{300, 1}) || got[7] != (LinkCount{306, 1}) {
		t.Errorf("unknown links %v", got)
	}
	if d.stats.DecodeErrors != 3 {
		t.Errorf("%d decode errors for the rest, want 3", d.stats.DecodeErrors)
	}
}

// TestUnread counts what holds packets and is not read, by its name.
func TestUnread(t *testing.T) {
	for _, c := range []struct {
		what string
		link capture.LinkType
		data []byte
	}{
		{"MACsec", capture.LinkEthernet, ethernet(etherVLAN, vlanTag(0x88e5, make([]byte, 40)))},
		{"TRILL", capture.LinkSLL2, join(be(0x22f3), make([]byte, 18), make([]byte, 40))},
		{"Frame Relay in GRE", capture.LinkRaw, ipv4Packet(protoGRE, join(be(0), be(0x6559), make([]byte, 40)))},
		{"encrypted 802.11", capture.LinkWifi, join([]byte{0x88, 0x41}, make([]byte, 60))},
		{"", capture.LinkWifi, join([]byte{0x80, 0x40}, make([]byte, 60))},
		{"", capture.LinkEthernet, ethernet(0x0806, make([]byte, 28))},
		{"compressed PPP", capture.LinkPPP, join([]byte{0xff, 3, 0, 0xfd}, make([]byte, 40))},
		{"", capture.LinkPPP, []byte{0xff, 3, 0xc0, 0x21, 1, 1, 0, 4}},
		{"IPComp", capture.LinkRaw, ipv6Packet(108, make([]byte, 40))},
		{"L2TP of version 3", capture.LinkRaw, ipv4Packet(115, make([]byte, 40))},
		{"L2TP of version 3", capture.LinkRaw, ipv4Packet(protoUDP, udpDatagram(40000, portL2TP, join(be(3), make([]byte, 40))))},
		{"", capture.LinkRaw, ipv4Packet(89, make([]byte, 12))},
	} {
		d, _ := newRecorder(Limits{})
		d.Frame(frameOf(c.link, 1, 1, c.data))
		d.Frame(frameOf(c.link, 2, 1, c.data))
		d.Frame(frameOf(capture.LinkRaw, 3, 1, ipv4Packet(89, make([]byte, 12))))
		s := d.Stats()
		want := UnreadCount{c.what, 2}
		if c.what == "" {
			want = UnreadCount{}
		}
		if s.Unread[0] != want || s.Unread[1] != (UnreadCount{}) || s.UnreadPackets() != want.Packets || s.DecodeErrors != 0 {
			t.Errorf("%q: %v, %d decode errors", c.what, s.Unread, s.DecodeErrors)
		}
	}
}
