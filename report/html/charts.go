package html

import (
	"fmt"
	"math"
	"time"

	"simplecap/analyze/result"
	"simplecap/report"
)

// curve is the path of a curve from one point to another.
func curve(x1, y1, cx1, cy1, cx2, cy2, x2, y2 int) string {
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, cx1, cy1, cx2, cy2, x2, y2)
}

// bar is a rectangle of a chart.
type bar struct {
	X, Y, W, H float64
	Class      string
	Title      string
}

// rounded keeps a tenth of a pixel.
func rounded(b bar) bar {
	b.X, b.Y, b.W, b.H = tenth(b.X), tenth(b.Y), tenth(b.W), tenth(b.H)
	return b
}

func tenth(x float64) float64 { return math.Round(10*x) / 10 }

// tick is a label at an axis.
type tick struct {
	X, Y  float64
	Label string
}

// timeView is the time line as it is drawn: how many messages began when and what
// became of them, and below it how long answers took.
type timeView struct {
	Start, Step     int64 // µs since 1970 of the first column, and width of one
	Columns         int
	Left, Right     float64 // where columns begin and end
	Width, Height   int
	Bars, RTT       []bar
	Ticks           []tick // of time
	Counts, Times   []tick
	Top, Mid, Below float64
	Per             string // the width of a column in words
}

// The sizes of the time line.
const (
	timeWidth  = 960
	timeLeft   = 64
	timeTop    = 14
	countsHigh = 110
	timeGap    = 34
	rttHigh    = 90
)

// view draws the time line, nil where no delivery has a time.
func (t *timeline) view() *timeView {
	if len(t.columns) == 0 {
		return nil
	}
	n := int(t.max - t.min + 1)
	v := &timeView{
		Start: t.min * t.width / 1000, Step: t.width / 1000, Columns: n, Left: timeLeft, Right: timeWidth - 8,
		Width: timeWidth, Top: timeTop, Mid: timeTop + countsHigh, Per: span(time.Duration(t.width)),
	}
	v.Below = v.Mid + timeGap + rttHigh
	v.Height = int(v.Below) + 22
	most, low, high := t.scale()
	for i := range n {
		if c := t.columns[t.min+int64(i)]; c != nil {
			v.column(c, i, most, low, high)
		}
	}
	v.Counts = []tick{{timeLeft - 8, timeTop + 4, report.Number(most)}, {timeLeft - 8, v.Mid, "0"}}
	for d := low; d <= high; d *= 10 {
		v.Times = append(v.Times, tick{timeLeft - 8, v.rttY(d, low, high) + 4, span(d)})
	}
	v.timeTicks()
	return v
}

// scale finds the highest column, and the decades between which round-trip times lie.
func (t *timeline) scale() (most uint64, low, high time.Duration) {
	var all rttCounts
	most = 1
	for _, c := range t.columns {
		most = max(most, c.class[failed]+c.class[unknown]+c.class[fine])
		for i := range all {
			all[i] += c.rtt[i]
		}
	}
	low, high = decades(&all)
	return most, low, high
}

// decades are the powers of ten between which round-trip times lie.
func decades(c *rttCounts) (low, high time.Duration) {
	first, last := -1, 0
	for i, n := range c {
		if n > 0 && first < 0 {
			first = i
		}
		if n > 0 {
			last = i
		}
	}
	low, high = time.Microsecond, time.Second
	if first >= 0 {
		low = decade(binStart(first), math.Floor)
		high = max(decade(binStart(last+1), math.Ceil), 10*low)
	}
	return low, high
}

func decade(d time.Duration, round func(float64) float64) time.Duration {
	return time.Duration(math.Pow(10, round(math.Log10(float64(d)))))
}

// column draws one column of both charts.
func (v *timeView) column(c *column, i int, most uint64, low, high time.Duration) {
	w := (v.Right - v.Left) / float64(v.Columns)
	x, y := v.Left+float64(i)*w, v.Mid
	when := stamp(v.Start + int64(i)*v.Step)
	for _, k := range []class{fine, unknown, failed} {
		if c.class[k] == 0 {
			continue
		}
		h := math.Max(2, countsHigh*float64(c.class[k])/float64(most))
		y -= h
		v.Bars = append(v.Bars, rounded(bar{x, y, math.Max(w-0.5, 0.8), h, k.String(), when + ": " + report.Number(c.class[k]) + " " + k.String()}))
	}
	if n := c.rtt.total(); n > 0 {
		from, to, half := c.rtt.at(0.05), c.rtt.at(0.95), c.rtt.at(0.5)
		top, bottom := v.rttY(to, low, high), v.rttY(from, low, high)
		title := fmt.Sprintf("%s: median %s, 95%% %s, longest %s", when, report.Human(half), report.Human(to), report.Human(c.longest))
		v.RTT = append(v.RTT,
			rounded(bar{x, top, math.Max(w-0.5, 0.8), math.Max(bottom-top, 2), "range", title}),
			rounded(bar{x, v.rttY(half, low, high) - 1, math.Max(w-0.5, 0.8), 2.5, "median", title}))
	}
}

