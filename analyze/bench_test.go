package analyze

import (
	"testing"

	"simplecap/decode"
)

// kept keeps copies of the messages that a decoder finds.
type kept struct{ messages []decode.Message }

func (k *kept) Message(m *decode.Message) {
	var own decode.Message
	m.CopyTo(&own, nil)
	k.messages = append(k.messages, own)
}
func (k *kept) ICMP(*decode.ICMPError)       {}
func (k *kept) Connection(*decode.ConnEvent) {}

// BenchmarkPairing measures what comes behind the scanner, sipgo and the rules for
// single messages: pairing, rules for exchanges, deliveries and closing.
func BenchmarkPairing(b *testing.B) {
	for _, name := range []string{"udp", "tcp", "proxy", "lossy"} {
		b.Run(name, func(b *testing.B) {
			const transactions = 2000
			var found kept
			d := decode.NewDecoder(&found, decode.Options{})
			for _, f := range generated(b, name, transactions) {
				d.Frame(&f)
			}
			d.Flush()
			var x Exchange
			b.ReportAllocs()
			for b.Loop() {
				a := newAnalyzer(Options{}, new(counter))
				for i := range found.messages {
					m := &found.messages[i]
					a.advance(m.Time)
					x = a.options.exchange(m)
					a.message(&x, nil)
				}
				a.finish()
				if a.summary.Transactions < transactions {
					b.Fatal(a.summary.Transactions)
				}
				a.store.close()
			}
			b.ReportMetric(float64(b.N)*float64(len(found.messages))/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
