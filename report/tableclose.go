package report

import (
	"fmt"
	"strings"
	"time"

	"simplecap/analyze/result"
	"simplecap/internal/spool"
)

// Close prints everything, the transactions first and what is wrong last: that
// is what stands above the prompt.
func (t *tableWriter) Close(r *result.Report) error {
	defer t.closeSpools()
	t.options.Width = max(t.options.columns(), minWidth)
	switch {
	case t.options.By == Automatic && t.texts.receipted:
		t.view = ByText
	case t.view == Automatic:
		t.view = ByTransaction
	}
	for _, g := range []*grid{t.grid, t.lines, t.missing.grid, t.pending.grid, t.orphans.grid, t.texts.grid} {
		g.oneFile = len(r.Inputs) < 2
	}
	t.heading(r)
	if err := t.list(r); err != nil {
		return err
	}
	t.section("")
	for _, line := range totals(r, t.options.Where) {
		t.paragraph(line)
	}
	if words := t.deliveries.counts.words(); words != "" {
		t.paragraph(words)
	}
	for _, line := range textTotals(r, t.options.OfTexts) {
		t.paragraph(line)
	}
	if err := t.openLists(r); err != nil {
		return err
	}
	if err := t.rtt(r); err != nil {
		return err
	}
	t.findings(r)
	t.quality(r)
	return t.w.Flush()
}

func (t *tableWriter) closeSpools() {
	for _, s := range []*spool.Spool{t.rows, t.deliveries.rows, t.missing.rows, t.pending.rows, t.orphans.rows, t.texts.rows} {
		s.Close()
	}
}

