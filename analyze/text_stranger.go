package analyze

import (
	"simplecap/analyze/result"
	"simplecap/decode"
)

// The capture may have a report before it has the leg that the report answers, or not have
// that leg at all: only the next transmission of it, or the link on one side of a proxy. So
// a receipt from where the text was not seen to go is a stranger until the text closes.

// stranger is such a receipt of a text.
type stranger struct {
	receipt     int // in Text.Receipts
	src         decode.Endpoint
	near        bool        // its sender may report from another address than it takes from
	to          decode.Addr // of a status report, which may go by a proxy that the SMS went through
	transaction uint64      // that carries it, 0 for none
}

// estranges keeps a receipt of a text, the last one that it has, as a stranger.
func (rc *receipts) estranges(t *openText, m *decode.Message, r *result.Receipt) {
	s := stranger{receipt: len(t.Receipts) - 1, src: m.Src}
	switch {
	case r.Kind == "status-report":
		s.near, s.to = true, m.Dst.IP
	case r.Kind == "rp-ack" || r.Kind == "rp-error":
		s.near = t.RP().Type.Up()
	}
	if h := rc.judge.placed; h != 0 {
		s.transaction = rc.judge.table.at(h).id()
	}
	t.strangers = append(t.strangers, s)
	if r.Delivery == 0 || len(rc.strange) >= rc.limits.Unmatched {
		return
	}
	if rc.strange == nil {
		rc.strange = make(map[uint64]*openText)
	}
	rc.strange[r.Delivery] = t
}

// reachedAlso looks again at the strangers of a text when another leg of it has been seen.
func (rc *receipts) reachedAlso(t *openText) {
	rc.adopt(t, func(s *stranger) bool { return t.knows(s.src.IP, s.near) || t.wentTo(s.to, false) })
}

// carriedOn takes a further leg of a delivery. Where it carries a stranger, the host that
// sends it on vouches for it, if that is the last one that the text was seen to go to: what
// is behind that host is not in the capture.
func (rc *receipts) carriedOn(delivery uint64, m *decode.Message) {
	t := rc.strange[delivery]
	if t == nil || t.gone || len(t.ends) == 0 || len(t.ends) >= rc.limits.TextHosts || t.ends[len(t.ends)-1] != m.Src.IP {
		return
	}
	rc.adopt(t, func(s *stranger) bool { return t.Receipts[s.receipt].Delivery == delivery })
}

// adopt makes those strangers of a text its own that belong to it.
func (rc *receipts) adopt(t *openText, belongs func(*stranger) bool) {
	kept := t.strangers[:0]
	for i := range t.strangers {
		s := &t.strangers[i]
		if !belongs(s) {
			kept = append(kept, *s)
			continue
		}
		r := &t.Receipts[s.receipt]
		r.Duplicate = rc.repeats(t, r)
		r.Foreign = false
		rc.decided(r)
		rc.judge.receipt(t, r, func(rule *Rule, detail string) { rc.judge.brokeLate(rule, t, s, detail) })
		rc.open.heard(t)
		rc.teller.heard(t)
	}
	t.strangers = kept
}

// strangers holds against a closed text the receipts that came from elsewhere for all that
// is known.
func (j *textJudge) strangers(t *openText) {
	for i := range t.strangers {
		j.brokeLate(&receiptFromElsewhere, t, &t.strangers[i], "")
	}
}

// brokeLate notes that a receipt of a text breaks a rule, when its message has gone.
func (j *textJudge) brokeLate(rule *Rule, t *openText, s *stranger, detail string) {
	if j.options.noRules {
		return
	}
	t.breaks(rule.index())
	j.brokeAt(rule, s.src, s.transaction, t.Receipts[s.receipt].Frame, detail)
}
