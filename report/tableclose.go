package report

import (
	"fmt"
	"strings"
	"time"

	"simplecap/analyze"
)

// Close prints everything, the transactions first and what is wrong last: that
// is what stands above the prompt.
func (t *tableWriter) Close(r *analyze.Report) error {
	defer t.rows.close()
	defer t.missing.rows.close()
	defer t.pending.rows.close()
	oneFile := len(r.Inputs) < 2
	t.grid.oneFile, t.missing.grid.oneFile, t.pending.grid.oneFile = oneFile, oneFile, oneFile
	t.heading(r)
	if err := t.transactions(r); err != nil {
		return err
	}
	t.section("")
	for _, line := range totals(r, t.options.Where) {
		t.paragraph(line)
	}
	s := &r.Summary
	if err := t.open(t.missing, missingTitle(max(s.Missing200, t.missing.rows.seen)), s.Missing200, ""); err != nil {
		return err
	}
	if err := t.open(t.pending, pendingTitle(max(s.Pending, t.pending.rows.seen)), s.Pending, pendingWords); err != nil {
		return err
	}
	if err := t.rtt(r); err != nil {
		return err
	}
	t.findings(r)
	t.quality(r)
	return t.w.Flush()
}

// heading says what was read, and the day of the times in the table.
func (t *tableWriter) heading(r *analyze.Report) {
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
	if first, last := span(r); !first.IsZero() {
		layout := clockLayout
		if sameDay(first, last) {
			layout = clockLayout[dateWidth:]
		}
		parts = append(parts, first.Format(clockLayout)+" to "+last.Format(layout)+" UTC")
	}
	t.paragraph(strings.Join(parts, ", "))
}

// span is the time from the first packet to the last one, in UTC.
func span(r *analyze.Report) (first, last time.Time) {
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
	return first.UTC(), last.UTC()
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// packets is how many packets were read.
func packets(r *analyze.Report) (n uint64) {
	for _, in := range r.Inputs {
		n += in.Packets
	}
	return max(n, r.Decode.Frames)
}

// clockCell is when a transaction was first seen; a response is all that there
// is of an orphan.
func clockCell(x *analyze.Transaction) string {
	ns := x.FirstRequest
	if len(x.RequestFrames) == 0 {
		ns = x.Final
	}
	if !x.HasTime || ns == 0 {
		return ""
	}
	return time.Unix(0, ns).UTC().Format(clockLayout)
}

// transactions prints the table. Only now is known what every cell has in
// common and so need not be said: the day, the file, the transport.
func (t *tableWriter) transactions(r *analyze.Report) error {
	if t.rows.seen == 0 {
		return nil
	}
	t.section("")
	oneDay := sameDay(span(r))
	if oneDay && t.grid.natural[colTime] > 0 {
		t.grid.natural[colTime] -= dateWidth
	}
	if !t.streams {
		t.grid.natural[colTransport] = 0
	}
	shown := uint64(0)
	err := t.grid.draw(t.w, t.options.Width, func(row func([]string) bool) error {
		return t.rows.each(func(data []byte) bool {
			shown++
			cells := splitCells(data)
			if oneDay && cells[colTime] != "" {
				cells[colTime] = cells[colTime][dateWidth:]
			}
			return row(cells)
		})
	})
	if err != nil {
		return err
	}
	if total := max(r.Summary.Transactions, shown); total > shown {
		t.paragraph(fmt.Sprintf("… %s (--rows 0 shows all)", count(total-shown, "more transaction")))
	}
	return t.bodies()
}
