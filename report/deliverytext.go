package report

import "simplecap/analyze/result"

// deliveryTexts knows what deliveries carried, where that is more than plain text, and
// how it ended: "SMS submitted". Texts come in another order than deliveries, so
// that the two meet when the table is drawn.
type deliveryTexts struct {
	cells   map[uint64]string // by number of the delivery; nil while there is none
	limit   int
	dropped uint64 // texts beyond limit
}

// put notes the cell of a delivery and reports whether it is told; instead says that it
// may replace another one.
func (d *deliveryTexts) put(delivery uint64, cell string, instead bool) bool {
	known := d.cells[delivery] != ""
	if delivery == 0 || known && !instead {
		return false
	}
	if !known && len(d.cells) >= d.limit {
		d.dropped++
		return false
	}
	if d.cells == nil {
		d.cells = make(map[uint64]string)
	}
	d.cells[delivery] = cell
	return true
}

// words say what is missing, "" where nothing is.
func (d *deliveryTexts) words() string {
	if d.dropped == 0 {
		return ""
	}
	return "what " + count(d.dropped, "more delivery", "more deliveries") + " carried is listed by --by text alone"
}

// text notes a text that has closed for the deliveries that carried it and its receipts.
func (l *deliveryList) text(t *result.Text) { Carried(t, l.carried) }

// Carried tells, of each delivery that carried a text or a receipt of it, in a few words
// what that was and how it ended, where more than the answer of SIP says so. What comes
// with instead may replace what was told of the same delivery before.
func Carried(t *result.Text, told func(delivery uint64, words string, instead bool)) {
	if cell := carriedCell(t); cell != "" {
		for _, id := range t.Deliveries {
			told(id, cell, false)
		}
	}
	for i := range t.Receipts {
		if r := &t.Receipts[i]; r.Kind != "status-report" { // that is an SMS too, which says more
			told(r.Delivery, receiptWords(r)+" of #"+number(t.ID), true)
		}
	}
}

// carried keeps the cell of a delivery that may be shown.
func (l *deliveryList) carried(delivery uint64, cell string, instead bool) {
	if !l.rows.MayKeep(l.options.key(rankFailed, delivery)) || !l.texts.put(delivery, cell, instead) || l.measure == nil {
		return
	}
	cells := make([]string, delCells)
	cells[delText] = cell
	l.measure(cells)
}

// carriedCell is what a text is and how it ended, and why where it failed; "" where it is
// none that anything but the answer of SIP says something of.
func carriedCell(t *result.Text) string {
	name := ""
	switch {
	case t.RP() != nil && !t.Kind.IsSMS():
		return t.RP().Type.String()
	case t.Kind == result.Notification:
		return "IMDN"
	case t.Kind == result.SMSSubmit, t.Kind == result.SMSDeliver:
		name = "SMS" // which of them is plain from its end
	case t.Kind == result.SMSStatusReport:
		name = "SMS status report"
	case t.Kind == result.SMSCommand:
		name = "SMS command"
	case t.Kind == result.SessionMessage:
		name = "MSRP"
	case t.Content != nil && t.Content.CPIM != nil:
		name = "CPIM"
	default:
		return ""
	}
	return name + " " + t.End.String() + after(": ", endReason(t))
}
