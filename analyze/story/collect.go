package story

import (
	"bytes"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/msrp"
	"simplecap/decode/sip"
	"simplecap/redact"
)

// DefaultMessages is how many messages a Collector keeps of one story.
const DefaultMessages = 500

// Collector keeps the messages of one delivery while a capture is analysed a second
// time. Joined is to be its analyze.Options.Joined.
type Collector struct {
	story Story
	max   int
	of    []uint64        // for each step, its transaction
	texts map[uint64]bool // of the story of a text, those that MSRP carries; nil for a delivery
}

// NewCollector begins a story of a delivery, nil for responses without their
// request, and its transactions, of at most max messages.
func NewCollector(d *result.Delivery, transactions []result.Transaction, max int) *Collector {
	return &Collector{story: Story{Delivery: d, Transactions: transactions}, max: max}
}

// NewTextCollector begins the story of a text, from the deliveries that carried it and
// its receipts and their transactions, of at most max messages. Session is to be the
// analyze.Options.Session of the run.
func NewTextCollector(t *result.Text, deliveries []result.Delivery, transactions []result.Transaction, max int) *Collector {
	c := &Collector{story: Story{Text: t, Transactions: transactions}, max: max, texts: map[uint64]bool{t.ID: true}}
	for i := range t.Receipts {
		c.texts[t.Receipts[i].Text] = true
	}
	for i := range deliveries {
		if slices.Contains(t.Deliveries, deliveries[i].ID) && c.story.Delivery == nil {
			c.story.Delivery = &deliveries[i]
		} else {
			c.story.further = append(c.story.further, deliveries[i])
		}
	}
	return c
}

// Session takes the next message of MSRP.
func (c *Collector) Session(s analyze.InSession) {
	if !c.texts[s.Text] {
		return
	}
	m := *s.Message.Message
	m.Body = bytes.Clone(m.Body)
	at := decode.Message{Carrier: decode.Carrier{Src: s.Message.Src, Dst: s.Message.Dst, Time: s.Message.Time, HasTime: s.Message.HasTime, Frame: s.Message.Frame, First: s.Message.Frame}}
	c.keep(Step{Message: &at, Session: &m}, 0)
}

// keep adds a step of a transaction, 0 for none.
func (c *Collector) keep(s Step, transaction uint64) {
	if len(c.story.Steps) == c.max {
		c.story.Left++
		return
	}
	c.story.Steps, c.of = append(c.story.Steps, s), append(c.of, transaction)
}

// Joined takes the next message of a MESSAGE exchange.
func (c *Collector) Joined(j analyze.Joined) {
	if c.story.transaction(j.Transaction) == nil {
		return
	}
	c.keep(Step{Message: j.Message.Clone(), Role: j.Role}, j.Transaction)
}

// Transaction implements analyze.Handler; a collector has them already.
func (c *Collector) Transaction(*result.Transaction) {}

// Finding implements analyze.Handler.
func (c *Collector) Finding(*result.Finding) {}

// Story ends the collection. r is the report of the run, and options how it was
// made; where these have pseudonyms the story has them too.
func (c *Collector) Story(r *result.Report, options analyze.Options) *Story {
	s := &c.story
	s.findings, s.Inputs, s.Analysis = r.Findings, r.Inputs, options
	s.Analysis.Joined, s.Analysis.Session = nil, nil
	redactStory(s, options.Redact)
	for i := range s.Steps {
		step := &s.Steps[i]
		step.Transaction = s.transaction(c.of[i])
		if s.Text != nil && step.Session == nil && step.Message.Kind == sip.Request {
			step.Content = analyze.ContentOf(step.Message)
		}
	}
	s.order()
	return s
}

// redactStory puts pseudonyms into what is told; its findings have them.
func redactStory(s *Story, r *redact.Redactor) {
	if r == nil {
		return
	}
	if s.Delivery != nil {
		delivery := analyze.RedactedDelivery(r, s.Delivery)
		s.Delivery = &delivery
	}
	for i := range s.further {
		s.further[i] = analyze.RedactedDelivery(r, &s.further[i])
	}
	if s.Text != nil {
		text := analyze.RedactedText(r, s.Text)
		s.Text = &text
	}
	for i := range s.Transactions {
		s.Transactions[i] = analyze.Redacted(r, &s.Transactions[i])
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		if m := step.Session; m != nil {
			HideSession(r, m)
			continue
		}
		step.Message = r.Message(step.Message)
	}
}

// HideSession puts pseudonyms into a message of MSRP, and hides what was written in place.
// A nil r leaves it as it is.
func HideSession(r *redact.Redactor, m *msrp.Message) {
	if r == nil {
		return
	}
	m.Transaction, m.MessageID, m.ToPath, m.FromPath, m.Reason = r.Unknown(m.Transaction), r.CallID(m.MessageID), r.Unknown(m.ToPath), r.Unknown(m.FromPath), r.Text(m.Reason)
	redact.HideText(m.Body)
}
