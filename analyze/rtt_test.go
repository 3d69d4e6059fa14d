package analyze

import (
	"slices"
	"testing"
	"time"

	"simplecap/analyze/result"

	"pgregory.net/rapid"
)

// TestSamplesSummary compares with the plain definition of a percentile: exactly
// while the values are few, and to the histogram's precision after that.
func TestSamplesSummary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(1000, int64(100*time.Second)), 1, 300).Draw(t, "values")
		s := samples{exact: 150, digits: 3}
		for _, v := range values {
			s.add(time.Duration(v))
		}
		slices.Sort(values)
		got := s.summary()
		if got.Count != uint64(len(values)) || int64(got.Min) != values[0] || int64(got.Max) != values[len(values)-1] {
			t.Fatalf("count %d, min %d, max %d of %d", got.Count, got.Min, got.Max, len(values))
		}
		for p, d := range map[int]time.Duration{50: got.P50, 90: got.P90, 95: got.P95, 99: got.P99} {
			want := values[(len(values)*p+99)/100-1]
			tolerance := int64(0)
			if len(values) > 150 {
				tolerance = want/500 + 1000
			}
			if off := int64(d) - want; off > tolerance || off < -tolerance {
				t.Errorf("p%d of %d values is %d, want %d", p, len(values), d, want)
			}
		}
	})
}

func TestSummaryOfNothing(t *testing.T) {
	var s samples
	if got := s.summary(); got != (result.RTT{}) {
		t.Errorf("got %v", got)
	}
}

func TestSpread(t *testing.T) {
	var s result.Spread
	for _, d := range []time.Duration{-1, 0, 99 * time.Microsecond, 100 * time.Microsecond, 199 * time.Microsecond, 200 * time.Microsecond, 26 * time.Second, 27 * time.Second, time.Hour} {
		s.Add(d)
	}
	if want := (result.Spread{0: 3, 1: 2, 2: 1, 18: 1, 19: 2}); s != want {
		t.Errorf("the counts are %v", s)
	}
}
