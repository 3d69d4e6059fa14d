package decode

import (
	"testing"

	"simplecap/internal/wire"
)

func BenchmarkScanHead(b *testing.B) {
	raw := []byte(wire.UserAgentMessage)
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
	raw := []byte(wire.UserAgentMessage)
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

func BenchmarkDatagram(b *testing.B) {
	raw := []byte(wire.UserAgentMessage)
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
