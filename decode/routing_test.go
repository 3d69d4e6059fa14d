package decode

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"simplecap/capture"
	"simplecap/decode/stream"
	"simplecap/internal/inetsum"
)

// routingHeader is an IPv6 Routing header of a type with segments left, and what follows
// its list of addresses.
func routingHeader(next, kind, left byte, list []string, more ...byte) []byte {
	b := []byte{next, 0, kind, left, byte(len(list) - 1), 0, 0, 0}
	for _, a := range list {
		ip := netip.MustParseAddr(a).As16()
		b = append(b, ip[:]...)
	}
	b = append(b, more...)
	b[1] = byte(len(b)/8 - 1)
	return b
}

// sentTo is sipDatagram with the checksum of one that is on its way to an address.
func sentTo(dst string) []byte {
	udp := sipDatagram()
	sum := uint64(protoUDP) + uint64(len(udp))
	for _, a := range []string{"2001:db8::1", dst} {
		ip := netip.MustParseAddr(a).As16()
		sum = inetsum.Add(sum, ip[:])
	}
	binary.BigEndian.PutUint16(udp[6:], ^inetsum.Fold(inetsum.Add(sum, udp)))
	return udp
}

// TestRouting reads what goes to its destination over others: that is the last segment,
// to which the checksum belongs, whichever the packet is on its way to.
func TestRouting(t *testing.T) {
	const final = "2001:db8::99"
	route := []string{final, "2001:db8::52", "2001:db8::51"} // of SRv6, the last segment first
	back := []string{"2001:db8::51", "2001:db8::52", final}
	tlv := []byte{5, 6, 0, 0, 0, 0, 0, 0} // of an HMAC, cut short
	inner := ipv6Packet(protoUDP, sentTo("2001:db8::2"))
	for name, test := range map[string]struct {
		next    uint8
		payload []byte
		dst     string
		came    Carriage
	}{
		"SRv6, two segments left":     {protoRouting, join(routingHeader(protoUDP, 4, 2, route), sentTo(final)), final, 0},
		"SRv6, one left, with a TLV":  {protoRouting, join(routingHeader(protoUDP, 4, 1, route, tlv...), sentTo(final)), final, 0},
		"SRv6, none left":             {protoRouting, join(routingHeader(protoUDP, 4, 0, route), sentTo("2001:db8::2")), "2001:db8::2", 0},
		"SRv6, more entries than are": {protoRouting, join(func() []byte { b := routingHeader(protoUDP, 4, 1, route); b[4] = 9; return b }(), sentTo("2001:db8::2")), "2001:db8::2", 0},
		"SRv6 around IPv6":            {protoRouting, join(routingHeader(protoIPv6, 4, 2, route), inner), "2001:db8::2", Tunneled},
		"SRv6 around IPv4":            {protoRouting, join(routingHeader(protoIPv4, 4, 2, route), sipIPv4()), "192.0.2.2", Tunneled},
		"SRv6 around Ethernet in GRE": {protoRouting, join(routingHeader(protoGRE, 4, 2, route), be(0), be(etherBridged), ethernet(etherIPv6, inner)), "2001:db8::2", Tunneled},
		"source route":                {protoRouting, join(routingHeader(protoUDP, 0, 2, back), sentTo(final)), final, 0},
		"home address":                {protoRouting, join(routingHeader(protoUDP, 2, 1, []string{final}), sentTo(final)), final, 0},
		"of an unknown type":          {protoRouting, join(routingHeader(protoUDP, 253, 1, route), sentTo("2001:db8::2")), "2001:db8::2", 0},
		"hop-by-hop, routing, options, authentication": {protoHopByHop, join(ipv6Extension(protoRouting, 8),
			routingHeader(protoDstOpts, 4, 2, route), ipv6Extension(protoAH, 16), authentication(protoUDP), sentTo(final)), final, stream.IPsec},
	} {
		data := ipv6Packet(test.next, test.payload)
		d, r := decodeOne(capture.LinkRaw, data)
		if len(r.messages) != 1 || r.messages[0].Dst.AddrPort().Addr().String() != test.dst || r.messages[0].Carriage != test.came || string(r.messages[0].Raw) != sipText {
			t.Errorf("%s: %+v", name, r.messages)
		}
		if s := d.Stats(); s.DecodeErrors+s.ChecksumErrors+s.ChecksumsWrong > 0 {
			t.Errorf("%s: %d broken, %d and %d wrong checksums", name, s.DecodeErrors, s.ChecksumErrors, s.ChecksumsWrong)
		}
		for n := range data { // cut anywhere: nothing goes wrong
			decodeOne(capture.LinkRaw, data[:n])
		}
	}
}

