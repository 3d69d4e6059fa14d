package report

import (
	"fmt"
	"strings"
	"testing"
)

// A rule that many hosts break is a few lines of the verdict, not a paragraph each.
func TestVerdictOfManyPeers(t *testing.T) {
	var exchange strings.Builder
	const peers = 30
	for i := range peers {
		fmt.Fprintf(&exchange, "%d.0 10.1.0.%d:5060 > bob MESSAGE #%d\n  Contact: <sip:a@10.1.0.%d>\n%d.1 bob > 10.1.0.%d:5060 200 OK #%d\n", i, i+1, i+1, i+1, i, i+1, i+1)
	}
	v := verdictOf(t, "rules: {contact-in-message: error}\n", exchange.String())
	var out strings.Builder
	if err := WriteVerdict(&out, v, Options{Width: 120}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if !strings.Contains(text, "30 times at 30 peers, most at ") {
		t.Errorf("the peers are not added up:\n%s", text)
	}
	if n := strings.Count(text, "\n"); n > 40 {
		t.Errorf("%d lines for one rule:\n%s", n, text)
	}
}
