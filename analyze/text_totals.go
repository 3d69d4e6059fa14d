package analyze

import (
	"maps"

	"simplecap/analyze/result"
	"simplecap/decode/content/sms"
)

// textTotals is a TextSummary while it is counted.
type textTotals struct {
	kinds    result.TextCounts
	causes   map[sms.Cause]uint64
	statuses map[int]uint64
	late     uint64
	orphans  uint64
	madeGood uint64
	leftOut  uint64
	lost     uint64
}

func (s *textTotals) count(kind result.TextKind, end result.TextEnd) { s.kinds[kind][end]++ }

func (s *textTotals) add(t *result.Text) {
	s.count(t.Kind, t.End)
	for i := range t.Receipts {
		if t.Receipts[i].Late {
			s.late++
		}
	}
	if t.End != result.RefusedText {
		return
	}
	for i := range t.Receipts {
		if r := &t.Receipts[i]; r.Kind == "rp-error" {
			if s.causes == nil {
				s.causes = make(map[sms.Cause]uint64)
			}
			s.causes[r.Cause]++
			return
		}
	}
	if t.Status >= 300 {
		if s.statuses == nil {
			s.statuses = make(map[int]uint64)
		}
		s.statuses[t.Status]++
	}
}

// lose counts a text that was taken and did not arrive: of an SMS that is sent again one
// attempt, and none where a later one arrives.
func (s *textTotals) lose(t *openText) {
	tries := t.tries
	if tries == nil {
		tries = &attempts{}
	}
	switch {
	case t.End.Arrived() && t.RepeatOf != 0:
		if tries.lost {
			s.lost--
		}
		tries.lost, tries.again = false, true
	case t.Lost() && !tries.lost && !tries.again:
		tries.lost = true
		s.lost++
	}
}

// summary is what has been counted so far.
func (l *ledger) summary() result.TextSummary {
	s := &l.totals
	return result.TextSummary{Kinds: s.kinds, Causes: maps.Clone(s.causes), Statuses: maps.Clone(s.statuses), MadeGood: s.madeGood, Late: s.late, Orphans: s.orphans + l.receipts.lost,
		LeftOut:  s.leftOut,
		Lost:     s.lost,
		Sends:    l.chats.chunks,
		SendRTT:  l.chats.rates.summary(),
		Receipts: l.receipts.rates.summary()}
}
