package decode

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

// connection makes in-order segments of one connection again and again.
type connection struct {
	p       packet
	segment []byte
	seq     uint32
	size    uint32
}

func newConnection(port uint16, payload string) *connection {
	c := &connection{segment: tcpSegment(port, 5060, 1, 1, flagACK, payload), seq: 1, size: uint32(len(payload))}
	c.p.src.IP, c.p.dst.IP, c.p.hasTime = clientEnd.IP, serverEnd.IP, true
	return c
}

func (c *connection) send(d *Decoder) {
	binary.BigEndian.PutUint32(c.segment[4:], c.seq)
	c.seq += c.size
	c.p.time += 1000
	d.tcp(&c.p, c.segment)
}

func benchmarkTCP(b *testing.B, conns int, payload string) {
	d := NewDecoder(discard{}, Options{})
	var all []*connection
	for i := range conns {
		all = append(all, newConnection(uint16(10000+i), payload))
	}
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		all[i%conns].send(d)
	}
}

func BenchmarkTCPMessage(b *testing.B) { benchmarkTCP(b, 1, streamMessage("a", "Hello world.")) }
func BenchmarkTCPPipelined(b *testing.B) {
	benchmarkTCP(b, 1, strings.Repeat(streamMessage("a", "Hello"), 8))
}
func BenchmarkTCP64Connections(b *testing.B) {
	benchmarkTCP(b, 64, streamMessage("a", "Hello world."))
}
func BenchmarkTCPSplit(b *testing.B) {
	text := streamMessage("a", "Hello world.")
	benchmarkTCP(b, 1, text[50:]+text[:50])
}
func BenchmarkTCPForeign(b *testing.B) {
	benchmarkTCP(b, 1, "\x17\x03\x03\x05\x00"+strings.Repeat("x", 1280))
}
func BenchmarkTCPForeign10000Connections(b *testing.B) {
	benchmarkTCP(b, 10000, "\x17\x03\x03\x05\x00"+strings.Repeat("x", 1280))
}

// adversarial streams, framed in segments of 1460 bytes and of one byte.
var adversarial = map[string]string{
	"request lines":       strings.Repeat("MESSAGE a SIP/2.0\r\n", 3400),
	"status in one line":  strings.Repeat("SIP/2.0 200 ", 5400),
	"control characters":  strings.Repeat("SIP/2.0 200 ", 600) + "\x01",
	"liars":               strings.Repeat(streamMessageOf("a", "60000", "Hello world."), 400),
	"quoted in body":      streamMessageOf("a", "60000", strings.Repeat("MESSAGE a SIP/2.0\r\nVia: x\r\n", 2400)),
	"CRs":                 "MESSAGE a SIP/2.0\r\nVia: x" + strings.Repeat("\r", 64000),
	"methods":             "x" + strings.Repeat("ACK ", 16000),
	"unfinished header":   "MESSAGE a SIP/2.0\r\nVia: " + strings.Repeat("x", 64000),
	"body without length": streamMessageOf("a", "", strings.Repeat("INVITE x SIP/2.0 ", 4000)),
	"lower-case versions": strings.Repeat("X a sip/2.0\r\nl:0\r\n\r\n", 3000),
}

// BenchmarkAdversarial frames streams made to cost much.
func BenchmarkAdversarial(b *testing.B) {
	for name, stream := range adversarial {
		for _, size := range []int{1460, 1} {
			b.Run(strings.ReplaceAll(name, " ", "-")+map[int]string{1460: "", 1: "-bytewise"}[size], func(b *testing.B) {
				b.SetBytes(int64(len(stream)))
				for b.Loop() {
					frameStream(stream, func(int) int { return size }, Limits{})
				}
			})
		}
	}
}

// BenchmarkReverse sends segments of one byte in reverse order behind a hole.
func BenchmarkReverse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		w := &segmentSender{Decoder: NewDecoder(discard{}, Options{Limits: Limits{GapTime: time.Hour}})}
		w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
		for i := range uint32(16000) {
			w.client(20000-i, "x")
		}
		w.Flush()
	}
}
