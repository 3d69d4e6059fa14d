package check

import (
	"fmt"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/redact"
)

// ignored is what became of one Ignore of the policy.
type ignored struct {
	expired bool
	used    bool
	ids     []uint64 // transactions that pass its filter, in order of closing
	sorted  bool
}

// findings notes which findings of a transaction are open, which means that no
// ignore covers them.
func (j *Judge) findings(t *result.Transaction) {
	for i := range j.policy.Ignore {
		ig, state := &j.policy.Ignore[i], &j.ignored[i]
		if ig.Filter == nil || state.expired || len(state.ids) >= j.options.Limits.Ignored {
			continue
		}
		if ig.Filter(t) {
			state.ids = append(state.ids, t.ID)
		}
	}
	for _, rule := range t.Findings {
		if j.ignoredBy(rule, t.ID) >= 0 {
			continue
		}
		j.brokenBy(rule).add(t, 0, &j.options)
	}
}

// brokenBy is the collection of the transactions that break a rule.
func (j *Judge) brokenBy(rule string) *collection {
	c := j.broken[rule]
	if c == nil {
		c = &collection{}
		j.broken[rule] = c
	}
	return c
}

// whole notes the rules that a delivery breaks as a whole. An ignore whose filter one of
// its transactions passes covers them all.
func (j *Judge) whole(d *result.Delivery, legs []Transaction) {
	for _, rule := range d.Findings {
		if i := j.wholeIgnoredBy(rule, d); i >= 0 {
			for _, hop := range d.Hops {
				j.ignored[i].ids = append(j.ignored[i].ids, hop.Transaction)
			}
			continue
		}
		c := j.brokenBy(rule)
		for k := range d.Hops {
			c.keep(func() Transaction { return legOf(d, &d.Hops[k], legs) }, 0, &j.options)
		}
	}
}

// wholeIgnoredBy returns the index of the ignore that covers a rule's finding in one of the
// transactions of a delivery, or -1. They are the last ones that were filtered.
func (j *Judge) wholeIgnoredBy(rule string, d *result.Delivery) int {
	for i := range j.policy.Ignore {
		ig, ids := &j.policy.Ignore[i], j.ignored[i].ids
		if ig.Rule != rule || j.ignored[i].expired {
			continue
		}
		if ig.Filter == nil {
			return i
		}
		for _, id := range ids[max(0, len(ids)-len(d.Hops)):] {
			if slices.ContainsFunc(d.Hops, func(h result.Hop) bool { return h.Transaction == id }) {
				return i
			}
		}
	}
	return -1
}

// legOf is what a verdict says of a hop: as its transaction was handed on, or as much as
// the delivery tells.
func legOf(d *result.Delivery, h *result.Hop, legs []Transaction) Transaction {
	if i := slices.IndexFunc(legs, func(t Transaction) bool { return t.ID == h.Transaction }); i >= 0 {
		return legs[i]
	}
	return Transaction{
		ID: h.Transaction, Delivery: d.ID, Verdict: d.Verdict, Src: h.Src.String(), Dst: h.Dst.String(),
		Outcome: h.Outcome, Status: h.Status, RTT: h.RTT, HasRTT: h.HasRTT, Frames: []capture.Ref{h.Frame},
	}
}

// ignoredBy returns the index of the ignore that covers a rule's finding in a
// transaction, or -1. A transaction of 0 is none: only an ignore without a
// filter covers it.
func (j *Judge) ignoredBy(rule string, transaction uint64) int {
	for i := range j.policy.Ignore {
		ig, state := &j.policy.Ignore[i], &j.ignored[i]
		if ig.Rule == rule && !state.expired && (ig.Filter == nil || state.has(transaction)) {
			return i
		}
	}
	return -1
}

// has reports whether a transaction passed the filter. While the run goes on it
// is asked for the last one only.
func (s *ignored) has(transaction uint64) bool {
	if s.sorted {
		_, found := slices.BinarySearch(s.ids, transaction)
		return found
	}
	return len(s.ids) > 0 && s.ids[len(s.ids)-1] == transaction
}

// rules judges the findings, one check for each rule of the catalogue.
func (j *Judge) rules(r *result.Report) []Check {
	for i := range j.ignored {
		slices.Sort(j.ignored[i].ids)
		j.ignored[i].sorted = true
	}
	checks := make([]Check, 0, len(analyze.Catalogue()))
	for _, rule := range analyze.Catalogue() {
		checks = append(checks, j.rule(&rule, r.Findings))
	}
	return checks
}

