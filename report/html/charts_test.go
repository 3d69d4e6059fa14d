package html

import (
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 µs", 1500 * time.Nanosecond: "1.5 µs", 10 * time.Millisecond: "10 ms", 999700 * time.Microsecond: "1,000 ms",
		126 * time.Second: "2.1 min", 1160 * 24 * time.Hour: "1,160 d",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%d) is %q, want %q", d, got, want)
		}
	}
}

// Labels of times say when, each once, with the year where there are several.
func TestTimeTicks(t *testing.T) {
	const day = 24 * 60 * 60 * 1_000_000
	for _, test := range []struct {
		step        int64 // µs
		labels      int
		first, last string
	}{
		{1000, 4, "00:00:00.000", "00:00:00.003"},
		{30e6, 6, "00:00:00", "00:01:30"},
		{day, 6, "01-01 00:00", "01-04 00:00"},
		{1000 * day, 6, "1970-01-01", "1978-03-20"},
	} {
		v := timeView{Columns: 3, Step: test.step}
		v.timeTicks()
		if first, last := v.Ticks[0].Label, v.Ticks[len(v.Ticks)-1].Label; len(v.Ticks) != test.labels || first != test.first || last != test.last {
			t.Errorf("columns of %d µs: %d labels from %q to %q, want %d from %q to %q", test.step, len(v.Ticks), first, last, test.labels, test.first, test.last)
		}
	}
}
