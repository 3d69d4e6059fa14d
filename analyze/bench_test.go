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

// messagesOf decodes generated frames.
func messagesOf(t testing.TB, profile string, transactions int) []decode.Message {
	t.Helper()
	var found kept
	d := decode.NewDecoder(&found, decode.Options{})
	for _, f := range generated(t, profile, transactions) {
		d.Frame(&f)
	}
	d.Flush()
	return found.messages
}

// see hands a message to an analyzer as the workers leave it, without content.
func (a *analyzer) see(m *decode.Message) {
	a.message(&event{message: *m, hashes: a.options.hashesOf(m), allow: allowanceOf(m)})
}

// feed gives an analyzer messages.
func (a *analyzer) feed(messages []decode.Message) {
	for i := range messages {
		a.closer.advance(messages[i].Time)
		a.see(&messages[i])
	}
}

// BenchmarkPairing measures what comes behind the scanner, sipgo and the rules for
// single messages: pairing, rules for exchanges, deliveries and closing.
func BenchmarkPairing(b *testing.B) {
	for _, name := range []string{"udp", "tcp", "proxy", "lossy"} {
		b.Run(name, func(b *testing.B) {
			const transactions = 2000
			messages := messagesOf(b, name, transactions)
			b.ReportAllocs()
			for b.Loop() {
				a := newAnalyzer(Options{}, new(counter))
				a.feed(messages)
				a.closer.finish()
				if a.totals.summary.Transactions < transactions {
					b.Fatal(a.totals.summary.Transactions)
				}
				a.close()
			}
			b.ReportMetric(float64(b.N)*float64(len(messages))/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
