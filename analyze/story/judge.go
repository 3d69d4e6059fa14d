package story

import (
	"cmp"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/strict"
)

// Judge says which findings the messages of a Story stand for.
type Judge struct {
	story   *Story
	parser  *strict.Parser
	related []result.Finding // of the run, those that may concern the transactions
	told    map[string]bool  // ids of rules that a message has been shown for
}

// NewJudge returns a judge of a story, of which no message has been told.
func NewJudge(s *Story) *Judge {
	j := &Judge{story: s, parser: strict.NewParser(decode.Limits{}), told: make(map[string]bool)}
	for _, f := range s.findings {
		if slices.ContainsFunc(s.Transactions, func(t result.Transaction) bool { return slices.Contains(f.Transactions, t.ID) }) {
			j.related = append(j.related, f)
		}
	}
	return j
}

// Of returns what is wrong with messages of the same bytes: what the first one
// breaks by itself, and what the run found at any of them.
func (j *Judge) Of(same []Step) []analyze.Breach {
	first := &same[0]
	x := j.exchange(first)
	breaches := j.founded(first, analyze.Breaches(x))
	for _, f := range j.related {
		if slices.ContainsFunc(breaches, func(b analyze.Breach) bool { return b.Rule.ID == f.Rule }) || !concerns(&f, same) {
			continue
		}
		x := j.exchange(first)
		x.Transaction, x.Delivery = first.own(), j.story.Delivery
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

func (j *Judge) exchange(s *Step) *analyze.Exchange {
	return analyze.NewExchange(s.Message, j.parser.Parse(s.Message), j.story.Analysis)
}

// founded leaves, of what a message seems to break by itself, what its host has found:
// where there is only its head, it may have what it seems to lack.
func (j *Judge) founded(s *Step, breaches []analyze.Breach) []analyze.Breach {
	if !j.story.Analysis.Heads {
		return breaches
	}
	return slices.DeleteFunc(breaches, func(b analyze.Breach) bool {
		return s.Transaction == nil || !slices.Contains(s.Transaction.Findings, b.Rule.ID)
	})
}

// concerns reports whether a finding rests on one of the messages.
func concerns(f *result.Finding, same []Step) bool {
	return slices.ContainsFunc(same, func(s Step) bool {
		return slices.Contains(f.Frames, s.Message.Frame) && (s.own() == nil || slices.Contains(f.Transactions, s.Transaction.ID))
	})
}

// Remaining are findings that no message was shown for: those that rest on a frame of
// the story say who it was.
func (j *Judge) Remaining() (breaches []analyze.Breach) {
	x := &analyze.Exchange{Delivery: j.story.Delivery}
	for _, f := range j.related {
		if slices.ContainsFunc(f.Frames, j.story.holds) {
			breaches = j.remain(breaches, f.Rule, ofFrame(&f, x))
		}
	}
	for i := range j.story.Transactions {
		t := &j.story.Transactions[i]
		for _, id := range t.Findings {
			breaches = j.remain(breaches, id, analyze.BreachOf(id, &analyze.Exchange{Transaction: t, Delivery: j.story.Delivery}))
		}
	}
	for _, f := range j.related {
		breaches = j.remain(breaches, f.Rule, analyze.BreachOf(f.Rule, x))
	}
	worstFirst(breaches)
	return breaches
}

// ofFrame says what a finding about a text, or about bytes that are no message, says; nil
// for another one. Of several such bytes the finding has the words for one.
func ofFrame(f *result.Finding, x *analyze.Exchange) *analyze.Breach {
	b := analyze.BreachBy(f.Peer, f.Rule, x)
	switch {
	case b == nil || analyze.OfText(f.Rule):
	case b.Rule.Scope != analyze.EachMessage:
		return nil
	case f.Count == 1:
		b.Sentence = f.Message
	default:
		b.Sentence = f.Peer + ": " + b.Rule.Title
	}
	return b
}

func (s *Story) holds(frame capture.Ref) bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Message.Frame == frame })
}

func (j *Judge) remain(breaches []analyze.Breach, id string, b *analyze.Breach) []analyze.Breach {
	if j.told[id] || b == nil {
		return breaches
	}
	j.told[id] = true
	return append(breaches, *b)
}

func worstFirst(breaches []analyze.Breach) {
	slices.SortStableFunc(breaches, func(a, b analyze.Breach) int { return cmp.Compare(b.Severity, a.Severity) })
}

// own is the transaction that the message is a part of, nil where it is only about one.
func (s *Step) own() *result.Transaction {
	if s.Role == analyze.Unmatched {
		return nil
	}
	return s.Transaction
}
