package sip

import (
	"strings"
	"testing"

	"simplecap/decode/stream"
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
		if matchStartLine(raw) != stream.Yes {
			b.Fatal("no start line")
		}
	}
}

func BenchmarkMatchStatusLine(b *testing.B) {
	raw := []byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP host;branch=z9hG4bK1\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		if matchStartLine(raw) != stream.Yes {
			b.Fatal("no start line")
		}
	}
}

// adversarial streams, framed in segments of 1460 bytes and of one byte.
var adversarial = map[string]string{
	"request lines":       strings.Repeat("MESSAGE a SIP/2.0\r\n", 3400),
	"status in one line":  strings.Repeat("SIP/2.0 200 ", 5400),
	"control characters":  strings.Repeat("SIP/2.0 200 ", 600) + "\x01",
	"liars":               strings.Repeat(wire.StreamMessageOf("a", "60000", "Hello world."), 400),
	"quoted in body":      wire.StreamMessageOf("a", "60000", strings.Repeat("MESSAGE a SIP/2.0\r\nVia: x\r\n", 2400)),
	"CRs":                 "MESSAGE a SIP/2.0\r\nVia: x" + strings.Repeat("\r", 64000),
	"methods":             "x" + strings.Repeat("ACK ", 16000),
	"unfinished header":   "MESSAGE a SIP/2.0\r\nVia: " + strings.Repeat("x", 64000),
	"body without length": wire.StreamMessageOf("a", "", strings.Repeat("INVITE x SIP/2.0 ", 4000)),
	"lower-case versions": strings.Repeat("X a sip/2.0\r\nl:0\r\n\r\n", 3000),
}

// BenchmarkAdversarial frames streams made to cost much.
func BenchmarkAdversarial(b *testing.B) {
	for name, stream := range adversarial {
		for _, size := range []int{1460, 1} {
			b.Run(strings.ReplaceAll(name, " ", "-")+map[int]string{1460: "", 1: "-bytewise"}[size], func(b *testing.B) {
				b.SetBytes(int64(len(stream)))
				for b.Loop() {
					frameStream(stream, func(int) int { return size }, DefaultLimits)
				}
			})
		}
	}
}
