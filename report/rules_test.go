package report

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestNearRules(t *testing.T) {
	for id, want := range map[string]string{
		"mesage-case": "method-case", "no-final": "no-final-response", "contact": "contact-in-2xx", "METHOD-CASE": "method-case",
	} {
		near := strings.Join(NearRules(strings.ToLower(id)), " ")
		if id == "METHOD-CASE" {
			if near != "" {
				t.Errorf("%s exists, and has near ones: %s", id, near)
			}
			continue
		}
		if !strings.Contains(near, want) {
			t.Errorf("near %s are %s, want %s among them", id, near, want)
		}
	}
	if near := NearRules(strings.Repeat("x", 1<<20)); len(near) != 3 {
		t.Errorf("near a long id are %q", near)
	}
}

// Every rule is explained in every format, with a sample, within the width.
func TestEveryRuleIsExplained(t *testing.T) {
	for _, id := range RuleIDs() {
		var table, object strings.Builder
		if err := WriteRule(&table, id, RuleOptions{Width: 80}); err != nil {
			t.Fatal(err)
		}
		text, sample, _ := strings.Cut(table.String(), "An exchange that breaks it")
		if sample == "" && id != "rule-failed" {
			t.Errorf("%s has no sample that breaks it", id)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if displayWidth(line) > 80 && strings.HasPrefix(line, " ") {
				t.Errorf("%s: %d columns: %s", id, displayWidth(line), line)
			}
		}
		if err := WriteRule(&object, id, RuleOptions{Format: JSON}); err != nil {
			t.Fatal(err)
		}
		var rules []map[string]any
		if err := json.Unmarshal([]byte(object.String()), &rules); err != nil || len(rules) != 1 || rules[0]["id"] != id {
			t.Errorf("%s: %v, %v", id, err, rules)
		}
	}
	if err := WriteRule(nil, "no-such-rule", RuleOptions{}); err == nil {
		t.Error("an unknown rule was explained")
	}
}
