package tui

import (
	"simplecap/analyze/result"
)

// pulse counts messages and failures a second of the capture's time.
type pulse struct {
	slots [pulseSeconds]struct {
		second       int64
		sent, failed uint32
	}
	last int64
}

const pulseSeconds = 64

// transaction counts a request.
func (p *pulse) transaction(t *result.Transaction) {
	if t.HasTime && t.FirstRequest != 0 {
		p.slot(t.FirstRequest/1e9).sent++
	}
}

// delivery counts a failure.
func (p *pulse) delivery(d *result.Delivery) {
	if d.HasTime && d.Verdict.Failed() {
		p.slot(d.FirstRequest/1e9).failed++
	}
}

func (p *pulse) slot(second int64) *struct {
	second       int64
	sent, failed uint32
} {
	s := &p.slots[uint64(second)%pulseSeconds]
	if s.second < second {
		s.second, s.sent, s.failed = second, 0, 0
	}
	p.last = max(p.last, second)
	return s
}

// series are the counts of the last n seconds, the latest last.
func (p *pulse) series(n int) (sent, failed []uint32) {
	n = min(n, pulseSeconds-1)
	for second := p.last - int64(n) + 1; second <= p.last; second++ {
		var a, b uint32
		if s := &p.slots[uint64(second)%pulseSeconds]; s.second == second {
			a, b = s.sent, s.failed
		}
		sent, failed = append(sent, a), append(failed, b)
	}
	return sent, failed
}

// bars are the heights of a sparkline.
const bars = "▁▂▃▄▅▆▇█"

// spark draws counts as bars, one a column; most is the highest.
func spark(counts []uint32, most uint32) string {
	var b []rune
	levels := []rune(bars)
	for _, n := range counts {
		switch {
		case n == 0:
			b = append(b, ' ')
		default:
			b = append(b, levels[min(int(uint64(n)*uint64(len(levels)-1)/uint64(max(most, 1))), len(levels)-1)])
		}
	}
	return string(b)
}
