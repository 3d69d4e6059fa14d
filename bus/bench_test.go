package bus_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/bus"
	"simplecap/capture"
	"simplecap/internal/wire"
)

// proxied are MESSAGEs through two proxies, and their answers, as one host with all of it
// in its cable sees them: three legs each, with Call-IDs, tags and branches of their own.
func proxied(messages int) (frames []capture.Frame) {
	random := rand.New(rand.NewPCG(1, 2))
	ends := []netip.AddrPort{netip.MustParseAddrPort("10.9.0.1:5060"), netip.MustParseAddrPort("10.9.0.10:5060"), netip.MustParseAddrPort("10.9.0.11:5060"), netip.MustParseAddrPort("10.9.0.20:5060")}
	send := func(at int64, src, dst netip.AddrPort, text string) {
		p := wire.Packet{Src: src, Dst: dst, Protocol: wire.UDP, Payload: []byte(text)}
		data := p.AppendFrame(nil)
		frames = append(frames, capture.Frame{Data: data, Length: len(data), HasTime: true, Time: at, Link: capture.LinkEthernet, File: 1, Number: uint64(len(frames) + 1)})
	}
	for n := range messages {
		at := wire.Epoch.UnixNano() + int64(n)*int64(200*time.Microsecond)
		rest := fmt.Sprintf("Max-Forwards: 70\r\nFrom: <sip:+4477009%05d@example.com>;tag=%x\r\nTo: <sip:+4477008%05d@example.com>\r\nCall-ID: %x@10.9.0.1\r\nCSeq: 1 MESSAGE\r\n",
			random.IntN(1e5), random.Uint32(), random.IntN(1e5), random.Uint64())
		var vias []string
		for hop := range 3 {
			vias = append([]string{fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bK%x\r\n", ends[hop], random.Uint64())}, vias...)
			send(at+int64(hop)*1e5, ends[hop], ends[hop+1], fmt.Sprintf("MESSAGE sip:+44770080000@10.9.0.%d SIP/2.0\r\n%s%sContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", 10+hop, strings.Join(vias, ""), rest))
		}
		for hop := 2; hop >= 0; hop-- {
			send(at+int64(9-hop)*1e5, ends[hop+1], ends[hop], fmt.Sprintf("SIP/2.0 200 OK\r\n%s%sContent-Length: 0\r\n\r\n", strings.Join(vias[2-hop:], ""), rest))
		}
	}
	return frames
}

// BenchmarkCollect decodes, joins and judges legs, as one partition does.
func BenchmarkCollect(b *testing.B) {
	all := publish(b, "host", proxied(20000), analyze.Options{})
	bytes := 0
	for _, m := range all {
		bytes += len(m.Data)
	}
	b.ReportAllocs()
	legs := uint64(0)
	for b.Loop() {
		j := analyze.NewJoiner(analyze.Options{}, &nothing{})
		c, err := bus.NewCollector(j, bus.CollectorOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range all {
			c.Take(m.Data, bus.Arrival{At: time.Unix(1, 0)})
		}
		c.End()
		legs += c.Counts().Legs
		j.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(legs), "ns/leg")
	b.ReportMetric(float64(bytes)*float64(b.N)/float64(legs), "B/leg")
}

// nothing takes results, and keeps none.
type nothing struct{ rows }

func (nothing) Transaction(*result.Transaction) {}
func (nothing) Delivery(*result.Delivery)       {}
func (nothing) Text(*result.Text)               {}
