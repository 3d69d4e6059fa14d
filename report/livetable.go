package report

import (
	"slices"
	"strings"

	"simplecap/analyze/result"
)

// liveTable prints one line for each transaction, that is each hop by itself, when it is
// answered, given up or sent in vain, and later what is new about it.
type liveTable struct {
	*liveDeliveries
	ends pathFitter
	said map[uint64]string // what was printed of transactions that are open
	old  []uint64          // the numbers of these, the oldest first
}

func newLiveTable(t *tableWriter) *liveTable {
	return &liveTable{liveDeliveries: newLiveDeliveries(t), said: make(map[uint64]string)}
}

// Waiting implements analyze.WaitingHandler.
func (l *liveTable) Waiting(t *result.Transaction, now int64) {
	h := liveHop{transaction: t.ID}
	h.update(t, now, l.options.Color)
	d := l.of(t.ID)
	d.begin(t)
	*d.hop(t.ID, 1) = h
	if _, told := l.said[t.ID]; !told && (h.vain || !l.options.Renewed) {
		l.transaction(t, &h)
	}
}

// Transaction prints a transaction at its first final response, and at its close where
// that is news.
func (l *liveTable) Transaction(t *result.Transaction) {
	h := liveHop{transaction: t.ID}
	h.update(t, 0, l.options.Color)
	if len(t.Findings) > 0 {
		h.text += " [" + strings.Join(t.Findings, " ") + "]"
	}
	if told, known := l.said[t.ID]; !t.Again && !known || known && resultOf(told) != resultOf(h.text) {
		l.transaction(t, &h)
	}
	delete(l.open, t.ID)
	if t.Closed {
		delete(l.said, t.ID)
	}
}

// resultOf is what a row says without the findings.
func resultOf(text string) string {
	result, _, _ := strings.Cut(text, " [")
	return result
}

// transaction prints a row, or what is new about one that was printed.
func (l *liveTable) transaction(t *result.Transaction, h *liveHop) {
	for len(l.old) >= l.options.Limits.LiveRows {
		delete(l.said, l.old[0])
		l.old = l.old[1:]
	}
	d := liveDelivery{id: t.ID, path: uriCell(t.From) + arrow + uriCell(t.To), first: firstSeen(t), hasTime: t.HasTime}
	l.begin(&d)
	if _, told := l.said[t.ID]; told {
		l.liveDeliveries.note(&d, h.text, h.color)
	} else {
		l.old = append(l.old, t.ID)
		l.line(l.loose(&d, h))
	}
	if l.said[t.ID] = h.text; t.Closed {
		delete(l.said, t.ID)
	}
}

// firstSeen is when a transaction began, as far as the capture shows.
func firstSeen(t *result.Transaction) int64 {
	if t.FirstRequest == 0 {
		return t.Final
	}
	return t.FirstRequest
}

// loose is the row of a transaction. The hop stands before its result where there is
// room for both.
func (l *liveTable) loose(d *liveDelivery, h *liveHop) *liveRow {
	text := h.text
	const result = 24
	if room := l.layout.text - result - gap; room >= hopWidth/2 {
		hop := l.ends.hop(h.path, min(room, hopWidth))
		text = hop + strings.Repeat(" ", max(0, min(room, hopWidth)-displayWidth(hop)+gap)) + text
	}
	return &liveRow{number: nonZero(d.id), clock: l.clock(d.first, d.hasTime), path: d.path, text: text, took: h.took, color: h.color}
}

// Delivery counts a verdict: transactions have been printed.
func (l *liveTable) Delivery(v *result.Delivery) {
	if v.Closed {
		l.deliveries.counts.add(v.Verdict)
	}
}

// Waits implements Live.
func (l *liveTable) Waits(now int64, lines int) []string {
	if layout := layoutFor(l.options.columns()); !l.begun {
		l.layout = layout
	}
	var rows []string
	l.order = slices.DeleteFunc(l.order, func(id uint64) bool { return l.open[id] == nil })
	for i, id := range l.order {
		if len(rows) == lines-1 && i < len(l.order)-1 {
			return append(rows, moreWait(len(l.order)-i))
		}
		d := l.open[id]
		h := d.hops[0]
		if !h.vain {
			h.text = waitText(now-h.first, h.sent)
		}
		rows = append(rows, l.layout.row(l.loose(d, &h), &l.fit))
	}
	return rows[:min(len(rows), max(lines, 0))]
}
