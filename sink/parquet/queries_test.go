package parquet

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"simplecap/internal/shared"
)

// TestQueries runs the questions of docs/sinks.md: each must find something in captures
// of the project.
func TestQueries(t *testing.T) {
	modules, dir := shared.NodeModules(t, "@duckdb/node-api"), t.TempDir()
	written(t, open(t, dir, Limits{}), "proxy-inleg-200-missing.pcap", "auth-407-then-200.pcap", "sms-end-to-end.pcap", "sms-report-matching.pcap",
		"sms-no-report-and-late-report.pcap", "sms-memory-full-and-smma.pcap")
	page, err := os.ReadFile("../../docs/sinks.md")
	if err != nil {
		t.Fatal(err)
	}
	given := []string{"testdata/query.mjs", modules, dir, "../../contrib/sinks/views.sql"}
	for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1) {
		given = append(given, string(block[1]))
	}
	if len(given) != 14 {
		t.Fatalf("%d questions", len(given)-4)
	}
	out, err := exec.Command("node", given...).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var answers [][]map[string]any
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	for i, rows := range answers {
		if len(rows) == 0 {
			t.Errorf("no answer to %s", given[4+i])
		}
	}
	if hops := answers[1]; len(hops) != 3 || hops[0]["src"] != "10.61.1.10:5060" || hops[0]["forward_ms"] != nil || hops[1]["forward_ms"] == nil {
		t.Errorf("the hops of a call: %v", hops)
	}
	if failures := answers[2]; failures[0]["verdict"] != "answer-not-relayed" || failures[0]["peer"] != "198.51.100.20:5060" {
		t.Errorf("failures: %v", failures)
	}
}
