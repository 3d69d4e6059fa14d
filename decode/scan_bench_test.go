package decode

import "testing"

// benchMessage is a MESSAGE of 460 bytes as a common user agent sends it.
const benchMessage = "MESSAGE sip:service-user-bob@192.0.2.20:5060 SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK-20240-1234567-0\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: \"Alice Example\" <sip:alice@192.0.2.10:5060>;tag=20240SIPpTag001234567\r\n" +
	"To: <sip:service-user-bob@192.0.2.20:5060>\r\n" +
	"Call-ID: 1234567-20240@192.0.2.10\r\n" +
	"CSeq: 1 MESSAGE\r\n" +
	"User-Agent: example/1.0\r\n" +
	"Content-Type: text/plain\r\n" +
	"Content-Length: 33\r\n\r\n" +
	"Watson, come here. I want to see."

func BenchmarkScanHead(b *testing.B) {
	raw := []byte(benchMessage)
	var m Message
	limits := DefaultLimits
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if body := scanHead(raw, &m, &limits); body != len(raw)-33 {
			b.Fatal("body at", body)
		}
	}
}

func BenchmarkMatchStartLine(b *testing.B) {
	raw := []byte(benchMessage)
	b.ReportAllocs()
	for b.Loop() {
		if matchStartLine(raw) != startYes {
			b.Fatal("no start line")
		}
	}
}

func BenchmarkMatchStatusLine(b *testing.B) {
	raw := []byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP host;branch=z9hG4bK1\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		if matchStartLine(raw) != startYes {
			b.Fatal("no start line")
		}
	}
}

type discard struct{}

func (discard) Message(*Message)      {}
func (discard) ICMP(*ICMPError)       {}
func (discard) Connection(*ConnEvent) {}

func BenchmarkDatagram(b *testing.B) {
	raw := []byte(benchMessage)
	d := NewDecoder(discard{}, Options{})
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		d.datagram(&packet{ref: 1}, raw)
	}
	if d.stats.Messages == 0 {
		b.Fatal("no message")
	}
}

func BenchmarkDatagramNotSIP(b *testing.B) {
	rtp := append([]byte{0x80, 0, 0, 1}, make([]byte, 168)...)
	d := NewDecoder(discard{}, Options{})
	b.SetBytes(int64(len(rtp)))
	b.ReportAllocs()
	for b.Loop() {
		d.datagram(&packet{ref: 1}, rtp)
	}
	if d.stats.Messages != 0 {
		b.Fatal("RTP taken for SIP")
	}
}
