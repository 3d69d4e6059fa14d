package analyze

import (
	"slices"
	"testing"

	"simplecap/analyze/result"
)

// TestFound: with Options.Found a filter sees the findings that a transaction is in, those
// of its delivery and those that began at another hop too, and nothing is kept of them
// once it has gone.
func TestFound(t *testing.T) {
	const text = "0.00 alice > proxy MESSAGE\n  Contact: <sip:alice@10.0.0.1>\n" +
		"0.01 proxy > bob MESSAGE @2\n  Contact: <sip:alice@10.0.0.1>\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n" +
		"  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n" +
		"0.03 bob > proxy 200 OK @2\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n" +
		"  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n40 end\n"
	seen := map[uint64][]string{}
	_, report := analyseText(t, text, Options{Found: true, Where: func(x *result.Transaction) bool {
		for _, f := range x.InFindings {
			seen[x.ID] = append(seen[x.ID], f.Rule)
		}
		if x.InDelivery == nil || x.InDelivery.Verdict != result.AnswerNotRelayed || len(x.InDelivery.Hops) != 2 {
			t.Errorf("transaction %d is of %+v", x.ID, x.InDelivery)
		}
		return false
	}})
	for _, f := range report.Findings {
		if len(f.Transactions) > 0 {
			t.Errorf("a finding of nothing that is wanted: %+v", f)
		}
	}
	for id, rules := range map[uint64][]string{1: {"contact-in-message", "answer-not-relayed"}, 2: {"contact-in-message", "answer-not-relayed"}} {
		for _, rule := range rules {
			if !slices.Contains(seen[id], rule) {
				t.Errorf("transaction %d is not seen in %s: %v", id, rule, seen[id])
			}
		}
	}
}

// TestFoundIsForgotten: what is known of closed transactions is given up with them.
func TestFoundIsForgotten(t *testing.T) {
	a := newAnalyzer(Options{Found: true}.withDefaults(), discard{})
	defer a.close()
	messages := messagesOf(t, "proxy", 200)
	for i := range messages {
		messages[i].ToTag.Len = max(1, messages[i].ToTag.Len) // breaks to-tag-outside-dialog
		a.see(&messages[i])
	}
	open := len(a.blame.findingsOf)
	a.closeAll()
	if open < 100 || len(a.blame.findingsOf) > 0 {
		t.Errorf("findings of %d transactions were known, of %d when all had closed", open, len(a.blame.findingsOf))
	}
}
