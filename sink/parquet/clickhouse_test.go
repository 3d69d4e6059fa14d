package parquet

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"simplecap/internal/shared"
	"simplecap/sink"
)

// asked are captures in which each of the ten questions finds something.
var asked = []string{"proxy-inleg-200-missing.pcap", "auth-407-then-200.pcap", "sms-end-to-end.pcap", "sms-report-matching.pcap",
	"sms-no-report-and-late-report.pcap", "sms-memory-full-and-smma.pcap"}

// questions are those of docs/sinks.md.
func questions(t *testing.T) (all []string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/sinks.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```sql\n(.*?);?\n```").FindAllSubmatch(page, -1) {
		all = append(all, string(block[1]))
	}
	if len(all) != 10 {
		t.Fatalf("%d questions", len(all))
	}
	return all
}

// TestClickHouse sends rows as Parquet to the engine of ClickHouse, where npm has brought
// it, twice, reads files with it, and asks it the ten questions and all that the dashboard
// asks.
func TestClickHouse(t *testing.T) {
	engine, dir := shared.StartClickHouse(t), t.TempDir()
	for range 2 {
		a, err := sink.Parse("clickhouse+http://default@" + engine.Address)
		if err == nil {
			err = a.Resolve(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		store, err := sink.OpenClickHouse(a, schema, sink.ClickHouseOptions{Encode: Encoder(schema), Format: "Parquet"})
		if err != nil {
			t.Fatal(err)
		}
		written(t, store, append([]string(nil), asked...)...)
	}
	answer := func(statement string) string {
		got, err := engine.Query(statement, "simplecap", "TabSeparated")
		if err != nil || got == "" {
			t.Errorf("%s: %q, %v", statement, got, err)
		}
		return got
	}
	for _, question := range questions(t) {
		answer(strings.ReplaceAll(question, "quantile_cont(rtt_ms, 0.95)", "quantile(0.95)(rtt_ms)") + " SETTINGS final = 1")
	}
	for _, question := range ofDashboard(t) {
		answer(question)
	}
	written(t, open(t, dir, Limits{}), append([]string(nil), asked...)...)
	for _, table := range schema {
		files := "file('" + filepath.Join(dir, table.Name, "*.parquet") + "', Parquet)"
		if sent, read := answer("SELECT count() FROM "+table.Name+" FINAL"), answer("SELECT count() FROM "+files); sent != read {
			t.Errorf("%s: %s rows sent, %s in files", table.Name, sent, read)
		}
	}
}

// ofDashboard are the queries of the dashboard over rows, with what Grafana makes of its
// macros.
func ofDashboard(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("../../contrib/grafana/simplecap-rows.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct{ Targets []struct{ RawSQL string } }
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	between := regexp.MustCompile(`\$__timeFilter\((\w+)\)`)
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			sql := between.ReplaceAllString(target.RawSQL, "( $1 >= toDateTime(1735689600) AND $1 <= toDateTime(1924991999) )") // 2025 to 2030
			all = append(all, strings.ReplaceAll(sql, "${number}", "+44"))
		}
	}
	if len(all) < 5 {
		t.Fatalf("%d queries", len(all))
	}
	return all
}
