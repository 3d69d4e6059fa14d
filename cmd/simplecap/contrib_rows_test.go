package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"simplecap/sink"
)

// What the dashboard over rows asks for is in the tables.
func TestContribAsksForColumnsThatExist(t *testing.T) {
	_, text := contrib(t, "grafana/simplecap-rows.json")
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ RawSQL string }
		}
	}
	if err := json.Unmarshal([]byte(text), &dashboard); err != nil || len(dashboard.Panels) < 5 {
		t.Fatal(err, len(dashboard.Panels))
	}
	words := strings.Fields("select as from where group by order limit desc and or in sum any final having time again n p99 example")
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			sql := regexp.MustCompile(`'[^']*'|\$__\w+|\b\w+\(|\b[0-9.]+\b`).ReplaceAllString(target.RawSQL, " ")
			table := tableOf(t, regexp.MustCompile(`FROM (\w+)`).FindStringSubmatch(sql)[1])
			for _, name := range regexp.MustCompile(`[A-Za-z_]\w*`).FindAllString(sql, -1) {
				known := table.Column(name) >= 0 || name == table.Name
				for _, word := range words {
					known = known || strings.EqualFold(word, name)
				}
				if !known && !strings.Contains(sql, "AS "+name) {
					t.Errorf("%s: %s has no %s", panel.Title, table.Name, name)
				}
			}
		}
	}
}

func tableOf(t *testing.T, name string) *sink.Table {
	t.Helper()
	for _, table := range sink.NewSchema() {
		if table.Name == name {
			return table
		}
	}
	t.Fatalf("there is no table %s", name)
	return nil
}
