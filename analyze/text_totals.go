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

// summary is what has been counted so far.
func (l *ledger) summary() result.TextSummary {
	s := &l.totals
	return result.TextSummary{Kinds: s.kinds, Causes: maps.Clone(s.causes), Statuses: maps.Clone(s.statuses), MadeGood: s.madeGood, Late: s.late, Orphans: s.orphans + l.receipts.lost,
		LeftOut:  s.leftOut,
		Sends:    l.chats.chunks,
		SendRTT:  l.chats.rates.summary(),
		Receipts: l.receipts.rates.summary()}
}