// nullESP is a packet of ESP with null encryption and a check value of 12 bytes.
func nullESP(payload []byte, next byte) []byte {
	b := join(make([]byte, 8), payload)
	pad := (4 - (len(payload)+2)%4) % 4
	for i := range pad {
		b = append(b, byte(i+1))
	}
	return join(b, []byte{byte(pad), next}, make([]byte, 12))
}

// TestAuthenticationHeader passes over AH with check values of any length (RFC 4302, TS
// 33.203), in transport and in tunnel mode: SIP in it is read.
func TestAuthenticationHeader(t *testing.T) {
	for _, icv := range []int{0, 12, 16, 24, 32, 64} {
		ah := func(next uint8) []byte {
			b := make([]byte, (12+icv+3)/4*4)
			b[0], b[1] = next, byte(len(b)/4-2)
			return b
		}
		for name, data := range map[string][]byte{
			"transport": ipv4Packet(protoAH, join(ah(protoUDP), sipDatagram())),
			"tunnel":    ipv4Packet(protoAH, join(ah(protoIPv4), sipIPv4())),
			"IPv6":      ipv6Packet(protoAH, join(ah(protoIPv6), sipIPv6())),
			"GRE":       ipv4Packet(protoAH, join(ah(protoGRE), be(0), be(etherIPv6), sipIPv6())),
			"ESP":       ipv4Packet(protoAH, join(ah(protoESP), nullESP(sipDatagram(), protoUDP))),
		} {
			_, r := decodeOne(capture.LinkRaw, data)
			if len(r.messages) != 1 || string(r.messages[0].Raw) != sipText || r.messages[0].Carriage&IPsec == 0 {
				t.Errorf("%s with %d bytes: %+v", name, icv, r.messages)
			}
		}
	}
}

// TestSourceRoute reads what goes to its destination by a source route of IPv4: that is the
// last address of the route until the packet has been everywhere.
func TestSourceRoute(t *testing.T) {
	const direct, final = "192.0.2.2", "192.0.2.99"
	route := []byte{192, 0, 2, 51, 192, 0, 2, 99}
	for name, test := range map[string]struct {
		options []byte
		dst     string
	}{
		"loose":               {join([]byte{1, 131, 11, 4}, route), final},
		"strict":              {join([]byte{137, 11, 8}, route, []byte{0}), final},
		"behind another":      {join([]byte{148, 4, 0, 0, 131, 11, 4}, route, []byte{0}), final},
		"at its end":          {join([]byte{1, 131, 11, 12}, route), direct},
		"record route":        {join([]byte{1, 7, 11, 4}, route), direct},
		"longer than options": {join([]byte{1, 131, 15, 4}, route), direct},
		"behind the end":      {join([]byte{0, 131, 11, 4}, route), direct},
		"of no length":        {join([]byte{1, 7, 0, 4}, route), direct},
	} {
		packet := ipv4Packet(protoUDP, sipDatagram())
		packet = join(packet[:20], test.options, packet[20:])
		packet[0] += byte(len(test.options) / 4)
		binary.BigEndian.PutUint16(packet[2:], uint16(len(packet)))
		d, r := decodeOne(capture.LinkRaw, packet)
		if len(r.messages) != 1 || r.messages[0].Dst.Host() != test.dst {
			t.Errorf("%s: %d messages, %v; %+v", name, len(r.messages), r.messages, d.stats)
		}
	}
}
