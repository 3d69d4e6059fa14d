package report

import (
	"strings"
	"time"
)

// liveLayout is how wide the columns of live rows are. Nobody knows what will come, so
// it depends on the terminal alone.
type liveLayout struct {
	width int // of a row
	clock int // 0, or as wide as the time of day
	path  int
	text  int // the result
	took  int // 0 where there is no room
}

// The parts of a live row.
const (
	liveNumber = 5
	liveTook   = 9
	shortClock = len("15:04:05")
	longClock  = len("15:04:05.000")
)

// layoutFor makes the layout for a terminal: From and To are the last to go.
func layoutFor(width int) liveLayout {
	l := liveLayout{width: max(width, minWidth)}
	rest := l.width - liveNumber - 2*gap
	if l.width >= 72 {
		l.took = liveTook
		rest -= liveTook + gap
	}
	switch {
	case l.width >= 110:
		l.clock = longClock
	case l.width >= 80:
		l.clock = shortClock
	}
	if l.clock > 0 {
		rest -= l.clock + gap
	}
	l.path = min(rest*55/100, 90)
	l.text = rest - l.path
	return l
}

// liveRow is a row as its cells.
type liveRow struct {
	number, clock, path, text, took string
	hop                             bool // the row of a hop, under that of its delivery
	color                           string
}

// row puts a row together.
func (l *liveLayout) row(r *liveRow, fit *pathFitter) string {
	var b strings.Builder
	left := func(s string, width int) {
		b.WriteString(s)
		b.WriteString(strings.Repeat(" ", max(0, width-displayWidth(s))+gap))
	}
	b.WriteString(strings.Repeat(" ", max(0, liveNumber-displayWidth(r.number))))
	left(r.number, 0)
	if l.clock > 0 {
		left(r.clock[:min(len(r.clock), l.clock)], l.clock)
	}
	cell := ""
	if r.hop {
		bare := strings.TrimLeft(r.path, " ")
		indent := r.path[:len(r.path)-len(bare)]
		cell = indent + fit.hop(bare, l.path-len(indent))
	} else {
		cell = fit.parties(r.path, l.path)
	}
	path := l.pathBeside(cell, r.text)
	left(cell, path)
	room := l.text + l.path - path
	text := cut(r.text, room)
	pad := strings.Repeat(" ", max(0, room-displayWidth(text)))
	b.WriteString(paint(text, r.color) + pad)
	if l.took > 0 {
		b.WriteString(strings.Repeat(" ", gap+max(0, l.took-displayWidth(r.took))) + r.took)
	}
	return strings.TrimRight(b.String(), " ")
}

// pathBeside is how wide the cell of From and To is beside a result. Who is to blame stands
// at the end of one: where blanks are all that has to give way, the result stands whole.
func (l *liveLayout) pathBeside(cell, text string) int {
	if narrow := l.path - max(0, displayWidth(text)-l.text); displayWidth(cell) <= narrow {
		return narrow
	}
	return l.path
}

// note is a line that names a delivery and says what is new about it.
func (l *liveLayout) note(number, clock, text, color string) string {
	head := strings.Repeat(" ", max(0, liveNumber-displayWidth(number))) + number + strings.Repeat(" ", gap)
	if l.clock > 0 {
		clock = clock[:min(len(clock), l.clock)]
		head += clock + strings.Repeat(" ", l.clock-len(clock)+gap)
	}
	return head + paint(cut(text, l.width-displayWidth(head)), color)
}

// title is the row of titles; zone names the time zone.
func (l *liveLayout) title(zone string) string {
	clock := "time " + zone
	if len(clock) > l.clock {
		clock = zone
	}
	var fit pathFitter
	return l.row(&liveRow{number: "#", clock: clock, path: "from → to, hop by hop", text: "result", took: "took"}, &fit)
}

// zoneName names the zone of a time, such as CET or UTC+05:30.
func zoneName(at time.Time) string {
	name, _ := at.Zone()
	if name == "" || name[0] == '+' || name[0] == '-' {
		return "UTC" + at.Format("-07:00")
	}
	return name
}
