package report

import (
	"fmt"
	"strings"
	"testing"

	"simplecap/analyze/result"
)

// manyTransactions are 1,000 of which each hundredth was refused.
func manyTransactions(t *testing.T, options Options) string {
	t.Helper()
	var out strings.Builder
	w, err := New(Table, &out, options)
	if err != nil {
		t.Fatal(err)
	}
	r := &result.Report{Summary: result.Summary{Transactions: 1000, Success: 990, Rejected: 10}}
	for id := uint64(1); id <= 1000; id++ {
		x := result.Transaction{ID: id, Method: "MESSAGE", Status: 200, Outcome: result.Success}
		if id%100 == 0 {
			x.Status, x.Outcome = 486, result.Rejected
		}
		w.Transaction(&x)
	}
	for i := range 68 {
		r.Findings = append(r.Findings, result.Finding{Rule: "no-final-response", Severity: result.Error, Reference: "RFC 3261 17.1.2",
			Peer: fmt.Sprintf("10.0.0.%d:5060", i), Count: uint64(1 + i/60), Message: fmt.Sprintf("peer %d is silent", i)})
	}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A large capture is one screen: what failed, the rules by how many broke them, and
// what succeeded as a number.
func TestLargeCapturesAreOneScreen(t *testing.T) {
	text := manyTransactions(t, Options{})
	if lines := strings.Count(text, "\n"); lines > 40 {
		t.Errorf("%d lines:\n%s", lines, text)
	}
	for _, want := range []string{"\n  100  ", "\n1,000  ", "… 990 more transactions", "no-final-response: 76 at 68 peers, RFC 3261 17.1.2",
		"most: 10.0.0.60:5060 2×", ", 63 more", "peer 60 is silent"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for name, options := range map[string]Options{"asked": {Rows: 200}, "all": {Rows: AllRows}} {
		text := manyTransactions(t, options)
		if want := map[string]int{"asked": 190, "all": 990}[name]; strings.Count(text, "  200\n") != want {
			t.Errorf("%s: %d successes, want %d", name, strings.Count(text, "  200\n"), want)
		}
	}
}
