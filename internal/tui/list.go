package tui

import (
	"fmt"
	"slices"
	"time"

	"simplecap/report"
)

// list is all rows of a view.
type list struct {
	m     *Model
	by    View
	shown []uint32 // what passes, in order
	in    bits     // of shown
	queue []uint32 // not looked at yet
	taken int      // of the store's order
	began int      // of the store

	at, top int
	follow  bool // the latest row stays chosen
	marks   map[uint32]bool

	failures   bool
	expression string // of the filter, "" for none
	match      func(*Row) bool
	facet      facet
	query      string // searched for last
	order      ordering
	newest     bool   // the last row first
	columns    int    // which set
	domain     string // that all addresses share

	layout []column
	lines  map[uint32]string // rows as they were drawn
	whole  bool              // everything was there when rows were taken last
}

// bits is a set of numbers.
type bits []uint64

func (b *bits) set(n uint32) {
	for int(n/64) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b bits) has(n uint32) bool { return int(n/64) < len(b) && b[n/64]&(1<<(n%64)) != 0 }

func newList(m *Model, by View) *list {
	return &list{m: m, by: by, marks: make(map[uint32]bool), follow: m.options.Live, began: m.store.beginnings()}
}

// resize lays the columns out anew.
func (l *list) resize() {
	l.layout = columnsFor(l.by, l.columns, l.m.width)
	l.lines = make(map[uint32]string)
}

// behind reports whether there are rows to look at, or to sort.
func (l *list) behind() bool { return len(l.queue) > 0 || l.order.pending() }

// filtered reports whether rows may be left out.
func (l *list) filtered() bool { return l.failures || l.match != nil || l.facet.passes != nil }

// again begins with the first row: what passes is other than before.
func (l *list) again() {
	id, chosen := l.current()
	l.forget()
	l.take()
	if i := slices.Index(l.shown, id); chosen && i >= 0 {
		l.at = l.place(i)
	} else if l.newest || l.follow {
		l.at = 0
		l.end()
	}
	l.scroll()
}

// forget begins with the first row.
func (l *list) forget() {
	l.shown, l.in, l.queue, l.taken = nil, nil, nil, 0
	l.at, l.top = 0, 0
	l.order.forget()
}

// take takes in what is new.
func (l *list) take() {
	if ended := l.m.ended(); ended && !l.whole {
		l.whole = true
		l.again()
		return
	}
	added, changed, all, began := l.m.store.news(l.by, l.taken)
	if began != l.began {
		l.began = began
		l.forget()
		l.marks = make(map[uint32]bool)
		added, changed, all, _ = l.m.store.news(l.by, 0)
	}
	if all {
		l.forget()
		clear(l.lines)
		added, changed, _, _ = l.m.store.news(l.by, 0)
	}
	if domain := l.m.store.domain(); domain != l.domain {
		l.domain = domain
		l.resize()
	}
	l.taken += len(added)
	l.queue = append(l.queue, added...)
	for _, id := range changed {
		delete(l.lines, id)
		l.order.changed(id)
		if !l.in.has(id) && l.filtered() {
			l.queue = append(l.queue, id)
		}
	}
	l.look()
	if l.follow {
		l.end()
	}
}

// look looks at rows, for a slice of time.
func (l *list) look() {
	begun, n := time.Now(), 0
	for ; n < len(l.queue); n++ {
		id := l.queue[n]
		if !l.in.has(id) && l.passes(id) {
			l.in.set(id)
			l.shown = append(l.shown, id)
			l.order.add(l, id)
		}
		if n%64 == 63 && time.Since(begun) > l.m.options.Limits.Slice {
			n++
			break
		}
	}
	if l.queue = l.queue[n:]; len(l.queue) == 0 {
		l.queue = nil
		l.order.sort(l)
	}
}

// passes reports whether a row is shown.
func (l *list) passes(id uint32) bool {
	if l.failures && !l.m.store.stateOf(l.by, id).failed() {
		return false
	}
	if l.match == nil && l.facet.passes == nil {
		return true
	}
	row, ok := l.m.store.Row(l.by, id)
	return ok && (l.facet.passes == nil || l.facet.passes(&row)) && (l.match == nil || l.match(&row))
}

