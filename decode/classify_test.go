package decode

import (
	"testing"

	"simplecap/capture"
)

// classify is what the census counts a datagram as.
func classify(payload []byte, src, dst uint16) Class {
	d, _ := newRecorder(Limits{})
	d.Frame(frameOf(capture.LinkRaw, 1, 1, ipv4Packet(protoUDP, udpDatagram(src, dst, payload))))
	for class, n := range d.stats.Census.Packets {
		if n > 0 {
			return Class(class)
		}
	}
	return ClassOther
}

func TestClassify(t *testing.T) {
	zeros := make([]byte, 40)
	for _, c := range []struct {
		name    string
		payload []byte
		port    uint16
		want    Class
	}{
		{"nothing", nil, 5060, ClassEmpty},
		{"rtp", join([]byte{0x80, 0}, zeros), 10000, ClassRTP},
		{"rtp with marker", join([]byte{0x90, 0x80 | 96}, zeros), 5060, ClassRTP},
		{"rtp too short", []byte{0x80, 0, 1, 2}, 10000, ClassOther},
		{"rtcp sender report", join([]byte{0x80, 200}, zeros[:26]), 10001, ClassRTCP},
		{"rtcp bye", join([]byte{0x81, 203}, zeros[:6]), 10000, ClassRTCP},
		{"stun", join([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, zeros[:12]), 3478, ClassSTUN},
		{"stun without the cookie", join([]byte{0, 1, 0, 0, 1, 1, 1, 1}, zeros[:12]), 3478, ClassOther},
		{"dns query", join([]byte{0xab, 0xcd, 1, 0, 0, 1}, zeros[:18]), 53, ClassDNS},
		{"dns query with an id like rtp", join([]byte{0x80, 0, 1, 0, 0, 1}, zeros[:18]), 53, ClassDNS},
		{"dns answer", join([]byte{1, 2, 0x81, 0x80, 0, 1, 0, 2}, zeros), 5353, ClassDNS},
		{"the same elsewhere", join([]byte{1, 2, 0x81, 0x80, 0, 1, 0, 2}, zeros), 9999, ClassOther},
		{"random on port 53", join([]byte{1, 2, 0xff, 0xff, 0xff, 0xff}, zeros), 53, ClassOther},
		{"dtls 1.2", join([]byte{22, 0xfe, 0xfd}, zeros), 5061, ClassDTLS},
		{"dtls 1.0", join([]byte{20, 0xfe, 0xff}, zeros), 4444, ClassDTLS},
		{"tls", join([]byte{22, 3, 1, 2, 0, 1}, zeros), 5061, ClassTLS},
		{"neither", join([]byte{22, 7, 7}, zeros), 5061, ClassOther},
		{"sigcomp", []byte{0xf8, 1, 2}, 5060, ClassSigComp},
		{"crlf keep-alive", []byte("\r\n\r\n"), 5060, ClassKeepAlive},
		{"nul keep-alive", []byte{0, 0, 0, 0}, 5060, ClassKeepAlive},
		{"hep 3", join([]byte("HEP3"), zeros), 9060, ClassHEP},
		{"msrp", []byte("MSRP a786hjs2 SEND\r\n"), 2855, ClassMSRP},
		{"http request", []byte("M-SEARCH * HTTP/1.1\r\nHOST: x\r\n\r\n"), 1900, ClassHTTP},
		{"http response", []byte("HTTP/1.1 200 OK\r\n\r\n"), 1900, ClassHTTP},
		{"http after whom sip is named", []byte("GET /SIP/2.0 HTTP/1.1\r\n\r\n"), 80, ClassHTTP},
		{"sip 3 request", []byte("MESSAGE sip:a@b SIP/3.0\r\n\r\n"), 5060, ClassSIPOther},
		{"sip 1 response", []byte("SIP/1.0 200 OK\r\n\r\n"), 5060, ClassSIPOther},
		{"text", []byte("hello there"), 5060, ClassOther},
		{"text line", []byte("hello there\r\n"), 5060, ClassOther},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := classify(c.payload, 40000, c.port); got != c.want {
				t.Errorf("class %d, want %d", got, c.want)
			}
			if got := classify(c.payload, c.port, 40000); got != c.want {
				t.Errorf("the other way: class %d, want %d", got, c.want)
			}
		})
	}
}

func TestCensusOfDatagrams(t *testing.T) {
	rtp := join([]byte{0x80, 0}, make([]byte, 30))
	d, _ := newRecorder(Limits{})
	for range 3 {
		d.Frame(frameOf(capture.LinkRaw, 1, 1, ipv4Packet(protoUDP, udpDatagram(40000, 10000, rtp))))
	}
	census := d.Stats().Census
	if census.Packets[ClassRTP] != 3 || census.Ports[ClassRTP][0] != (PortCount{10000, 3}) {
		t.Errorf("rtp: %d packets, ports %v", census.Packets[ClassRTP], census.Ports[ClassRTP])
	}
}
