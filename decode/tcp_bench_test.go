package decode

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"simplecap/capture"
	"simplecap/internal/wire"
)

// connection makes in-order segments of one connection again and again.
type connection struct {
	frame *capture.Frame
	seq   uint32
	size  uint32
}

func newConnection(port uint16, payload string) *connection {
	b := packetBetween(clientEnd, serverEnd, protoTCP, tcpSegment(port, 5060, 1, 1, flagACK, payload))
	return &connection{frame: frameOf(capture.LinkRaw, 1, 0, b), seq: 1, size: uint32(len(payload))}
}

func (c *connection) send(d *Decoder) {
	binary.BigEndian.PutUint32(c.frame.Data[24:], c.seq)
	c.seq += c.size
	c.frame.Time += 1000
	d.Frame(c.frame)
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

func BenchmarkTCPMessage(b *testing.B) { benchmarkTCP(b, 1, wire.StreamMessage("a", "Hello world.")) }
func BenchmarkTCPPipelined(b *testing.B) {
	benchmarkTCP(b, 1, strings.Repeat(wire.StreamMessage("a", "Hello"), 8))
}
func BenchmarkTCP64Connections(b *testing.B) {
	benchmarkTCP(b, 64, wire.StreamMessage("a", "Hello world."))
}
func BenchmarkTCPSplit(b *testing.B) {
	text := wire.StreamMessage("a", "Hello world.")
	benchmarkTCP(b, 1, text[50:]+text[:50])
}
func BenchmarkTCPForeign(b *testing.B) {
	benchmarkTCP(b, 1, "\x17\x03\x03\x05\x00"+strings.Repeat("x", 1280))
}
func BenchmarkTCPForeign10000Connections(b *testing.B) {
	benchmarkTCP(b, 10000, "\x17\x03\x03\x05\x00"+strings.Repeat("x", 1280))
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
