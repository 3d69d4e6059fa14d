package analyze

import (
	"slices"
	"time"

	"simplecap/analyze/result"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// samples collects round-trip times: exactly as long as they are few, then in a
// histogram of bounded size whose percentiles are right to 0.1%.
type samples struct {
	exact     int // how many are kept exactly
	digits    int // significant digits of the histogram, default 3
	values    []time.Duration
	histogram *hdrhistogram.Histogram
	count     uint64
	sum       time.Duration
	min, max  time.Duration
	spread    result.Spread
}

// longestRTT bounds the histogram, in microseconds.
const longestRTT = int64(time.Hour / time.Microsecond)

func (s *samples) add(d time.Duration) {
	if s.count == 0 || d < s.min {
		s.min = d
	}
	s.max = max(s.max, d)
	s.count++
	s.sum += d
	s.spread.Add(d)
	if s.histogram == nil && len(s.values) < s.exact {
		s.values = append(s.values, d)
		return
	}
	s.overflow()
	s.record(d)
}

// overflow moves the exact values into a histogram.
func (s *samples) overflow() {
	if s.histogram != nil {
		return
	}
	s.histogram = hdrhistogram.New(1, longestRTT, max(s.digits, 1))
	for _, v := range s.values {
		s.record(v)
	}
	s.values = nil
}

func (s *samples) record(d time.Duration) {
	us := min(max(d.Microseconds(), 1), longestRTT)
	_ = s.histogram.RecordValue(us) // cannot fail: the value is within the bounds
}

// summary computes the percentiles, by nearest rank.
func (s *samples) summary() result.RTT {
	if s.count == 0 {
		return result.RTT{}
	}
	at := s.percentile
	if s.histogram == nil {
		slices.Sort(s.values)
	}
	return result.RTT{
		Count: s.count, Min: s.min, Mean: s.sum / time.Duration(s.count), Max: s.max,
		P50: at(50), P90: at(90), P95: at(95), P99: at(99),
	}
}

func (s *samples) percentile(p int) time.Duration {
	if s.histogram != nil {
		d := time.Duration(s.histogram.ValueAtQuantile(float64(p))) * time.Microsecond
		return min(max(d, s.min), s.max)
	}
	rank := (len(s.values)*p + 99) / 100
	return s.values[max(rank, 1)-1]
}
