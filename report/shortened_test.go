package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"simplecap/analyze/result"
)

// However long what programs call themselves is, and however many findings repeat it, a
// report is no longer than what it says, and it is still JSON.
func TestLongAgentsAreShortened(t *testing.T) {
	long := strings.Repeat("é\x01", 40_000)
	r := &result.Report{}
	const findings = 2000
	for range findings {
		r.Findings = append(r.Findings, result.Finding{Rule: "loop", Peer: "192.0.2.1:5060", UserAgent: long, Count: 1})
	}
	r.Peers = []result.Peer{{Address: "192.0.2.1:5060", UserAgent: long}}
	var out bytes.Buffer
	w, err := New(JSON, &out, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	if out.Len() > findings*2000 {
		t.Errorf("%d bytes for %d findings", out.Len(), findings)
	}
	var report struct {
		Peers    []struct{ User_agent string }
		Findings []struct{ User_agent string }
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != findings || len(report.Peers) != 1 {
		t.Fatalf("%d findings, %d peers", len(report.Findings), len(report.Peers))
	}
	for _, agent := range []string{report.Findings[findings-1].User_agent, report.Peers[0].User_agent} {
		if !strings.HasPrefix(agent, "é\x01é") || !strings.HasSuffix(agent, "…") || len(agent) > mostAgentBytes+len("…") {
			t.Errorf("%d bytes: %.20q", len(agent), agent)
		}
	}
}