// place turns an index of shown into a place on the screen, and back.
func (l *list) place(i int) int {
	if l.newest {
		return len(l.shown) - 1 - i
	}
	return i
}

// current is the row that is chosen.
func (l *list) current() (uint32, bool) {
	if l.at < 0 || l.at >= len(l.shown) {
		return 0, false
	}
	return l.shown[l.place(l.at)], true
}

// move chooses another row.
func (l *list) move(by int) {
	l.at = min(max(l.at+by, 0), max(len(l.shown)-1, 0))
	if by < 0 && l.follow {
		l.follow = false
		l.m.say("following ends: F follows again")
	}
	l.scroll()
}

// end chooses the latest row.
func (l *list) end() {
	l.at = max(len(l.shown)-1, 0)
	if l.newest {
		l.at = 0
	}
	l.scroll()
}

// scroll keeps the chosen row on the screen.
func (l *list) scroll() {
	height := max(l.m.height-3, 1)
	l.top = min(max(l.top, l.at-height+1), l.at)
	l.top = max(0, min(l.top, len(l.shown)-height))
}

// where says which rows are shown: "3/120 texts failures".
func (l *list) where() string {
	text := ""
	if n := len(l.shown); n > 0 {
		text = fmt.Sprintf("%d/%d", min(l.at+1, n), n)
	}
	if l.by != ByDelivery {
		text += " " + l.by.String()
	}
	if rest := l.order.unsorted(l); rest > 0 {
		text += fmt.Sprintf(" sorted: the latest %d", len(l.shown)-rest)
	}
	if l.failures {
		text += " failures"
	}
	if l.expression != "" {
		text += " filter"
	}
	if l.facet.name != "" {
		text += " " + l.facet.name
	}
	if len(l.marks) > 0 {
		text += fmt.Sprintf(" %d marked", len(l.marks))
	}
	if l.follow {
		text += " following"
	}
	if n := len(l.queue); n > 0 {
		text += fmt.Sprintf(" (%d to look at)", n)
	}
	return text
}

// view draws the titles and the rows.
func (l *list) view(height int) []string {
	lines := []string{paint(l.titles(), strong+";"+lined)}
	if len(l.shown) == 0 {
		return append(lines, "", "  "+paint(l.nothing(), faint))
	}
	l.scroll()
	for i := l.top; i < min(l.top+height-1, len(l.shown)); i++ {
		id := l.shown[l.place(i)]
		line := l.line(id)
		if i == l.at {
			line = paint(fit(bare(line), l.m.width), turned)
		}
		lines = append(lines, line)
	}
	return lines
}

// nothing says why there is no row.
func (l *list) nothing() string {
	switch {
	case len(l.queue) > 0:
		return "looking …"
	case l.failures && l.by != ByText && l.m.lostTexts() > 0:
		return "nothing passes, but " + report.Count(uint64(l.m.lostTexts()), "text") + " did not arrive: b lists them, x shows all again"
	case l.filtered():
		return "nothing passes: x shows all again, Esc takes the filter away"
	case l.m.ended() && l.m.store.unread() != "":
		return report.Clean(l.m.store.unread(), l.m.width-4)
	case l.m.ended() && l.by == ByText:
		return "no text in this capture"
	case l.m.ended():
		return "no MESSAGE in this capture"
	case l.m.options.Live && l.by == ByText:
		return "waiting for the first text"
	case l.m.options.Live:
		return "waiting for the first MESSAGE"
	}
	return "reading …"
}

// maxLines is how many drawn rows are kept.
const maxLines = 1000

// line draws a row, or returns what it looked like before.
func (l *list) line(id uint32) string {
	if line, ok := l.lines[id]; ok {
		return line
	}
	row, ok := l.m.store.Row(l.by, id)
	if !ok {
		return fmt.Sprintf("%d cannot be read again", id)
	}
	if len(l.lines) >= maxLines {
		clear(l.lines)
	}
	line := drawRow(l.layout, &row, l)
	l.lines[id] = line
	return line
}
