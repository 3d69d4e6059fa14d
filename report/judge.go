package report

import (
	"cmp"
	"slices"

	"simplecap/analyze"
	"simplecap/decode"
	"simplecap/decode/strict"
)

// judge says which findings the messages of a Detail stand for.
type judge struct {
	detail  *Detail
	parser  *strict.Parser
	related []analyze.Finding // of the run, those that may concern the transactions
	told    map[string]bool   // ids of rules that a message has been shown for
}

func newJudge(d *Detail) *judge {
	j := &judge{detail: d, parser: strict.NewParser(decode.Limits{}), told: make(map[string]bool)}
	for _, f := range d.Findings {
		if slices.ContainsFunc(d.Transactions, func(t analyze.Transaction) bool { return slices.Contains(f.Transactions, t.ID) }) {
			j.related = append(j.related, f)
		}
	}
	return j
}

// of returns what is wrong with messages of the same bytes: what the first one
// breaks by itself, and what the run found at any of them.
func (j *judge) of(same []step) []analyze.Breach {
	first := &same[0]
	x := j.exchange(first)
	breaches := analyze.Breaches(x)
	for _, f := range j.related {
		if slices.ContainsFunc(breaches, func(b analyze.Breach) bool { return b.Rule.ID == f.Rule }) || !concerns(&f, same) {
			continue
		}
		x := j.exchange(first)
		x.Transaction, x.Delivery = first.transaction, j.detail.Delivery
		if b := analyze.BreachOf(f.Rule, x); b != nil && b.Rule.Scope != analyze.EachMessage {
			b.Severity = f.Severity
			breaches = append(breaches, *b)
		}
	}
	for _, b := range breaches {
		j.told[b.Rule.ID] = true
	}
	worstFirst(breaches)
	return breaches
}

func (j *judge) exchange(s *step) *analyze.Exchange {
	return analyze.NewExchange(s.m, j.parser.Parse(s.m), j.detail.Analysis)
}

// concerns reports whether a finding rests on one of the messages.
func concerns(f *analyze.Finding, same []step) bool {
	return slices.ContainsFunc(same, func(s step) bool {
		return slices.Contains(f.Frames, s.m.Frame) && (s.transaction == nil || slices.Contains(f.Transactions, s.transaction.ID))
	})
}

// remaining are findings that no message was shown for.
func (j *judge) remaining() (breaches []analyze.Breach) {
	for i := range j.detail.Transactions {
		t := &j.detail.Transactions[i]
		for _, id := range t.Findings {
			breaches = j.remain(breaches, id, &analyze.Exchange{Transaction: t, Delivery: j.detail.Delivery})
		}
	}
	for _, f := range j.related {
		breaches = j.remain(breaches, f.Rule, &analyze.Exchange{Delivery: j.detail.Delivery})
	}
	worstFirst(breaches)
	return breaches
}

func (j *judge) remain(breaches []analyze.Breach, id string, x *analyze.Exchange) []analyze.Breach {
	if j.told[id] {
		return breaches
	}
	j.told[id] = true
	if b := analyze.BreachOf(id, x); b != nil {
		return append(breaches, *b)
	}
	return breaches
}

func worstFirst(breaches []analyze.Breach) {
	slices.SortStableFunc(breaches, func(a, b analyze.Breach) int { return cmp.Compare(b.Severity, a.Severity) })
}
