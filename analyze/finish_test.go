package analyze

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFinish wants the same of many transactions that are open at the end, which
// two goroutines close, as of closing one after the other.
func TestFinish(t *testing.T) {
	for _, profile := range []string{"lossy", "proxy"} {
		messages := messagesOf(t, profile, 2*chunkRecords+100)
		var want, got everything
		one := newAnalyzer(Options{}, &want)
		one.feed(messages)
		one.table.drain()
		for h := one.table.oldest(); h != 0; h = one.table.oldest() {
			one.closer.close(h)
		}
		two := newAnalyzer(Options{}, &got)
		two.feed(messages)
		two.closer.finish()
		if len(want.lines) < 2*chunkRecords {
			t.Fatalf("%s: %d lines", profile, len(want.lines))
		}
		if diff := cmp.Diff(want.lines, got.lines); diff != "" {
			t.Errorf("%s: %s", profile, diff)
		}
		if two.table.open != 0 {
			t.Errorf("%s: %d are left open", profile, two.table.open)
		}
		one.close()
		two.close()
	}
}
