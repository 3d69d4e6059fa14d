package analyze

import (
	"slices"
	"time"

	"simplecap/decode/content/sms"
)

// endOf decides what became of a text (DESIGN 7).
func (l *ledger) endOf(t *openText) TextEnd {
	switch rp := t.RP(); {
	case t.MSRP != nil:
		return l.endInSession(t)
	case t.awaitsReport():
		return l.endOfSMS(t, rp)
	case t.Content.Service == "CDMA SMS" || rp != nil && rp.Type.IsData():
		return EndUnknown // the reports of 3GPP2 are not read; an RP-DATA without RP-MR has none
	case t.Kind == InstantMessage:
		return l.endOfIM(t)
	}
	return l.endBySIP(t)
}

// endBySIP is the end where nothing but the answer says anything.
func (l *ledger) endBySIP(t *openText) TextEnd {
	switch {
	case t.Status >= 300:
		return RefusedText
	case t.Status >= 200:
		return NotAsked
	case t.outcome == Timeout || t.outcome == Unreachable:
		return Unconfirmed
	}
	return EndUnknown
}

// endOfSMS is the end of an RP-DATA or RP-SMMA.
func (l *ledger) endOfSMS(t *openText, rp *sms.Message) TextEnd {
	acked, refused, foreign := false, t.Status >= 300, false
	status := EndUnknown
	for i := range t.Receipts {
		r := &t.Receipts[i]
		if r.Foreign {
			foreign = true
			continue
		}
		switch r.Kind {
		case "rp-ack":
			acked = true
		case "rp-error":
			refused = true
		case "status-report":
			if end := endOfStatus(r.TPStatus); end != EndUnknown {
				status = end
			}
		}
	}
	switch {
	case status != EndUnknown:
		return status
	case acked && rp.Type.Up():
		return Submitted
	case acked:
		return Received
	case refused:
		return RefusedText
	case foreign:
		return Unconfirmed
	case t.HasTime && time.Duration(l.a.clock-t.seen) >= reportTimer(rp):
		return NoReport
	}
	return EndUnknown
}

// endOfStatus is what a TP-Status says for good, EndUnknown where the centre still tries.
func endOfStatus(s sms.Status) TextEnd {
	switch s.Class() {
	case sms.Completed:
		return ReachedEnd
	case sms.Forwarded:
		return Unconfirmed
	case sms.Replaced, sms.Permanent, sms.GivenUp:
		return FailedText
	}
	return EndUnknown
}

// endOfIM is the end of an instant message: what notifications say of each
// recipient, the worst of them, or else its answer.
func (l *ledger) endOfIM(t *openText) TextEnd {
	if end := t.endByNotification(); end != EndUnknown {
		return end
	}
	end := l.endBySIP(t)
	if end == NotAsked && t.asksIMDN() {
		return Unconfirmed
	}
	return end
}

// fate is what notifications say of one recipient.
type fate struct {
	user string
	end  TextEnd
}

// rank orders the ends of recipients, the best first.
func (f fate) rank() int {
	return slices.Index([]TextEnd{Displayed, ReachedEnd, FailedText, Unconfirmed}, f.end)
}

// endByNotification is the worst end of the recipients that notifications tell of,
// EndUnknown where none decides.
func (t *openText) endByNotification() TextEnd {
	var fates []fate
	for _, uri := range t.Content.Recipients {
		if t.asksIMDN() {
			fates = append(fates, fate{userOf(uri), Unconfirmed})
		}
	}
	decided := false
	for i := range t.Receipts {
		r := &t.Receipts[i]
		if r.Foreign {
			continue
		}
		f := fate{userOf(r.Recipient), Unconfirmed}
		switch r.Kind {
		case "displayed":
			f.end = Displayed
		case "delivered":
			f.end = ReachedEnd
		case "failed":
			f.end = FailedText
		case "processed", "stored", "forbidden", "error", "other":
		default:
			continue
		}
		decided = decided || f.end != Unconfirmed
		fates = better(fates, f)
	}
	if !decided {
		return EndUnknown
	}
	return worst(fates)
}

// better adds a fate, or betters the one of the same recipient.
func better(fates []fate, f fate) []fate {
	for i := range fates {
		if fates[i].user == f.user {
			if f.rank() < fates[i].rank() {
				fates[i] = f
			}
			return fates
		}
	}
	return append(fates, f)
}

// worst is the end of a text to several: one that failed for somebody failed.
func worst(fates []fate) TextEnd {
	order := []TextEnd{Displayed, ReachedEnd, Unconfirmed, FailedText}
	end := Displayed
	for _, f := range fates {
		if slices.Index(order, f.end) > slices.Index(order, end) {
			end = f.end
		}
	}
	return end
}
