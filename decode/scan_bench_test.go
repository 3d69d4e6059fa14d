package decode

import "testing"

const benchMessage = "MESSAGE sip:user2@domain.com SIP/2.0\r\n" +
	"Via: SIP/2.0/TCP user1pc.domain.com;branch=z9hG4bK776sgdkse\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: \"User One\" <sip:user1@domain.com>;tag=49583\r\n" +
	"To: <sip:user2@domain.com>\r\n" +
	"Call-ID: asd88asd77a@1.2.3.4\r\n" +
	"CSeq: 1 MESSAGE\r\n" +
	"User-Agent: example/1.0 (test)\r\n" +
	"P-Asserted-Identity: <sip:user1@domain.com>\r\n" +
	"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO\r\n" +
	"Content-Type: text/plain\r\n" +
	"Content-Length: 18\r\n\r\n" +
	"Watson, come here."

func BenchmarkScanHead(b *testing.B) {
	raw := []byte(benchMessage)
	var m Message
	limits := DefaultLimits
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if body := scanHead(raw, &m, &limits); body != len(raw)-18 {
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