// list prints the deliveries or the transactions, and their bodies.
func (t *tableWriter) list(r *result.Report) error {
	var err error
	switch {
	case t.view == ByText && t.texts.rows.Seen() > 0:
		err = t.textTable(r)
	case t.view == ByDelivery && t.deliveries.rows.Seen() > 0:
		err = t.deliveryTable(r)
	case t.view == ByTransaction && t.rows.Seen() > 0:
		err = t.transactions(r)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return t.bodies()
}

// openLists lists the transactions without a final response. Orphans stand in
// the table of transactions, but belong to no delivery and to no text.
func (t *tableWriter) openLists(r *result.Report) error {
	s := &r.Summary
	missing, pending := max(s.Missing200, t.missing.rows.Seen()), max(s.Pending, t.pending.rows.Seen())
	if err := t.open(t.missing, missingTitle(missing), missing, ""); err != nil {
		return err
	}
	if err := t.open(t.pending, pendingTitle(pending), pending, pendingWords(r)); err != nil {
		return err
	}
	if t.view == ByTransaction {
		return nil
	}
	orphans := max(s.Orphan, t.orphans.rows.Seen())
	return t.open(t.orphans, orphanTitle(orphans), orphans, "")
}

// heading says what was read, and the day of the times in the table.
func (t *tableWriter) heading(r *result.Report) {
	var parts []string
	switch len(r.Inputs) {
	case 0:
		return
	case 1:
		parts = append(parts, Clean(r.Inputs[0].Name, cellWidth))
	default:
		parts = append(parts, count(uint64(len(r.Inputs)), "file"))
	}
	parts = append(parts, count(packets(r), "packet"))
	if first, last := t.span(r); !first.IsZero() {
		layout := clockLayout
		if sameDay(first, last) {
			layout = clockLayout[dateWidth:]
		}
		parts = append(parts, first.Format(clockLayout)+" to "+last.Format(layout)+" "+zoneName(last))
	}
	t.paragraph(strings.Join(parts, ", "))
}

// span is the time from the first packet to the last one.
func (t *tableWriter) span(r *result.Report) (first, last time.Time) {
	for _, in := range r.Inputs {
		if in.First.IsZero() {
			continue
		}
		if first.IsZero() || in.First.Before(first) {
			first = in.First
		}
		if in.Last.After(last) {
			last = in.Last
		}
	}
	return first.In(t.options.zone()), last.In(t.options.zone())
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// packets is how many packets were read.
func packets(r *result.Report) (n uint64) {
	for _, in := range r.Inputs {
		n += in.Packets
	}
	return max(n, r.Decode.Frames)
}

// clockCell is when a transaction was first seen; a response is all that there
// is of an orphan.
func (o *Options) clockCell(x *result.Transaction) string {
	ns := x.FirstRequest
	if len(x.RequestFrames) == 0 {
		ns = x.Final
	}
	if !x.HasTime || ns == 0 {
		return ""
	}
	return o.at(ns).Format(clockLayout)
}

// deliveryTable prints a line for each delivery and under it one for each hop.
func (t *tableWriter) deliveryTable(r *result.Report) error {
	t.section("")
	oneDay := t.shortenTime(t.lines, delTime, r)
	const narrow = 100
	if len(t.deliveries.texts.cells) > 0 && t.options.Width < narrow { // then what they carried says more than the rest of these
		t.lines.columns[delPath].full, t.lines.columns[delResult].full = 0, 0
	}
	if !t.deliveries.streams {
		t.lines.natural[delTransport] = 0
	}
	shown := uint64(0)
	t.options.arrange(t.deliveries.rows)
	if t.deliveries.rows.Empty() {
		t.none(t.deliveries.counts.total(), "delivery", "deliveries")
		return nil
	}
	if name := t.fit.leaveOut(&t.fit.paths); name != "" && t.lines.widths(t.options.Width)[delPath] < t.fit.widest {
		t.paragraph(without(name))
	}
	err := t.lines.draw(t.w, t.options.Width, func(row func([]string) bool) (err error) {
		shown, err = t.deliveries.each(func(cells []string) bool {
			return row(dropDate(cells, delTime, oneDay))
		})
		return err
	})
	if err != nil {
		return err
	}
	if total := t.deliveries.counts.total(); total > shown {
		t.more(total-shown, "more delivery", "more deliveries")
	}
	if words := t.deliveries.texts.words(); words != "" {
		t.paragraph(words)
	}
	return nil
}

// without says which domain is left out.
func without(domain string) string { return "Addresses without a domain are at " + domain }

// transactions prints the table. Only now is known what every cell has in
// common and so need not be said: the day, the file, the transport.
func (t *tableWriter) transactions(r *result.Report) error {
	t.section("")
	oneDay := t.shortenTime(t.grid, colTime, r)
	if !t.streams {
		t.grid.natural[colTransport] = 0
	}
	shown := uint64(0)
	t.options.arrange(t.rows)
	if t.rows.Empty() {
		t.none(max(r.Summary.Transactions, t.rows.Seen()), "transaction", "transactions")
		return nil
	}
	widths := t.grid.widths(t.options.Width)
	if name := t.fit.leaveOut(&t.fit.rows); name != "" && max(t.grid.natural[colFrom]-widths[colFrom], t.grid.natural[colTo]-widths[colTo]) > 0 && widths[colFrom] > 0 {
		t.paragraph(without(name))
	}
	err := t.grid.draw(t.w, t.options.Width, func(row func([]string) bool) error {
		return t.rows.Each(func(data []byte) bool {
			shown++
			return row(dropDate(splitCells(data), colTime, oneDay))
		})
	})
	if err != nil {
		return err
	}
	if total := max(r.Summary.Transactions, shown); total > shown {
		t.more(total-shown, "more transaction", "more transactions")
	}
	return nil
}

// more says that rows are not shown. Failures come first, so they are the last to
// be left out.
func (t *tableWriter) more(n uint64, one, many string) {
	t.paragraph(fmt.Sprintf("… %s, failures are listed first (--rows 0 shows all)", count(n, one, many)))
}

// none says that there is no row worth showing.
func (t *tableWriter) none(n uint64, one, many string) {
	t.paragraph(fmt.Sprintf("none of %s failed (--rows 0 lists them)", count(n, one, many)))
}

// shortenTime makes a column of times narrower where all are of one day.
func (t *tableWriter) shortenTime(g *grid, column int, r *result.Report) (oneDay bool) {
	oneDay = sameDay(t.span(r))
	if oneDay && g.natural[column] > 0 {
		g.natural[column] -= dateWidth
	}
	return oneDay
}

// dropDate leaves the day of a time out.
func dropDate(cells []string, column int, oneDay bool) []string {
	if oneDay && cells[column] != "" {
		cells[column] = cells[column][dateWidth:]
	}
	return cells
}
