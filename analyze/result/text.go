package result

import (
	"slices"
	"strings"
	"time"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
)

// TextKind is what a text is.
type TextKind uint8

// The kinds of text. RP-ACK and RP-ERROR are receipts and no texts; an IMDN is both.
const (
	TextOther        TextKind = iota // a service, or something nobody can read
	SMSSubmit                        // an SMS of a handset to the network
	SMSDeliver                       // an SMS of the network to a handset
	SMSStatusReport                  // what became of an SMS
	SMSCommand                       // an order about an SMS
	InstantMessage                   // pager mode
	Notification                     // an IMDN
	TypingIndication                 // is-composing
	SessionMessage                   // a message of an MSRP session
	textKinds
)

var textKindNames = [textKinds]string{"other", "sms-submit", "sms-deliver", "sms-status-report", "sms-command", "im", "imdn", "is-composing", "msrp"}

// String returns the kind as the report spells it.
func (k TextKind) String() string { return textKindNames[min(k, textKinds-1)] }

// IsSMS reports whether the text is an SMS.
func (k TextKind) IsSMS() bool { return k >= SMSSubmit && k <= SMSCommand }

// TextEnd says whether a text reached its other end, as far as the capture tells.
type TextEnd uint8

// The ends. There is exactly one.
const (
	EndUnknown  TextEnd = iota // the capture is too short, too poor or encrypted
	Submitted                  // an SMS to the network with an RP-ACK
	Received                   // an SMS to the handset with an RP-ACK; a session's text whose end took it
	ReachedEnd                 // an IMDN, a status report or MSRP REPORTs say so
	Displayed                  // an IMDN says so
	RefusedText                // an RP-ERROR, a final SIP status or an MSRP response of 300 or more
	FailedText                 // a negative IMDN, status report or MSRP REPORT
	NoReport                   // an RP-DATA that nothing answered for TR1M or TR2M
	Unconfirmed                // a receipt was asked for, and none that decides came
	NotAsked                   // no receipt was asked for
	NotSent                    // its sender aborted it
	textEnds
)

var textEndNames = [textEnds]string{"unknown", "submitted", "received", "delivered", "displayed", "refused", "failed", "no-report", "unconfirmed", "not-asked", "not-sent"}

// String returns the end as the report spells it.
func (e TextEnd) String() string { return textEndNames[min(e, textEnds-1)] }

// Failed reports whether the text did not reach its other end.
func (e TextEnd) Failed() bool { return e == RefusedText || e == FailedText || e == NoReport }

// Arrived reports whether the text reached its other end, or for an SMS of a handset
// its service centre, as a receipt says.
func (e TextEnd) Arrived() bool {
	return e == Submitted || e == Received || e == ReachedEnd || e == Displayed
}

// Text is what a person, a handset or a service sent, on whatever hops and in
// whatever deliveries the capture shows it.
type Text struct {
	ID          uint64 // of its first delivery; texts without one have a number of the same row
	Kind        TextKind
	Deliveries  []uint64
	Transaction uint64 // its first one, 0 where it has none
	CallID      string
	Method      string // SIP method, or SEND
	Carrier     string // "sip" or "msrp"
	From, To    string // addr-specs
	Src, Dst    decode.Endpoint
	HasTime     bool
	First       int64       // first transmission on the leg seen first, ns since 1970 UTC
	Frame       capture.Ref // the frame that completes it
	Status      int         // first final SIP status on the leg seen first; 0 without one
	Bytes       int         // of the body
	Content     *content.Content
	Whole       *WholeText    // of a part of a concatenated SMS
	Receipts    []Receipt     // in order of arrival
	RepeatOf    uint64        // the text that this one repeats, 0 for none
	CopyOf      uint64        // the text that a server copied, 0 for none
	Answers     uint64        // the text with the request of GB/T 28181 that this one answers, 0 for none
	AnsweredBy  []uint64      // texts that answer it, the first ones
	AnswerAfter time.Duration // from its first transmission to that of the first one
	Session     int           // number of its MSRP session, 0 for none
	MSRP        *SessionText
	End         TextEnd
	Findings    []string // ids of the rules that it breaks, sorted
}

// RP returns the RP message of an SMS, nil where the text is none.
func (t *Text) RP() *sms.Message {
	if t.Content == nil {
		return nil
	}
	return t.Content.SMS
}

// Decided is the time from the first transmission of the text to the receipt that
// decides; ok is false without one.
func (t *Text) Decided() (after time.Duration, ok bool) {
	for i := range t.Receipts {
		if r := &t.Receipts[i]; r.Decides() && r.HasAfter && !r.Duplicate {
			after, ok = r.After, true
		}
	}
	return after, ok
}

