package parquet

import (
	"encoding/json"
	"os/exec"
	"testing"

	"simplecap/internal/shared"
)

// TestQueries runs the questions of docs/sinks.md: each must find something in captures
// of the project.
func TestQueries(t *testing.T) {
	modules, dir := shared.NodeModules(t, "@duckdb/node-api"), t.TempDir()
	written(t, open(t, dir, Limits{}), append([]string(nil), asked...)...)
	given := append([]string{"testdata/query.mjs", modules, dir, "../../contrib/sinks/views.sql"}, questions(t)...)
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
