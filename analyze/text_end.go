package analyze

import (
	"slices"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode/content/sms"
)

// endAt decides what became of a text, by the capture's clock.
func (t *openText) endAt(clock int64) result.TextEnd {
	switch rp := t.RP(); {
	case t.MSRP != nil:
		return t.endInSession(clock)
	case t.awaitsReport():
		return t.endOfSMS(rp, clock)
	case t.Content.Service == "CDMA SMS" || rp != nil && rp.Type.IsData():
		return result.EndUnknown // the reports of 3GPP2 are not read; an RP-DATA without RP-MR has none
	case t.Kind == result.InstantMessage:
		return t.endOfIM()
	}
	return t.endBySIP()
}

// endBySIP is the end where nothing but the answer says anything.
func (t *openText) endBySIP() result.TextEnd {
	switch {
	case t.Status >= 300:
		return result.RefusedText
	case t.Status >= 200:
		return result.NotAsked
	case t.outcome == result.Timeout || t.outcome == result.Unreachable:
		return result.Unconfirmed
	}
	return result.EndUnknown
}

// endOfSMS is the end of an RP-DATA or RP-SMMA.
func (t *openText) endOfSMS(rp *sms.Message, clock int64) result.TextEnd {
	acked, refused, foreign := false, t.Status >= 300, false
	status := result.EndUnknown
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
			if end := endOfStatus(r.TPStatus); end != result.EndUnknown {
				status = end
			}
		}
	}
	switch {
	case status != result.EndUnknown:
		return status
	case acked && rp.Type.Up():
		return result.Submitted
	case acked:
		return result.Received
	case refused:
		return result.RefusedText
	case t.HasTime && time.Duration(clock-t.seen) >= reportTimer(rp) && !t.unseen:
		return result.NoReport // whatever others say of it
	case foreign:
		return result.Unconfirmed
	}
	return result.EndUnknown
}

// endOfStatus is what a TP-Status says for good, EndUnknown where the centre still tries.
func endOfStatus(s sms.Status) result.TextEnd {
	switch s.Class() {
	case sms.Completed:
		return result.ReachedEnd
	case sms.Forwarded:
		return result.Unconfirmed
	case sms.Replaced, sms.Permanent, sms.GivenUp:
		return result.FailedText
	}
	return result.EndUnknown
}

// endOfIM is the end of an instant message: what notifications say of each
// recipient, the worst of them, or else its answer.
func (t *openText) endOfIM() result.TextEnd {
	if end := t.endByNotification(); end != result.EndUnknown {
		return end
	}
	end := t.endBySIP()
	if end == result.NotAsked && t.AsksNotification() {
		return result.Unconfirmed
	}
	return end
}

// fate is what notifications say of one recipient.
type fate struct {
	user string
	end  result.TextEnd
}

// rank orders the ends of recipients, the best first.
func (f fate) rank() int {
	return slices.Index([]result.TextEnd{result.Displayed, result.ReachedEnd, result.FailedText, result.Unconfirmed}, f.end)
}

// endByNotification is the worst end of the recipients that notifications tell of,
// EndUnknown where none decides.
func (t *openText) endByNotification() result.TextEnd {
	var fates []fate
	for _, uri := range t.Content.Recipients {
		if t.AsksNotification() {
			fates = append(fates, fate{userOf(uri), result.Unconfirmed})
		}
	}
	decided := false
	for i := range t.Receipts {
		r := &t.Receipts[i]
		if r.Foreign || r.MatchedBy == result.SharedMessageID {
			continue
		}
		f := fate{userOf(r.Recipient), result.Unconfirmed}
		switch r.Kind {
		case "displayed":
			f.end = result.Displayed
		case "delivered":
			f.end = result.ReachedEnd
		case "failed":
			f.end = result.FailedText
		case "processed", "stored", "forbidden", "error", "other":
		default:
			continue
		}
		decided = decided || f.end != result.Unconfirmed
		if t.contradicts(r) {
			f.end = result.Unconfirmed // one of them is wrong, and nobody can tell which
		}
		fates = better(fates, f)
	}
	if !decided {
		return result.EndUnknown
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
func worst(fates []fate) result.TextEnd {
	order := []result.TextEnd{result.Displayed, result.ReachedEnd, result.Unconfirmed, result.FailedText}
	end := result.Displayed
	for _, f := range fates {
		if slices.Index(order, f.end) > slices.Index(order, end) {
			end = f.end
		}
	}
	return end
}
