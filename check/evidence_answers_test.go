package check

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
)

// Evidence of an SMS that did not arrive has the 2xx of the MESSAGE that brought it, the
// report that refused it and the end of the capture: without them it has other findings.
func TestEvidenceOfTexts(t *testing.T) {
	fail := Level(result.Warning)
	files, err := filepath.Glob("../testdata/pcaps/sms-*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.Contains(file, "memory-full") || strings.Contains(file, "report-matching") {
			continue // their findings are of texts that arrived, too, which are no evidence
		}
		evidence := evidenceOf(t, file, &Policy{Budgets: Budgets{FailOn: &fail}}, EvidenceOptions{})
		if len(framesOf(t, evidence)) == 0 {
			continue
		}
		if diff := cmp.Diff(grave(analysed(t, file)), grave(analysed(t, evidence))); diff != "" {
			t.Errorf("%s: findings (-capture +evidence):\n%s", file, diff)
		}
	}
}

// grave leaves out what tells of a capture, and not of what failed in it.
func grave(findings []string) []string {
	return slices.DeleteFunc(slices.Clone(findings), func(f string) bool {
		return strings.HasPrefix(f, "cleartext") || strings.HasPrefix(f, "capture-")
	})
}

// Where more transactions break a rule than a verdict keeps, the evidence has no answer
// without its request.
func TestEvidenceOfMany(t *testing.T) {
	var exchange strings.Builder
	for i := range 3 * DefaultLimits.Transactions {
		server := []string{"bob", "carol", "dave"}[i/DefaultLimits.Transactions]
		fmt.Fprintf(&exchange, "%d alice > %s tcp MESSAGE #%d\n%d.0 %s > alice tcp 403 Forbidden #%d\n", 40*i, server, i+1, 40*i+20, server, i+1)
	}
	fail := Level(result.Note)
	evidence := evidenceOf(t, exchangeFile(t, exchange.String()), &Policy{Budgets: Budgets{FailOn: &fail}}, EvidenceOptions{})
	for _, f := range analysed(t, evidence) {
		if strings.HasPrefix(f, "stray-response") {
			t.Error(f)
		}
	}
}
