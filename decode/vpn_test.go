package decode

import (
	"math/rand/v2"
	"testing"

	"simplecap/capture"
	"simplecap/hep"
	"simplecap/internal/wire"
)

// TestIPsecOfOthers tells IPsec between hosts that exchange SIP from that of others, whenever
// the SIP comes.
func TestIPsecOfOthers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	sealed := func(last byte) []byte {
		payload := make([]byte, 8+400)
		for i := range payload {
			payload[i] = byte(rnd.Uint32())
		}
		copy(payload, []byte{0, 0, 16, last, 0, 0, 0, 1})
		b := ipv4Packet(protoESP, payload)
		b[19] = last
		return b
	}
	for name, frames := range map[string][][]byte{
		"before": {sipIPv4(), sealed(2), sealed(2), sealed(7)},
		"behind": {sealed(2), sealed(7), sipIPv4(), sealed(2), sealed(7), sealed(2)},
	} {
		d, r := newRecorder(Limits{})
		for i, data := range frames {
			d.Frame(frameOf(capture.LinkRaw, uint64(i+1), float64(i), data))
		}
		sip := map[byte]bool{}
		for _, e := range r.events {
			sip[ipv4Of(e.Dst)[3]] = e.SIP
		}
		if len(sip) != 2 || !sip[2] || sip[7] {
			t.Errorf("%s: %+v", name, r.events)
		}
		if name == "before" && len(r.events) != 2 || name == "behind" && len(r.events) != 3 {
			t.Errorf("%s: told %d times", name, len(r.events))
		}
	}
}

// TestIPsecInUDP reads ESP behind an address translator (RFC 3948) whatever its SPI is, of
// which many begin with a byte that SIP may begin with, and SIP on the same port.
func TestIPsecInUDP(t *testing.T) {
	inside := sipDatagram()
	pad := (-(len(inside) + 2)) & 3
	trailer := join([]byte{1, 2, 3}[:pad], []byte{byte(pad), protoUDP}, make([]byte, 12))
	for first := range 256 {
		d, r := newRecorder(Limits{})
		payload := join([]byte{byte(first), 0x20, 'A', 0xbc, 0, 0, 0, 1}, inside, trailer)
		d.Frame(frameOf(capture.LinkRaw, 1, 0, ipv4Packet(protoUDP, udpDatagram(40000, portNATT, payload))))
		copy(payload[4:], "ABCD") // after a thousand million packets
		d.Frame(frameOf(capture.LinkRaw, 2, 0, ipv4Packet(protoUDP, udpDatagram(40000, portNATT, payload))))
		if len(r.messages) != 2 {
			t.Errorf("SPI that begins with %#02x: %d messages", first, len(r.messages))
		}
	}
	for name, test := range map[string]struct {
		payload  string
		messages int
		class    Class
	}{
		"SIP":                     {sipText, 1, ClassIKE},
		"SIP behind line ends":    {"\r\n\r\n" + sipText, 1, ClassIKE},
		"SIP behind a NUL byte":   {"\x00" + sipText, 1, ClassIKE},
		"SIP behind NUL bytes":    {"\x00\x00\x00\x00" + sipText, 1, ClassIKE},
		"HEP":                     {string(hepPacket(t, hep.ProtocolUDP, 1, wire.PlainMessage)), 1, ClassHEP},
		"a message of IKE":        {"\x00\x00\x00\x00" + "\x20\xf0\x9e\x11 more of it", 0, ClassIKE},
		"IKE, its SPI of letters": {"\x00\x00\x00\x00" + "SPI and more of it", 0, ClassIKE},
		"text":                    {"GET / HTTP/1.1\r\n\r\n", 0, ClassHTTP},
		"a keep-alive":            {"\xff", 0, ClassKeepAlive},
		"line ends":               {"\r\n\r\n", 0, ClassKeepAlive},
	} {
		d, r := newRecorder(Limits{})
		d.Frame(frameOf(capture.LinkRaw, 1, 0, ipv4Packet(protoUDP, udpDatagram(portNATT, 40000, []byte(test.payload)))))
		stats := d.Stats()
		if len(r.messages) != test.messages || test.messages == 0 && stats.Census.Packets[test.class] != 1 {
			t.Errorf("%s: %d messages, %v", name, len(r.messages), stats.Census.Packets)
		}
	}
}