// rttY is where a round-trip time stands.
func (v *timeView) rttY(d, low, high time.Duration) float64 {
	share := math.Log(float64(max(d, low))/float64(low)) / math.Log(float64(high)/float64(low))
	return tenth(v.Below - math.Min(share, 1)*rttHigh)
}

// timeTicks names about six times.
func (v *timeView) timeTicks() {
	const labels = 6
	total := int64(v.Columns) * v.Step
	for i := range labels {
		at := v.Start + total*int64(i)/(labels-1)
		label := clockStamp(at)
		if total > 300*24*time.Hour.Microseconds() {
			label = stamp(at)[:10]
		} else if total > 48*time.Hour.Microseconds() {
			label = stamp(at)[5:16]
		} else if total > 60e6 {
			label = label[:8]
		}
		if i > 0 && label == v.Ticks[len(v.Ticks)-1].Label {
			continue // they stand closer than they are written
		}
		v.Ticks = append(v.Ticks, tick{tenth(v.Left + (v.Right-v.Left)*float64(i)/(labels-1)), v.Below + 16, label})
	}
}

// span writes a round duration in few characters: 10 ms, 2.1 min.
func span(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, " d"}, {time.Hour, " h"}, {time.Minute, " min"}, {time.Second, " s"}, {time.Millisecond, " ms"}} {
		if d >= u.unit {
			return threeDigits(float64(d)/float64(u.unit)) + u.name
		}
	}
	return threeDigits(float64(d)/1e3) + " µs"
}

// threeDigits writes a number with three digits, and all of a larger one: 2.13, 1,160.
func threeDigits(n float64) string {
	if n >= 999.5 {
		return report.Number(uint64(math.Round(n)))
	}
	return fmt.Sprintf("%.3g", n)
}

// rttView is the histogram of round-trip times as it is drawn.
type rttView struct {
	Width, Height int
	Base          float64
	Bars          []bar
	Ticks         []tick
	Marks         []tick // percentiles
	Low, High     time.Duration
}

// The sizes of the histogram.
const (
	rttWidth = 960
	rttTop   = 65
	rttChart = 120
	rttSide  = 28
	rttTurn  = rttWidth - 110 // right of it labels stand left of their mark
)

// histogram draws round-trip times, nil without any.
func histogram(c *rttCounts, r *result.RTT) *rttView {
	if c.total() == 0 {
		return nil
	}
	v := &rttView{Width: rttWidth, Base: rttTop + rttChart, Height: rttTop + rttChart + 24}
	v.Low, v.High = decades(c)
	most := uint64(1)
	for _, n := range c {
		most = max(most, n)
	}
	for i, n := range c {
		if n == 0 {
			continue
		}
		x, end := v.x(binStart(i)), v.x(binStart(i+1))
		h := math.Max(2, rttChart*float64(n)/float64(most))
		v.Bars = append(v.Bars, rounded(bar{x, v.Base - h, math.Max(end-x-1, 1), h, "fine",
			report.Human(binStart(i)) + " to " + report.Human(binStart(i+1)) + ": " + report.Number(n)}))
	}
	for d := v.Low; d <= v.High; d *= 10 {
		v.Ticks = append(v.Ticks, tick{v.x(d), v.Base + 16, span(d)})
	}
	v.percentiles(r)
	return v
}

// percentiles marks these, each label above the one that it would lie over.
func (v *rttView) percentiles(r *result.RTT) {
	var ends [4]float64 // where the labels of each line end
	for _, p := range []struct {
		name string
		d    time.Duration
	}{{"p50", r.P50}, {"p95", r.P95}, {"p99", r.P99}, {"max", r.Max}} {
		label, x := p.name+" "+report.Human(p.d), v.x(p.d)
		start, width := x, float64(7*len(label))
		if x > rttTurn {
			start = x - width
		}
		line := 0
		for line < len(ends)-1 && start < ends[line] {
			line++
		}
		ends[line] = start + width
		v.Marks = append(v.Marks, tick{x, float64(14 + 15*line), label})
	}
}

// x is where a round-trip time stands.
func (v *rttView) x(d time.Duration) float64 {
	share := math.Log(float64(max(d, v.Low))/float64(v.Low)) / math.Log(float64(v.High)/float64(v.Low))
	return tenth(rttSide + math.Min(share, 1)*(rttWidth-2*rttSide))
}
