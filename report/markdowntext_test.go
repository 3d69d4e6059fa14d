package report

import (
	"strings"
	"testing"

	"simplecap/analyze/result"
)

// A row of the table of texts stays one row, whatever the wire says, and counts what it
// does not list.
func TestMarkdownTexts(t *testing.T) {
	var out strings.Builder
	w, err := New(Markdown, &out, Options{By: ByText, Rows: 2})
	if err != nil {
		t.Fatal(err)
	}
	for id := uint64(1); id <= 5; id++ {
		text := smsOf(id)
		text.From = "sip:a|b`<img src=x>@host\r\n| # |"
		w.(*markdownWriter).Text(text)
	}
	if err := w.Close(new(result.Report)); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(out.String(), "#### Texts\n\n")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 6 || lines[5] != "… 3 more texts" {
		t.Fatalf("%d lines:\n%s", len(lines), table)
	}
	for _, line := range lines[2:4] {
		if strings.Count(line, "|") != 11 || strings.Count(line, "`")%2 != 0 || !strings.Contains(line, "| refused | `RP-ERROR 22 memory capacity exceeded` | 1 |") {
			t.Error(line)
		}
	}
}
