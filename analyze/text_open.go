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

// textTeller tells of texts.
type textTeller struct {
	*run
	totals  *textTotals
	handler TextHandler     // may be nil
	early   OpenTextHandler // nil where nobody asks, or the run is not live
}

// tell counts a text and hands it on, where it is wanted.
func (tl *textTeller) tell(t *openText) {
	if !t.wanted {
		return
	}
	if where := tl.options.WhereText; where != nil && !where(&t.Text) {
		tl.totals.leftOut++
		return
	}
	tl.totals.add(&t.Text)
	tl.totals.lose(t)
	if tl.handler != nil {
		tl.handler.Text(&t.Text)
	}
}

// answeredEarly takes what is told of a delivery whose first leg has its answer.
func (l *ledger) answeredEarly(d *result.Delivery) {
	if l.teller.early == nil {
		return
	}
	root := lastAttempt(d)
	if t, ok := l.plain.get(d.ID); ok {
		if t.contents != noPlainType {
			l.teller.early.OpenText(l.plain.view(&t, d, root, endOfPlain(root)))
		}
		return
	}
	if t := l.byDelivery[d.ID]; t != nil {
		t.Status, t.outcome, t.told = root.Status, root.Outcome, true
		l.teller.heard(t)
	}
}

// heard tells of an open text that was told of before, or was in no delivery. One that comes
// in chunks is told of when it has been read: what it holds and asks for is not known before.
func (tl *textTeller) heard(t *openText) {
	if tl.early == nil || t.gone || !t.told && !t.closed || t.Content == nil {
		return
	}
	open := t.Text
	open.End, open.Findings, open.Receipts = t.endAt(tl.clock), t.rules(), slices.Clone(t.Receipts)
	if t.whole != nil {
		open.Whole = t.whole.view()
	}
	tl.early.OpenText(&open)
}

// overdue tells of the texts whose report should have come by now, each of them once.
func (l *ledger) overdue() {
	for t := l.open.queue.Oldest(); t != nil && t.seen+int64(timerTR2M) <= l.clock; t = t.queued.Newer() {
		if !t.late && t.told && t.endAt(l.clock) == result.NoReport {
			t.late = true
			l.teller.heard(t)
		}
	}
}

// orphan hands a receipt on that refers to nothing in the capture.
func (tl *textTeller) orphan(r *result.Receipt) {
	tl.totals.orphans++
	if tl.handler != nil {
		tl.handler.OrphanReceipt(r)
	}
}