// rule judges one rule.
func (j *Judge) rule(rule *analyze.Rule, findings []result.Finding) Check {
	c := Check{Kind: RuleKind, Name: rule.ID, Title: rule.Title, Severity: rule.Severity, result: Fail}
	level, set := j.policy.Rules[rule.ID]
	if set {
		c.Source = j.policy.Sources["rules."+rule.ID]
		if level == Off {
			c.Status = Skipped
			return c
		}
		c.Severity = result.Severity(level)
	}
	for i := range findings {
		f := &findings[i]
		if f.Rule != rule.ID {
			continue
		}
		severity := f.Severity
		if set {
			severity = result.Severity(level)
		}
		j.finding(&c, f, severity)
	}
	if len(c.Breaches) > 0 {
		c.Status = Failed
	}
	return c
}

// finding adds one finding to its rule's check: as a breach, or as a note if
// something keeps it from failing.
func (j *Judge) finding(c *Check, f *result.Finding, severity result.Severity) {
	note := func(why string) {
		c.Notes = append(c.Notes, Note{Message: f.Message, Count: f.Count, Why: why})
	}
	open, by := j.open(f)
	switch {
	case by >= 0:
		j.ignored[by].used = true
		note(j.policy.Ignore[by].why(j.options.Redact))
	case j.options.Filtered && len(open) == 0 && !j.unlisted(f):
		note("in no transaction that passes the filter")
	case Level(severity) < *j.policy.Budgets.FailOn || severity == result.Info:
		note(severity.String() + ", which does not fail")
	case j.baseline.knows(f):
		note("in the baseline")
	default:
		if len(c.Breaches) == 0 {
			c.Severity = severity // findings stand in order of severity
		}
		c.Breaches = append(c.Breaches, j.breach(f, open))
	}
}

// open returns the listed transactions of a finding that no ignore covers, and
// the index of the ignore that covers them all, or -1.
func (j *Judge) open(f *result.Finding) (ids []uint64, by int) {
	if len(f.Transactions) == 0 {
		return nil, j.ignoredBy(f.Rule, 0)
	}
	by = -1
	for _, id := range f.Transactions {
		if i := j.ignoredBy(f.Rule, id); i >= 0 {
			j.ignored[i].used = true
			by = i
		} else if !j.options.Filtered || j.kept(f.Rule, id) != nil {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 || j.unlisted(f) {
		return ids, -1
	}
	return nil, by
}

// unlisted reports whether a finding whose list of transactions is cut has open
// ones beyond it, which only the rule's own collection tells.
func (j *Judge) unlisted(f *result.Finding) bool {
	return len(f.Transactions) >= analyze.DefaultLimits.FrameList && j.broken[f.Rule] != nil
}

// breach describes a finding's open transactions.
func (j *Judge) breach(f *result.Finding, ids []uint64) Breach {
	b := Breach{
		Message: f.Message, Peer: f.Peer, UserAgent: f.UserAgent, Reference: f.Reference,
		Count: f.Count, Frames: f.Frames,
	}
	if len(ids) < len(f.Transactions) { // some are ignored or filtered
		b.Count, b.Frames = uint64(len(ids)), nil
	}
	for _, id := range ids {
		t := Transaction{ID: id}
		if kept := j.kept(f.Rule, id); kept != nil {
			t = *kept
		}
		if b.Frames == nil {
			b.Frames = t.Frames
		}
		b.Transactions = append(b.Transactions, t)
	}
	return b
}

// kept returns a transaction that breaks a rule and was kept, or nil.
func (j *Judge) kept(rule string, id uint64) *Transaction {
	c := j.broken[rule]
	if c == nil {
		return nil
	}
	for i := range c.kept {
		if c.kept[i].ID == id {
			return &c.kept[i]
		}
	}
	return nil
}

// why says that an ignore applies.
func (i *Ignore) why(r *redact.Redactor) string {
	until := ""
	if !i.Expires.IsZero() {
		until = " until " + i.Expires.Format(dateLayout)
	}
	return fmt.Sprintf("ignored%s by %s: %s", until, i.Source, r.Text(i.Reason))
}

// notes tells of ignores that no longer apply, or have nothing to ignore.
func (j *Judge) notes() (lines []string) {
	for i := range j.policy.Ignore {
		ig, state := &j.policy.Ignore[i], &j.ignored[i]
		switch {
		case state.expired:
			lines = append(lines, fmt.Sprintf("%s: the ignore of %s expired on %s: %s", ig.Source, ig.Rule,
				ig.Expires.Format(dateLayout), j.options.Redact.Text(ig.Reason)))
		case !state.used:
			lines = append(lines, fmt.Sprintf("%s: the ignore of %s had nothing to ignore", ig.Source, ig.Rule))
		}
	}
	return lines
}
