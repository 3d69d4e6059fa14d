package story

import (
	"simplecap/analyze"
	"simplecap/redact"
)

// DefaultMessages is how many messages a Collector keeps of one story.
const DefaultMessages = 500

// Collector keeps the messages of one delivery while a capture is analysed a second
// time. Joined is to be its analyze.Options.Joined.
type Collector struct {
	story Story
	max   int
	of    []uint64 // for each step, its transaction
}

// NewCollector begins a story of a delivery, nil for responses without their
// request, and its transactions, of at most max messages.
func NewCollector(d *analyze.Delivery, transactions []analyze.Transaction, max int) *Collector {
	return &Collector{story: Story{Delivery: d, Transactions: transactions}, max: max}
}

// Joined takes the next message of a MESSAGE exchange.
func (c *Collector) Joined(j analyze.Joined) {
	if c.story.Transaction(j.Transaction) == nil {
		return
	}
	if len(c.story.Steps) == c.max {
		c.story.Left++
		return
	}
	c.story.Steps = append(c.story.Steps, Step{Message: j.Message.Clone(), Role: j.Role})
	c.of = append(c.of, j.Transaction)
}

// Transaction implements analyze.Handler; a collector has them already.
func (c *Collector) Transaction(*analyze.Transaction) {}

// Finding implements analyze.Handler.
func (c *Collector) Finding(*analyze.Finding) {}

// Story ends the collection. r is the report of the run, and options how it was
// made; where these have pseudonyms the story has them too.
func (c *Collector) Story(r *analyze.Report, options analyze.Options) *Story {
	s := &c.story
	s.Findings, s.Inputs, s.Analysis = r.Findings, r.Inputs, options
	s.Analysis.Joined = nil
	redactStory(s, options.Redact)
	for i := range s.Steps {
		s.Steps[i].Transaction = s.Transaction(c.of[i])
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
	for i := range s.Transactions {
		s.Transactions[i] = analyze.Redacted(r, &s.Transactions[i])
	}
	for i := range s.Steps {
		s.Steps[i].Message = r.Message(s.Steps[i].Message)
	}
}
