package analyze

import (
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// TestBreachOfNamesWhoBreaksIt: where a rule says who breaks it, that is who the sentence of
// one message names too, and not its sender.
func TestBreachOfNamesWhoBreaksIt(t *testing.T) {
	alice, bob := decode.Endpoint{Port: 40000}, decode.Endpoint{Port: 5060}
	var m decode.Message
	m.Src, m.Dst, m.Transport = bob, alice, decode.UDP
	for _, x := range []*Exchange{{Message: &m}, {Message: &m, Transaction: &result.Transaction{Src: alice, Dst: bob}}} {
		want := hostName(knownAs(alice, decode.UDP)) + " could not be reached with the answer to its MESSAGE"
		if got := BreachOf("response-unreachable", x).Sentence; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
