package report

import (
	"time"

	"simplecap/analyze/result"
)

// delivery appends the fields of one delivery. What the capture does not show
// is left out.
func (o *object) delivery(d *result.Delivery) {
	o.uint("id", d.ID)
	o.string("verdict", d.Verdict.String())
	if d.Blame != 0 {
		o.uint("blame", d.Blame)
	}
	if d.Unseen != "" {
		o.string("unseen", d.Unseen)
	}
	o.text("sender", d.Sender)
	o.text("recipient", d.Recipient)
	o.strings("call_ids", d.CallIDs)
	if d.HasTime {
		o.nanos("first_request", d.FirstRequest)
	}
	if d.HasTotal {
		o.millis("total_ms", d.Total)
	}
	o.key("hops")
	o.b = append(o.b, '[')
	for i := range d.Hops {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.inner(func() { o.hop(&d.Hops[i]) })
	}
	o.b = append(o.b, ']')
}

func (o *object) hop(h *result.Hop) {
	o.uint("transaction", h.Transaction)
	o.uint("parent", h.Parent)
	o.hopTime("forward_ms", h.Forward, h.HasForward, h)
	o.hopTime("relay_ms", h.Relay, h.HasRelay, h)
}

// hopTime is 0 for the first leg: there is no proxy before it.
func (o *object) hopTime(name string, d time.Duration, known bool, h *result.Hop) {
	if known || h.Parent == 0 {
		o.millis(name, d)
	}
}
