package analyze

import (
	"testing"
	"time"

	"simplecap/analyze/result"
)

// The percentiles are those of the last minute, and of nothing before.
func TestMinute(t *testing.T) {
	var m minute
	if got := m.summary(0); got != (result.RTT{}) {
		t.Errorf("of nothing: %+v", got)
	}
	second := int64(time.Second)
	for i := range int64(600) {
		d := 10 * time.Millisecond
		if i >= 500 {
			d = 100 * time.Millisecond
		}
		m.add(d, i*second)
	}
	close := func(got, want time.Duration) bool { return got > want*98/100 && got < want*102/100 }
	if got := m.summary(599 * second); got.Count < 60 || got.Count > 70 || !close(got.P50, 100*time.Millisecond) || !close(got.Min, 100*time.Millisecond) {
		t.Errorf("%+v", got)
	}
	if got := m.summary(530 * second); !close(got.P50, 100*time.Millisecond) {
		t.Errorf("%+v", got)
	}
	if got := m.summary(700 * second); got.Count != 0 {
		t.Errorf("a minute later: %+v", got)
	}
}
