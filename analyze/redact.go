package analyze

import (
	"errors"
	"slices"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/strict"
	"simplecap/redact"
)

// say makes the sentence of a finding, from a copy with pseudonyms where
// Options.Redact asks for them.
func (o *Options) say(rule *Rule, x *Exchange, peer string) string {
	if o.Redact == nil {
		return rule.say(x, peer)
	}
	c := *x
	if x.Message != nil {
		c.Message = o.Redact.Message(x.Message)
		c.Opinion = o.opinionOf(c.Message, x.Opinion)
	}
	if x.Transaction != nil {
		t := Redacted(o.Redact, x.Transaction)
		c.Transaction = &t
	}
	if x.Delivery != nil {
		d := RedactedDelivery(o.Redact, x.Delivery)
		c.Delivery = &d
	}
	return rule.say(&c, peer)
}

// opinionOf is the strict parser's opinion on a message with pseudonyms: its
// errors quote the message.
func (o *Options) opinionOf(m *decode.Message, before strict.Opinion) strict.Opinion {
	if before.Err == nil || errors.Is(before.Err, strict.ErrNotGiven) {
		return before
	}
	return strict.NewParser(o.Limits.Decode).Parse(m)
}

// agentOf returns what the sender of a message calls itself, with pseudonyms
// where Options.Redact asks for them.
func (o *Options) agentOf(m *decode.Message) string { return o.Redact.Text(agentOf(m)) }

// Redacted returns a copy of t with pseudonyms, and without its text. It shares
// its lists with t. A nil Redactor returns t itself.
func Redacted(r *redact.Redactor, t *result.Transaction) result.Transaction {
	c := *t
	if r == nil {
		return c
	}
	c.CallID, c.Branch, c.SentBy = r.CallID(t.CallID), r.Branch(t.Branch), r.Host(t.SentBy)
	c.From, c.To, c.RequestURI = r.URI(t.From), r.URI(t.To), r.URI(t.RequestURI)
	c.Method, c.ContentType = r.Method(t.Method), r.Media(t.ContentType)
	c.Reason = r.Text(t.Reason, t.From, t.To)
	c.Body = nil
	return c
}

// RedactedDelivery returns a copy of d with pseudonyms.
func RedactedDelivery(r *redact.Redactor, d *result.Delivery) result.Delivery {
	c := *d
	if r == nil {
		return c
	}
	c.Sender, c.Recipient = r.URI(d.Sender), r.URI(d.Recipient)
	c.CallIDs = slices.Clone(d.CallIDs)
	for i := range c.CallIDs {
		c.CallIDs[i] = r.CallID(c.CallIDs[i])
	}
	return c
}

// RedactTo returns a Handler that hands on to h what it is handed, with
// pseudonyms. Findings have them already by Options.Redact.
func RedactTo(h Handler, r *redact.Redactor) Handler {
	if r == nil {
		return h
	}
	deliveries, _ := h.(DeliveryHandler)
	texts, _ := h.(TextHandler)
	open, _ := h.(OpenTextHandler)
	waiting, _ := h.(WaitingHandler)
	return &redacted{h, deliveries, texts, open, waiting, r}
}

type redacted struct {
	Handler
	deliveries DeliveryHandler // may be nil
	texts      TextHandler     // may be nil
	open       OpenTextHandler // may be nil
	waiting    WaitingHandler  // may be nil
	redactor   *redact.Redactor
}

// Transaction implements Handler.
func (h *redacted) Transaction(t *result.Transaction) {
	c := Redacted(h.redactor, t)
	h.Handler.Transaction(&c)
}

// Delivery implements DeliveryHandler.
func (h *redacted) Delivery(d *result.Delivery) {
	if h.deliveries != nil {
		c := RedactedDelivery(h.redactor, d)
		h.deliveries.Delivery(&c)
	}
}

// Waiting implements WaitingHandler.
func (h *redacted) Waiting(t *result.Transaction, now int64) {
	if h.waiting != nil {
		c := Redacted(h.redactor, t)
		h.waiting.Waiting(&c, now)
	}
}

// redactedMethods returns counts by method with pseudonyms for methods that are
// not of the protocol.
func redactedMethods(r *redact.Redactor, counts map[string]uint64) map[string]uint64 {
	if r == nil {
		return counts
	}
	c := make(map[string]uint64, len(counts))
	for method, n := range counts {
		c[r.Method(method)] += n
	}
	return c
}
