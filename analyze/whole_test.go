package analyze

import (
	"slices"
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode/content/sms"

	"github.com/google/go-cmp/cmp"
)

// With Options.Whole every transaction of a delivery comes with its verdict, and a
// filter may ask for it; nothing else changes.
func TestWholeDeliveries(t *testing.T) {
	const name = "../testdata/pcaps/proxy-inleg-200-missing.pcap"
	plain, report := analyseFiles(t, Options{}, name)
	whole, wholeReport := analyseFiles(t, Options{Whole: true}, name)
	if diff := cmp.Diff(report, wholeReport); diff != "" {
		t.Errorf("the report changes: %s", diff)
	}
	if report.Summary.Undelivered != 2 || report.Summary.Statuses[200] != 2 {
		t.Errorf("summary %+v", report.Summary)
	}
	slices.SortFunc(plain, func(a, b result.Transaction) int { return int(a.ID) - int(b.ID) })
	slices.SortFunc(whole, func(a, b result.Transaction) int { return int(a.ID) - int(b.ID) })
	for i := range whole {
		if whole[i].Verdict != result.AnswerNotRelayed {
			t.Errorf("transaction %d: verdict %q", whole[i].ID, whole[i].Verdict)
		}
		whole[i].Verdict = 0
	}
	if diff := cmp.Diff(plain, whole); diff != "" {
		t.Errorf("the transactions change: %s", diff)
	}
	none, _ := analyseFiles(t, Options{Whole: true, Where: func(t *result.Transaction) bool { return t.Verdict == result.Delivered }}, name)
	if len(none) != 0 || len(plain) != 4 {
		t.Errorf("%d of %d transactions are in a delivery that was delivered", len(none), len(plain))
	}
}

// A pair of surrogates is one character whatever parts without text lie between its halves.
func TestHalvesAroundAnEmptyPart(t *testing.T) {
	w := wholeParts{said: []sms.TPDU{{Text: "a\ufffd", Halves: sms.Halves{Last: 0xd83d}}, {}, {Text: "\ufffdb", Halves: sms.Halves{First: 0xde00}}}}
	if got := w.text(); got != "a\U0001f600b" {
		t.Errorf("%q", got)
	}
}
