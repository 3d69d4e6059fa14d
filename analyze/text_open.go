package analyze

import (
	"slices"

	"simplecap/analyze/result"
)

// OpenTextHandler is implemented by a Handler that wants to know, live, of texts of which
// more may come.
type OpenTextHandler interface {
	// OpenText is called when the answer of its first leg decides about the delivery that
	// carries a text, and then with each of its receipts. The text's End is what would be
	// said if nothing more came: result.EndUnknown while a receipt may yet come in time. The
	// text is valid until the method returns. With Options.WhereText it is not called: of
	// what it asks for the receipts may say something else.
	OpenText(t *result.Text)
}

// answeredEarly takes what is told of a delivery whose first leg has its answer.
func (l *ledger) answeredEarly(d *result.Delivery) {
	if l.early == nil {
		return
	}
	root := lastAttempt(d)
	if t, ok := l.plain.get(d.ID); ok {
		if t.contents != noPlainType {
			l.early.OpenText(l.plain.view(&t, d, root, endOfPlain(root)))
		}
		return
	}
	if t := l.byDelivery[d.ID]; t != nil {
		t.Status, t.outcome, t.told = root.Status, root.Outcome, true
		l.heard(t)
	}
}

// heard tells of an open text that was told of before, or was in no delivery.
func (l *ledger) heard(t *openText) {
	if l.early == nil || t.gone || !t.told && !t.closed {
		return
	}
	open := t.Text
	open.End, open.Findings, open.Receipts = l.endOf(t), t.rules(), slices.Clone(t.Receipts)
	if t.whole != nil {
		open.Whole = t.whole.view()
	}
	l.early.OpenText(&open)
}

// overdue tells of the texts whose report should have come by now, each of them once.
func (l *ledger) overdue() {
	for t := l.head; t != nil && t.seen+int64(timerTR2M) <= l.clock; t = t.next {
		if !t.late && t.told && l.endOf(t) == result.NoReport {
			t.late = true
			l.heard(t)
		}
	}
}
