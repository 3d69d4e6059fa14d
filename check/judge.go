package check

import (
	"cmp"
	"slices"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/redact"
)

// Options say what a Judge needs beside the policy. The zero value means the
// defaults.
type Options struct {
	Date      time.Time        // the day on which ignores must not have expired
	Tolerance Tolerance        // of round-trip times against the baseline
	Filtered  bool             // analyze.Options.Where is set: findings in other transactions do not fail
	Redact    *redact.Redactor // pseudonyms for what the verdict quotes of transactions and of the policy; nil for none
	Limits    Limits
}

// Judge is an analyze.Handler that judges what it is handed. It keeps a bounded
// number of transactions, whatever the size of the capture. The run needs
// analyze.Options.Whole, so that transactions come with the verdict of their
// delivery; without it, what did not arrive is counted and named without frames. A Judge is used by
// one goroutine, for one run.
type Judge struct {
	policy   *Policy
	options  Options
	baseline *Snapshot

	missing, rejected, resent, pending, hidden collection
	unseen                                     uint64       // of the missing, whose answer the capture cannot have seen
	waiting                                    collection   // SMS whose report is not due when the capture ends
	slow                                       []collection // one for each of Budgets.MaxRTT
	late                                       []collection // one for each of Budgets.MaxReceipt
	expected                                   []collection // one for each of Policy.Expect
	undelivered                                undelivered
	lost                                       lostTexts
	broken                                     map[string]*collection
	ignored                                    []ignored // one for each of Policy.Ignore
}

var _ analyze.Handler = (*Judge)(nil)

// New returns a Judge that follows p. What p leaves open is as in DefaultPolicy.
func New(p *Policy, o Options) *Judge {
	p = p.complete()
	o.Limits = o.Limits.withDefaults()
	j := &Judge{policy: p, options: o, broken: map[string]*collection{}}
	j.slow = make([]collection, len(p.Budgets.MaxRTT))
	j.late = make([]collection, len(p.Budgets.MaxReceipt))
	j.lost = lostTexts{byFirst: map[uint64]failedText{}, arrived: map[uint64]bool{}}
	j.expected = make([]collection, len(p.Expect))
	j.undelivered = undelivered{failed: map[result.Verdict]*group{}, claimed: make([]uint64, len(p.Expect))}
	j.ignored = make([]ignored, len(p.Ignore))
	for i := range p.Ignore {
		j.ignored[i].expired = p.Ignore[i].expired(o.Date)
	}
	return j
}

// collection is a number of transactions, of which some are kept.
type collection struct {
	count  uint64
	kept   []Transaction
	weight []int64 // of those kept; the heaviest stay
}

// add counts a transaction and keeps it if there is room, or if it is heavier
// than one that was kept.
func (c *collection) add(t *result.Transaction, weight int64, o *Options) {
	c.keep(func() Transaction { return brief(t, o) }, weight, o)
}

// keep is add for what make says in brief.
func (c *collection) keep(make func() Transaction, weight int64, o *Options) {
	c.count++
	if len(c.kept) < o.Limits.Transactions {
		c.kept = append(c.kept, make())
		c.weight = append(c.weight, weight)
		return
	}
	i := slices.Index(c.weight, slices.Min(c.weight))
	if c.weight[i] < weight {
		c.kept[i], c.weight[i] = make(), weight
	}
}

// heaviest returns what was kept, the heaviest first, then in order of
// appearance.
func (c *collection) heaviest() []Transaction {
	order := make([]int, len(c.kept))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(c.weight[b], c.weight[a]), cmp.Compare(c.kept[a].ID, c.kept[b].ID))
	})
	list := make([]Transaction, len(order))
	for i, at := range order {
		list[i] = c.kept[at]
	}
	return list
}

// brief copies what a verdict says of a transaction.
func brief(t *result.Transaction, o *Options) Transaction {
	b := Transaction{
		ID: t.ID, CallID: o.Redact.CallID(t.CallID), Outcome: t.Outcome, Status: t.Status, Cause: t.Cause,
		RTT: t.RTT, HasRTT: t.HasRTT, Retransmissions: t.Retransmissions, Delivery: t.Delivery, Verdict: t.Verdict,
	}
	if !t.Src.IsZero() {
		b.Src = t.Src.String()
	}
	if !t.Dst.IsZero() {
		b.Dst = t.Dst.String()
	}
	b.Frames = append(make([]capture.Ref, 0, len(t.RequestFrames)+len(t.ResponseFrames)), t.RequestFrames...)
	b.Frames = o.listed(append(b.Frames, t.ResponseFrames...))
	return b
}

// listed sorts frames and leaves as many of them, each once, as a transaction keeps.
func (o *Options) listed(frames []capture.Ref) []capture.Ref {
	slices.Sort(frames)
	frames = slices.Compact(frames)
	return frames[:min(len(frames), o.Limits.Frames)]
}

// Transaction implements analyze.Handler.
func (j *Judge) Transaction(t *result.Transaction) {
	switch {
	case t.Outcome.Missing():
		j.missing.add(t, 0, &j.options)
		if t.Outcome == result.Timeout && t.Verdict == result.Unknown {
			j.unseen++
		}
	case t.Outcome == result.Rejected:
		j.rejected.add(t, 0, &j.options)
	case t.AnswerHidden:
		j.hidden.add(t, int64(t.Retransmissions), &j.options)
	case t.Outcome == result.Pending:
		j.pending.add(t, int64(t.Retransmissions), &j.options)
	}
	if t.Retransmissions > 0 && j.policy.Budgets.MaxRetransmissions != nil {
		j.resent.add(t, int64(t.Retransmissions), &j.options)
	}
	j.time(t)
	claim := j.expect(t)
	if t.Verdict.Failed() {
		j.leg(t, claim)
	}
	j.findings(t)
}

// expect counts a transaction for the expectations whose filter it passes, and
// returns the first one that claims it, from 1; 0 for none.
func (j *Judge) expect(t *result.Transaction) (claim int) {
	for i := range j.policy.Expect {
		e := &j.policy.Expect[i]
		if e.Texts != "" || e.Filter != nil && !e.Filter(t) {
			continue
		}
		j.expected[i].add(t, 0, &j.options)
		if claim == 0 && e.claims(t) {
			claim = i + 1
		}
	}
	return claim
}

// time collects transactions that are over a limit of the round-trip times.
func (j *Judge) time(t *result.Transaction) {
	if !t.HasRTT {
		return
	}
	for i, l := range j.policy.Budgets.MaxRTT {
		if t.RTT > l.Limit && (l.Peer == "" || l.covers(t.Dst.String())) {
			j.slow[i].add(t, int64(t.RTT), &j.options)
		}
	}
}

// Finding implements analyze.Handler. The Report has the findings with their
// final counts.
func (j *Judge) Finding(*result.Finding) {}

// Verdict judges the whole run, whose Report is r. What an earlier run had does
// not fail again; baseline is nil without one.
func (j *Judge) Verdict(r *result.Report, baseline *Snapshot) *Verdict {
	j.baseline = baseline
	v := &Verdict{Report: r}
	v.Checks = append(v.Checks, j.capture(r)...)
	v.Checks = append(v.Checks, j.budgets(r)...)
	v.Checks = append(v.Checks, j.expectations()...)
	v.Checks = append(v.Checks, j.rules(r)...)
	if baseline != nil {
		v.Checks = append(v.Checks, j.regressions(r)...)
	}
	v.Notes = append(j.claimNotes(), j.notes()...)
	v.decide()
	return v
}