// Asks reports whether the sender of the text is to hear of it again: by an RP-ACK, an
// IMDN, or a REPORT.
func (t *Text) Asks() bool {
	return t.AsksReceipt() || t.MSRP != nil && t.MSRP.SuccessReport == "yes"
}

// Lost reports whether the text was taken, by a 2xx or in a session, and did not arrive.
// One that SIP refused is a delivery that failed.
func (t *Text) Lost() bool { return t.End.Failed() && (t.Status/100 == 2 || t.Carrier == "msrp") }

// Waits reports whether SIP took the text and the capture ends before the report of it is
// due (TS 24.011 10.1): it is not known whether it arrived.
func (t *Text) Waits() bool {
	rp := t.RP()
	return t.End == EndUnknown && t.Status/100 == 2 && rp != nil && rp.HasReference && t.AsksReceipt()
}

// Plain reports whether the text is nothing but text in a MESSAGE: of which a
// TextHandler hears with Options.PlainTexts only.
func (t *Text) Plain() bool {
	c := t.Content
	return t.Carrier == "sip" && (c == nil || c.Wrapped == "" && c.CPIM == nil && strings.HasPrefix(c.Type, "text/"))
}

// Clone returns a copy that stays valid after the handler returns.
func (t *Text) Clone() Text {
	c := *t
	c.AnsweredBy = slices.Clone(t.AnsweredBy)
	c.Deliveries, c.Receipts, c.Findings = slices.Clone(t.Deliveries), slices.Clone(t.Receipts), slices.Clone(t.Findings)
	if t.Content != nil {
		says := new(content.Memory)
		c.Content = says.Keep(t.Content)
	}
	return c
}

// WholeText joins the parts of a concatenated SMS.
type WholeText struct {
	Texts    []uint64 // by part, 0 for one that is not in the capture
	Complete bool
	Text     string // with analyze.Options.Bodies, of a complete one: what was written
}

// Receipt says what became of a text, or that somebody says so.
type Receipt struct {
	Kind      string // rp-ack, rp-error, status-report, delivered, displayed, processed, stored, failed, forbidden, error, other, msrp-response, msrp-report
	Frame     capture.Ref
	HasAfter  bool
	After     time.Duration // from the text's first transmission; negative where the capture has them the other way round
	MatchedBy string        // in-reply-to, rp-mr, transaction, message-id, SharedMessageID, tp-mr; "" for an orphan
	Delivery  uint64        // what carried it, 0 where it is no delivery of its own
	Text      uint64        // the text that it is as well: an IMDN, a status report; 0 for none
	Cause     sms.Cause     // of an RP-ERROR
	Failure   sms.FailureCause
	HasFCS    bool
	TPStatus  sms.Status // of a status report
	Status    int        // of an MSRP response or report
	Recipient string     // who it is about, where it says so
	MessageID string     // that it names
	Name      string     // of an IMDN status that is not known
	Late      bool       // after TR1M or TR2M
	Duplicate bool       // repeats or contradicts an earlier one
	Foreign   bool       // from where the text did not go: it decides nothing

	ByIntermediary bool // of an IMDN: who sends it is not whom it says it is of
}

// SharedMessageID is how a notification was matched that names an id which several texts of
// one client have, so that it may be of another one: it decides nothing.
const SharedMessageID = "shared-message-id"

// Decides reports whether the receipt says for good what became of a text.
func (r *Receipt) Decides() bool {
	if r.Foreign || r.MatchedBy == SharedMessageID {
		return false
	}
	switch r.Kind {
	case "processed", "stored", "forbidden", "error", "other", "msrp-response":
		return false
	case "status-report":
		return r.TPStatus.Class() != sms.Trying
	case "msrp-report":
		return r.Status != 0 // one without a Status that can be read
	}
	return true
}

// AsksReceipt reports whether the sender of a text is to hear of it again.
func (t *Text) AsksReceipt() bool {
	if t.Content == nil {
		return false
	}
	if rp := t.RP(); rp != nil {
		return rp.Type.IsData() || rp.Type == sms.MemoryAvailable
	}
	return t.AsksNotification()
}

// AsksNotification reports whether a text asks for a notification that says it arrived.
func (t *Text) AsksNotification() bool {
	return t.asksFor("positive-delivery") || t.asksFor("display") || t.asksFor("processing")
}

// asksFor reports whether a text or one inside it asks for a notification.
func (t *Text) asksFor(notification string) bool {
	c := t.Content
	if c == nil {
		return false
	}
	return c.CPIM != nil && c.CPIM.Wants(notification) || c.Inner != nil && c.Inner.Wants(notification)
}
