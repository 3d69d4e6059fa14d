package analyze

import (
	"maps"

	"simplecap/decode/content/sms"
)

// TextCounts counts texts by kind and end.
type TextCounts [textKinds][textEnds]uint64

// TextSummary counts texts.
type TextSummary struct {
	Kinds    TextCounts           // by kind and end
	Causes   map[sms.Cause]uint64 // SMS that were refused, by the cause of the RP-ERROR
	Statuses map[int]uint64       // texts that were refused, by SIP status
	MadeGood uint64               // SMS that failed, and were sent again and arrived
	Late     uint64               // reports after TR1M or TR2M
	Orphans  uint64               // receipts that refer to nothing in the capture
	Sessions int                  // of MSRP
	Hidden   int                  // of them over TLS
	Receipts RTT                  // from a text to the receipt that decides
}

// Total counts the texts of some kinds, all where none is given.
func (s *TextSummary) Total(kinds ...TextKind) (n uint64) {
	for end := range textEnds {
		n += s.Ended(end, kinds...)
	}
	return n
}

// Ended counts the texts of some kinds with an end.
func (s *TextSummary) Ended(end TextEnd, kinds ...TextKind) (n uint64) {
	if len(kinds) == 0 {
		for k := range s.Kinds {
			n += s.Kinds[k][end]
		}
	}
	for _, k := range kinds {
		n += s.Kinds[k][end]
	}
	return n
}

// textTotals is a TextSummary while it is counted.
type textTotals struct {
	kinds    TextCounts
	causes   map[sms.Cause]uint64
	statuses map[int]uint64
	late     uint64
	orphans  uint64
	madeGood uint64
}

func (s *textTotals) count(kind TextKind, end TextEnd) { s.kinds[kind][end]++ }

func (s *textTotals) add(t *Text) {
	s.count(t.Kind, t.End)
	for i := range t.Receipts {
		if t.Receipts[i].Late {
			s.late++
		}
	}
	if t.End != RefusedText {
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
func (l *ledger) summary() TextSummary {
	s := &l.totals
	return TextSummary{Kinds: s.kinds, Causes: maps.Clone(s.causes), Statuses: maps.Clone(s.statuses), MadeGood: s.madeGood, Late: s.late, Orphans: s.orphans + l.lost,
		Receipts: l.rates.summary()}
}
