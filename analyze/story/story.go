// Package story tells one delivery, or one text with its receipts, in full: its messages
// in the order of the capture and what each is in its transaction, the hosts between which
// they went, what changed from hop to hop, and which findings rest on which message. The
// command's show, and whatever else draws a delivery, draws a Story; none pairs.
//
// Two passes over a capture make one: the first finds the delivery and its
// transactions, the second, with a Collector that listens to the analyzer
// (analyze.Options.Joined), its messages.
package story

import (
	"bytes"
	"cmp"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/msrp"
)

// Story is one delivery, or one text, with all that the capture holds of it.
type Story struct {
	Delivery     *result.Delivery     // nil for responses whose request is not in the capture
	Text         *result.Text         // that the story is told of; nil for a delivery
	Carried      string               // what became of the text that a delivery carried, in a few words; "" where its answer says all
	further      []result.Delivery    // of a text: those that carried its receipts
	Transactions []result.Transaction // in order of their IDs
	Steps        []Step               // its messages, in order of time
	Left         uint64               // messages that there was no room for
	findings     []result.Finding     // of the whole run
	Inputs       []capture.Input
	Analysis     analyze.Options // how the run was made
}

// Step is one message of a story. Of an MSRP message, Message has its ends, time and
// frame, and nothing else.
type Step struct {
	Message     *decode.Message
	Session     *msrp.Message       // nil where it is a SIP message
	Content     *content.Content    // of a request in the story of a text: what it carries; nil for nothing
	Transaction *result.Transaction // it belongs to, or is about; nil in MSRP
	Role        analyze.Role
	Like        int // index of the first step with the same bytes on the same hop; its own where it is that one
}

// transaction returns the transaction with the id, or nil.
func (s *Story) transaction(id uint64) *result.Transaction {
	for i := range s.Transactions {
		if s.Transactions[i].ID == id {
			return &s.Transactions[i]
		}
	}
	return nil
}

// hop returns the hop of a transaction, or nil.
func (s *Story) hop(transaction uint64) *result.Hop {
	for hop := range s.hops {
		if hop.Transaction == transaction {
			return hop
		}
	}
	return nil
}

// hops yields the hops of all deliveries.
func (s *Story) hops(yield func(*result.Hop) bool) {
	if s.Delivery != nil {
		for i := range s.Delivery.Hops {
			if !yield(&s.Delivery.Hops[i]) {
				return
			}
		}
	}
	for d := range s.further {
		for i := range s.further[d].Hops {
			if !yield(&s.further[d].Hops[i]) {
				return
			}
		}
	}
}

// request returns the first transmission of a transaction's request, or nil.
func (s *Story) request(transaction uint64) *decode.Message {
	for i := range s.Steps {
		if step := &s.Steps[i]; step.Transaction != nil && step.Transaction.ID == transaction && step.Role == analyze.FirstRequest {
			return step.Message
		}
	}
	return nil
}

// Same returns the steps that have the bytes of step i on its hop, i among them.
func (s *Story) Same(i int) (same []Step) {
	for _, step := range s.Steps {
		if step.Like == s.Steps[i].Like {
			same = append(same, step)
		}
	}
	return same
}

// order sorts the steps by time, and finds those of the same bytes. Messages
// without a time stay where the capture has them.
func (s *Story) order() {
	slices.SortStableFunc(s.Steps, func(a, b Step) int {
		if !a.Message.HasTime || !b.Message.HasTime {
			return 0
		}
		return cmp.Compare(a.Message.Time, b.Message.Time)
	})
	for i := range s.Steps {
		s.Steps[i].Like = i
		for j := range i {
			if sameBytes(&s.Steps[j], &s.Steps[i]) {
				s.Steps[i].Like = j
				break
			}
		}
	}
}

func sameBytes(a, b *Step) bool {
	return a.Session == nil && b.Session == nil && a.Transaction == b.Transaction && a.Message.Src == b.Message.Src && a.Message.Dst == b.Message.Dst && bytes.Equal(a.Message.Raw, b.Message.Raw)
}
