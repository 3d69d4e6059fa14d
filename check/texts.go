package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

// lostTexts are texts whose MESSAGE was answered with a 2xx and which did not arrive
// all the same: an RP-ERROR, a negative receipt, or no report at all says so. An SMS
// that is sent again is one text however often it fails, and none where it arrives at
// last.
type lostTexts struct {
	byFirst map[uint64]failedText // by the first attempt, up to Limits.Failures of them
	arrived map[uint64]bool       // first attempts of SMS that arrived when they were sent again, as many
	more    map[result.TextEnd]uint64
}

// failedText is one of them, by its first attempt.
type failedText struct {
	end result.TextEnd
	by  Transaction
}

// Text implements analyze.TextHandler. Texts that SIP refused are deliveries that
// failed, unless a receipt says that they arrived.
func (j *Judge) Text(t *result.Text) {
	l, first := &j.lost, t.ID
	if t.RepeatOf != 0 {
		first = t.RepeatOf
	}
	j.timeReceipt(t)
	if t.Carrier == "msrp" && t.End != result.EndUnknown {
		j.undelivered.judged++ // others are deliveries, and counted as these
	}
	claim := j.expectText(t)
	if claim == 0 && t.Waits() {
		j.waiting.keep(func() Transaction { return j.briefText(t) }, 0, &j.options)
	}
	if claim > 0 && t.End.Failed() {
		j.undelivered.claimed[claim-1]++
		for _, d := range t.Deliveries {
			j.undelivered.forgive(d)
		}
		return
	}
	switch {
	case t.End.Arrived():
		for _, d := range t.Deliveries {
			j.undelivered.forgive(d)
		}
		if t.RepeatOf != 0 {
			delete(l.byFirst, first)
			if len(l.arrived) < j.options.Limits.Failures {
				l.arrived[first] = true
			}
		}
	case !t.Lost() || l.arrived[first]:
	case len(l.byFirst) < j.options.Limits.Failures:
		if _, known := l.byFirst[first]; !known {
			l.byFirst[first] = failedText{t.End, j.briefText(t)}
		}
	default:
		if l.more == nil {
			l.more = make(map[result.TextEnd]uint64)
		}
		l.more[t.End]++
	}
}

// expectText counts a text for the expectations whose filter it passes, and returns
// the first one that claims it, from 1; 0 for none: one that does not ask how a text
// ended expects none to fail.
func (j *Judge) expectText(t *result.Text) (first int) {
	for i := range j.policy.Expect {
		e := &j.policy.Expect[i]
		if e.Texts == "" || e.TextFilter != nil && !e.TextFilter(t) {
			continue
		}
		j.expected[i].keep(func() Transaction { return j.briefText(t) }, 0, &j.options)
		if first == 0 && slices.ContainsFunc(endFields, func(name string) bool { return strings.Contains(e.Texts, name) }) {
			first = i + 1
		}
	}
	return first
}

// endFields are the fields of texts that say how one ended.
var endFields = []string{"text_end", "text_sip_status", "text_cause", "text_receipts", "receipt_"}

// briefText is what a verdict says of a text.
func (j *Judge) briefText(t *result.Text) Transaction {
	one := Transaction{ID: t.Transaction, Text: t.ID, CallID: j.options.Redact.CallID(t.CallID), Frames: []capture.Ref{t.Frame}, unreported: t.End == result.NoReport}
	if !t.Src.IsZero() {
		one.Src = t.Src.String()
	}
	if !t.Dst.IsZero() {
		one.Dst = t.Dst.String()
	}
	for i := range t.Receipts {
		one.Frames = append(one.Frames, t.Receipts[i].Frame)
	}
	one.Frames = j.options.listed(one.Frames)
	if len(t.Deliveries) > 0 {
		one.Delivery = t.Deliveries[0]
	}
	return one
}

// timeReceipt collects texts that are over a limit of the time to their receipt.
func (j *Judge) timeReceipt(t *result.Text) {
	after, ok := t.Decided()
	for i, l := range j.policy.Budgets.MaxReceipt {
		if ok && after > l.Limit {
			j.late[i].keep(func() Transaction { return j.briefText(t) }, int64(after), &j.options)
		}
	}
}

// receiptCheck judges one limit of the times to receipts.
func (j *Judge) receiptCheck(i int, r *result.Report) Check {
	l := j.policy.Budgets.MaxReceipt[i]
	c := j.budget("max-receipt", "receipts come soon enough", "at most "+formatDuration(l.Limit))
	c.Name = "max-receipt " + l.Statistic
	c.Source = cmp.Or(j.policy.Sources["budgets."+c.Name], c.Source)
	times := &r.Texts.Receipts
	if times.Count == 0 {
		c.Status, c.Actual = Skipped, "no receipt"
		return c
	}
	value := statistics[l.statistic()].of(times)
	if c.Actual = round(value); value > l.Limit {
		late := j.late[i].heaviest()
		c.fail(Breach{
			Message: fmt.Sprintf("the %s of %s is %s; allowed: %s", l.Statistic, plural(times.Count, "receipt time"), round(value), formatDuration(l.Limit)),
			Count:   j.late[i].count, Transactions: late,
		})
	}
	return c
}

// OrphanReceipt does nothing: what it is about is not in the capture.
func (j *Judge) OrphanReceipt(*result.Receipt) {}

// lostWords are what the ends that fail are called in "3 texts ...".
var lostWords = []struct {
	end       result.TextEnd
	one, many string
}{
	{result.NoReport, "was taken, and nothing reports that it arrived", "were taken, and nothing reports that they arrived"},
	{result.RefusedText, "was refused above SIP", "were refused above SIP"},
	{result.FailedText, "failed, as its receipt says", "failed, as their receipts say"},
}

// count is how many there are.
func (l *lostTexts) count() (n uint64) {
	for _, more := range l.more {
		n += more
	}
	return n + uint64(len(l.byFirst))
}

// fail adds what is lost to the check of undelivered messages.
func (l *lostTexts) fail(c *Check, o *Options) {
	for _, w := range lostWords {
		count, kept := l.more[w.end], []Transaction(nil)
		for _, first := range slices.Sorted(maps.Keys(l.byFirst)) {
			if text := l.byFirst[first]; text.end == w.end {
				if count++; len(kept) < o.Limits.Transactions {
					kept = append(kept, text.by)
				}
			}
		}
		words := w.many
		switch count {
		case 0:
			continue
		case 1:
			words = w.one
		}
		c.fail(Breach{Message: w.end.String() + ": " + plural(count, "text") + " " + words, Count: count, Transactions: kept})
	}
}

var _ analyze.TextHandler = (*Judge)(nil)
