package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

// undeliveredName is the check that every message arrives.
const undeliveredName = "max-undelivered"

// undelivered collects deliveries whose verdict is a failure. Transactions come
// with the verdict of their delivery, and right before it (analyze.Options.Whole).
type undelivered struct {
	judged  uint64                    // deliveries and texts of sessions that the capture tells the end of
	count   uint64                    // failures that no expectation claims
	failed  map[result.Verdict]*group // those, by verdict
	claimed []uint64                  // by expectation of the policy
	legs    []Transaction             // of the delivery that comes next
	byID    map[uint64]result.Verdict // failures by delivery, up to Limits.Failures of them: a receipt may say otherwise
	claim   int                       // the expectation that counts one of them, from 1; 0 for none
}

// group are the failures of one verdict, each by the transaction that decided it,
// with the frames of all its legs.
type group struct {
	count uint64
	kept  []Transaction
}

// leg notes a transaction of a delivery that failed, and the expectation that
// counts it, from 1.
func (j *Judge) leg(t *result.Transaction, expectation int) {
	u := &j.undelivered
	u.claim = cmp.Or(u.claim, expectation)
	if len(u.legs) < j.options.Limits.Transactions {
		u.legs = append(u.legs, brief(t, &j.options))
	}
}

// claims reports whether an expectation that counts the transaction expects its
// delivery to fail: one that counts a leg with a 200 of a message that was lost
// further up does not, unless it asks for the verdict.
func (e *Expectation) claims(t *result.Transaction) bool {
	return t.Outcome != result.Success || strings.Contains(e.Where, "verdict")
}

// Delivery implements analyze.DeliveryHandler.
func (j *Judge) Delivery(d *result.Delivery) {
	u := &j.undelivered
	legs, claim := u.legs, u.claim
	u.legs, u.claim = u.legs[:0], 0
	j.whole(d, legs)
	if d.Verdict != result.Unknown {
		u.judged++
	}
	switch {
	case !d.Verdict.Failed():
	case claim > 0:
		u.claimed[claim-1]++
	default:
		u.count++
		u.fail(d, legs, &j.options)
	}
}

// fail keeps a delivery that failed.
func (u *undelivered) fail(d *result.Delivery, legs []Transaction, o *Options) {
	g := u.failed[d.Verdict]
	if g == nil {
		g = &group{}
		u.failed[d.Verdict] = g
	}
	if g.count++; len(g.kept) < o.Limits.Transactions {
		g.kept = append(g.kept, decisive(d, legs, o))
	}
	if u.byID == nil {
		u.byID = make(map[uint64]result.Verdict)
	}
	if len(u.byID) < o.Limits.Failures {
		u.byID[d.ID] = d.Verdict
	}
}

// forgive takes a failure back: what the delivery carried arrived, as a receipt says.
func (u *undelivered) forgive(delivery uint64) {
	verdict, known := u.byID[delivery]
	if !known {
		return
	}
	delete(u.byID, delivery)
	g := u.failed[verdict]
	u.count, g.count = u.count-1, g.count-1
	g.kept = slices.DeleteFunc(g.kept, func(t Transaction) bool { return t.Delivery == delivery })
	if g.count == 0 {
		delete(u.failed, verdict)
	}
}

// decisive is the transaction that decided the verdict, with the frames of all
// legs of its delivery.
func decisive(d *result.Delivery, legs []Transaction, o *Options) Transaction {
	if len(legs) == 0 { // handed on without its transactions
		return Transaction{ID: d.Blame, Delivery: d.ID, Verdict: d.Verdict, CallID: o.Redact.CallID(d.CallIDs[0])}
	}
	at := max(0, slices.IndexFunc(legs, func(t Transaction) bool { return t.ID == d.Blame }))
	one := legs[at]
	one.Frames = nil
	for i := range legs {
		one.Frames = append(one.Frames, legs[i].Frames...)
	}
	one.Frames = o.listed(one.Frames)
	return one
}

// failures are the verdicts that fail, the worst first, and what they are called
// in "3 MESSAGEs ...".
var failures = []struct {
	verdict   result.Verdict
	one, many string
	certain   bool // the frames that say so are in the capture: no loss explains it
}{
	{result.AnswerNotRelayed, "was answered, and the answer not passed on", "were answered, and the answer not passed on", false},
	{result.NotForwarded, "was not forwarded", "were not forwarded", false},
	{result.NoAnswer, "got no answer", "got no answer", false},
	{result.NotReached, "met a peer that cannot be reached", "met a peer that cannot be reached", true},
	{result.Unmatchable, "was answered so that the sender cannot match it", "were answered so that the sender cannot match it", true},
	{result.AnswerNotReceived, "was answered, and the sender did not get the answer", "were answered, and the sender did not get the answer", false},
	{result.Refused, "was refused", "were refused", true},
	{result.NeverRetried, "was challenged, and not sent again with credentials", "were challenged, and not sent again with credentials", false},
}

// undeliveredCheck judges the messages that did not arrive. What the baseline had
// is allowed, unless somebody asked for a budget.
func (j *Judge) undeliveredCheck() Check {
	u, limit, source := &j.undelivered, *j.policy.Budgets.MaxUndelivered, j.policy.Sources["budgets."+undeliveredName]
	if b := j.baseline; b != nil && source == "" {
		limit = Amount{N: max(b.Summary.Undelivered+b.lost, limit.N)}
	}
	c := j.budget(undeliveredName, "every MESSAGE arrives", "at most "+limit.String())
	count := u.count + j.lost.count()
	c.Actual = ofTotal(count, u.judged)
	if !limit.exceeded(count, u.judged) {
		return c
	}
	c.lossFails = true
	c.Hint = fmt.Sprintf("to allow it: --max-undelivered %d, or a share such as 1%%; budgets.max-undelivered in a policy; or an expectation there that counts it (expect:, such as where: 'status == 404')", count)
	for _, f := range failures {
		g := u.failed[f.verdict]
		if g == nil {
			continue
		}
		c.lossFails = c.lossFails && !f.certain
		words := f.many
		if g.count == 1 {
			words = f.one
		}
		c.fail(Breach{Message: f.verdict.String() + ": " + plural(g.count, "MESSAGE") + " " + words, Count: g.count, Transactions: g.kept})
	}
	j.lost.fail(&c, &j.options)
	return c
}

// claimNotes tells of messages that did not arrive and were expected not to.
func (j *Judge) claimNotes() (lines []string) {
	for i, n := range j.undelivered.claimed {
		if n > 0 {
			what := "MESSAGE"
			if j.policy.Expect[i].Texts != "" {
				what = "text"
			}
			lines = append(lines, j.policy.Expect[i].Source+": "+plural(n, what)+" that did not arrive: expected here, and not counted by "+undeliveredName)
		}
	}
	return lines
}

var _ analyze.DeliveryHandler = (*Judge)(nil)
