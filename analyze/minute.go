package analyze

import (
	"time"

	"simplecap/analyze/result"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// minute collects the round-trip times of the last minute by the capture's clock.
type minute struct {
	slots [minuteSlots]*hdrhistogram.Histogram
	begun [minuteSlots]int64 // the slot's number since 1970
}

// A minute is six slots, and the one that is being filled.
const (
	minuteSlots = 7
	slotTime    = int64(10 * time.Second)
)

// add notes a round-trip time at a time in nanoseconds.
func (m *minute) add(d time.Duration, now int64) {
	number := max(now, 0) / slotTime
	i := number % minuteSlots
	if m.slots[i] == nil {
		m.slots[i] = hdrhistogram.New(1, longestRTT, 2)
	}
	if m.begun[i] != number {
		m.begun[i] = number
		m.slots[i].Reset()
	}
	_ = m.slots[i].RecordValue(min(max(d.Microseconds(), 1), longestRTT)) // cannot fail: the value is within the bounds
}

// summary computes the percentiles of the minute before a time, right to 1%.
func (m *minute) summary(now int64) result.RTT {
	all := hdrhistogram.New(1, longestRTT, 2)
	for i, slot := range m.slots {
		if slot != nil && now/slotTime-m.begun[i] < minuteSlots {
			all.Merge(slot)
		}
	}
	if all.TotalCount() == 0 {
		return result.RTT{}
	}
	at := func(p float64) time.Duration { return time.Duration(all.ValueAtQuantile(p)) * time.Microsecond }
	return result.RTT{
		Count: uint64(all.TotalCount()), Min: time.Duration(all.Min()) * time.Microsecond, Max: time.Duration(all.Max()) * time.Microsecond,
		Mean: time.Duration(all.Mean() * float64(time.Microsecond)), P50: at(50), P90: at(90), P95: at(95), P99: at(99),
	}
}
