package analyze

import (
	"strings"
	"testing"
)

// TestStatusesAreKeptApart: one finding would say 404 of the 503.
func TestStatusesAreKeptApart(t *testing.T) {
	found := findingsOf(t, Sample{Text: `
0.00 alice > bob MESSAGE
0.01 bob > alice 404 Not Found
1.00 alice > bob MESSAGE #2
1.01 bob > alice 503 Service Unavailable #2
2.00 alice > bob MESSAGE #3
2.01 bob > alice 404 Not Found #3
`})
	counts := map[int]uint64{}
	for _, f := range found {
		if f.Rule != "failure-response" {
			continue
		}
		counts[f.Status] = f.Count
		if !strings.Contains(f.Message, map[int]string{404: "404 Not Found", 503: "503 Service Unavailable"}[f.Status]) {
			t.Errorf("status %d: %s", f.Status, f.Message)
		}
	}
	if len(counts) != 2 || counts[404] != 2 || counts[503] != 1 {
		t.Errorf("failure-response by status: %v", counts)
	}
}

// TestFirstOfSeveral: a sentence about the first of different things says so,
// one about equal things does not.
func TestFirstOfSeveral(t *testing.T) {
	for _, test := range []struct {
		name, first, second string
		differ              bool
	}{
		{"equal", "Not Found", "Not Found", false},
		{"different", "Not Found", "No such user", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := findingsOf(t, Sample{Text: "0.00 alice > bob MESSAGE\n0.01 bob > alice 404 " + test.first +
				"\n1.00 alice > bob MESSAGE #2\n1.01 bob > alice 404 " + test.second + " #2\n"})
			for _, f := range found {
				if f.Rule == "failure-response" && strings.Contains(f.Message, "which differ") != test.differ {
					t.Error(f.Message)
				}
			}
		})
	}
}

// TestRuleVariables: what the analyzer names by variable is in the catalogue
// under its own id.
func TestRuleVariables(t *testing.T) {
	for _, rule := range pairingFinds {
		if i, ok := ruleIndex[rule.ID]; !ok || catalogue[i].Scope != WhilePairing {
			t.Errorf("%s: not in the catalogue, or checked by itself too", rule.ID)
		}
	}
}

// pairingFinds are the rules that the analyzer finds.
var pairingFinds = []*Rule{
	&cancelOfMessage, &ackToMessage, &branchReused, &conflictingFinals, &responseCseqMethod, &unmatchableResponse,
	&mergedRequest, &toTagOutsideDialog, &allowContradicted, &flood, &overlappingMessages, &duplicateText,
	&retransmitOnStream, &retransmitAfterFinal, &early100, &responseNotMirrored, &responseFromOtherAddress,
	&responseToWrongAddress, &lateResponse, &responseFromSender, &responseInBody, &responseFromThirdParty, &fragmentsIncomplete, &captureQuality, &sigcomp,
}
