package check

import "simplecap/analyze"

// lostTexts are texts whose MESSAGE was answered with a 2xx and which did not arrive
// all the same: an RP-ERROR, a negative receipt, or no report at all says so.
type lostTexts struct {
	count  uint64
	groups map[analyze.TextEnd]*group
}

// Text implements analyze.TextHandler. Texts that SIP refused are deliveries that failed.
func (j *Judge) Text(t *analyze.Text) {
	if !t.End.Failed() || t.Status/100 != 2 && t.Carrier != "msrp" {
		return
	}
	l := &j.lost
	if l.groups == nil {
		l.groups = make(map[analyze.TextEnd]*group)
	}
	g := l.groups[t.End]
	if g == nil {
		g = &group{}
		l.groups[t.End] = g
	}
	l.count++
	if g.count++; len(g.kept) < j.options.Limits.Transactions {
		one := Transaction{ID: t.Transaction, CallID: j.options.Redact.CallID(t.CallID), Frames: append(Transaction{}.Frames, t.Frame)}
		if len(t.Deliveries) > 0 {
			one.Delivery = t.Deliveries[0]
		}
		g.kept = append(g.kept, one)
	}
}

// OrphanReceipt does nothing: what it is about is not in the capture.
func (j *Judge) OrphanReceipt(*analyze.Receipt) {}

// lostWords are what the ends that fail are called in "3 texts ...".
var lostWords = []struct {
	end       analyze.TextEnd
	one, many string
}{
	{analyze.NoReport, "was taken, and nothing reports that it arrived", "were taken, and nothing reports that they arrived"},
	{analyze.RefusedText, "was refused above SIP", "were refused above SIP"},
	{analyze.FailedText, "failed, as its receipt says", "failed, as their receipts say"},
}

// fail adds what is lost to the check of undelivered messages.
func (l *lostTexts) fail(c *Check) {
	for _, w := range lostWords {
		g := l.groups[w.end]
		if g == nil {
			continue
		}
		words := w.many
		if g.count == 1 {
			words = w.one
		}
		c.fail(Breach{Message: w.end.String() + ": " + plural(g.count, "text") + " " + words, Count: g.count, Transactions: g.kept})
	}
}

var _ analyze.TextHandler = (*Judge)(nil)
