package analyze

import (
	"fmt"
	"strings"
	"testing"

	"simplecap/internal/shared"
)

// sameBranch is n MESSAGEs with one branch, and then their answers, the first sent first.
func sameBranch(n int) string {
	var b strings.Builder
	const via = "\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKsame\n"
	for i := range n {
		fmt.Fprintf(&b, "%.3f alice > bob MESSAGE #%d%s", float64(i)/1000, i, via)
	}
	for i := range n {
		fmt.Fprintf(&b, "%.3f bob > alice 200 OK #%d%s", 1+float64(i)/1000, i, via)
	}
	return b.String()
}

// TestSameBranch: more messages with one branch than are compared are all found, and
// so are their retransmissions.
func TestSameBranch(t *testing.T) {
	text := sameBranch(200)
	for i := range 3 {
		text += fmt.Sprintf("2.%d alice > bob MESSAGE #%d\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKsame\n", i, i)
	}
	all, report := analyseText(t, text, Options{})
	if report.Summary.Success != 200 || report.Summary.Transactions != 200 || report.Summary.Retransmissions != 3 {
		t.Errorf("%+v of %d", report.Summary, len(all))
	}
	for _, f := range report.Findings {
		if f.Rule == "response-not-mirrored" {
			t.Error(f.Message)
		}
	}
}

// TestStandstill: where the clock stands still, transactions close by count.
func TestStandstill(t *testing.T) {
	shared.OneGoroutine(t)
	messages := messagesOf(t, "tcp", 5000)
	for i := range messages {
		messages[i].Time, messages[i].HasTime = 0, i < len(messages)/2 // one time, and then none
	}
	a := newAnalyzer(Options{Limits: Limits{Standstill: 100}}.withDefaults(), discard{})
	defer a.close()
	for i := range messages {
		a.see(&messages[i])
		if a.table.open > 102 || len(a.closer.settled.items)-a.closer.settled.start > 102 {
			t.Fatalf("%d open and %d settled after %d messages", a.table.open, len(a.closer.settled.items)-a.closer.settled.start, i)
		}
	}
	if a.evicted != 0 || a.totals.summary.Success < 4800 {
		t.Errorf("%d evicted, %+v", a.evicted, a.totals.summary)
	}
}

// TestClosedHopsAreCounted: closed transactions of open deliveries are inside
// Limits.Memory.
func TestClosedHopsAreCounted(t *testing.T) {
	a := newAnalyzer(Options{}.withDefaults(), discard{})
	defer a.close()
	messages := messagesOf(t, "proxy", 200)
	before := a.closer.held()
	for i := range messages {
		a.see(&messages[i])
	}
	most := a.closeAll()
	if most < 2*hopSize || a.groups.held != 0 {
		t.Errorf("%d bytes held of open deliveries, %d of none (%d of nothing at all)", most, a.groups.held, before)
	}
}

// closeAll closes what is open, and returns how many bytes of open deliveries were
// held at most meanwhile.
func (a *analyzer) closeAll() (most int64) {
	for h := a.table.oldest(); h != 0; h = a.table.oldest() {
		a.closer.close(h)
		most = max(most, a.groups.held)
	}
	return most
}
