package html

import (
	"math"
	"math/bits"
	"time"
)

// timeline counts deliveries and round-trip times by time, in as many columns as fit a
// page: where the capture goes on, they become wider.
type timeline struct {
	limit   int
	width   int64 // of a column in ns
	columns map[int64]*column
	min     int64 // the first column's number, from 1970
	max     int64
}

// column is a part of the time line.
type column struct {
	class   [classes]uint64 // deliveries that began in it
	rtt     rttCounts       // of transactions that began in it
	longest time.Duration
}

// firstWidth is the width of a column before the time line has grown.
const firstWidth = int64(time.Millisecond)

func newTimeline(limit int) *timeline {
	return &timeline{limit: limit, width: firstWidth, columns: make(map[int64]*column)}
}

// at returns the column of a time.
func (t *timeline) at(when int64) *column {
	n := floorDiv(when, t.width)
	if len(t.columns) == 0 {
		t.min, t.max = n, n
	}
	t.min, t.max = min(t.min, n), max(t.max, n)
	for t.max-t.min >= int64(t.limit) {
		t.widen()
		n = floorDiv(when, t.width)
	}
	c := t.columns[n]
	if c == nil {
		c = &column{}
		t.columns[n] = c
	}
	return c
}

// widen makes columns twice as wide.
func (t *timeline) widen() {
	wide := make(map[int64]*column, len(t.columns)/2+1)
	for n, c := range t.columns {
		n = floorDiv(n, 2)
		if wide[n] == nil {
			wide[n] = c
			continue
		}
		wide[n].merge(c)
	}
	t.columns, t.width = wide, 2*t.width
	t.min, t.max = floorDiv(t.min, 2), floorDiv(t.max, 2)
}

func (c *column) merge(other *column) {
	for i := range c.class {
		c.class[i] += other.class[i]
	}
	for i := range c.rtt {
		c.rtt[i] += other.rtt[i]
	}
	c.longest = max(c.longest, other.longest)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// rttCounts counts round-trip times by size: eight bins for each doubling, from 1 µs.
type rttCounts [rttBins]uint64

const (
	binsPerDoubling = 8
	rttBins         = 28 * binsPerDoubling // to 268 s
)

// add counts a round-trip time.
func (c *rttCounts) add(d time.Duration) { c[rttBin(d)]++ }

// rttBin is the bin of a round-trip time.
func rttBin(d time.Duration) int {
	µs := uint64(max(d.Microseconds(), 1))
	doubling := bits.Len64(µs) - 1
	within := (float64(µs)/float64(uint64(1)<<doubling) - 1) * binsPerDoubling
	return min(doubling*binsPerDoubling+int(within), rttBins-1)
}

// binStart is the shortest round-trip time of a bin.
func binStart(bin int) time.Duration {
	start := math.Ldexp(1+float64(bin%binsPerDoubling)/binsPerDoubling, bin/binsPerDoubling)
	return time.Duration(start * float64(time.Microsecond))
}

// total is how many there are.
func (c *rttCounts) total() (n uint64) {
	for _, k := range c {
		n += k
	}
	return n
}

// at is the round-trip time that a share of all do not exceed, right to a bin.
func (c *rttCounts) at(share float64) time.Duration {
	want, seen := uint64(math.Ceil(share*float64(c.total()))), uint64(0)
	for bin, n := range c {
		if seen += n; seen >= want && n > 0 {
			return binStart(bin + 1)
		}
	}
	return 0
}
