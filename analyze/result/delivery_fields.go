package result

import (
	"sync"
	"time"

	"simplecap/capture"
)

// Where filters ask a transaction for fields of its delivery, of its hop in that and of
// its findings, these stand before their names.
const (
	DeliveryFieldPrefix = "delivery_"
	HopFieldPrefix      = "hop_"
	FindingFieldPrefix  = "finding_"
)

// DeliveryFields returns the fields of a delivery, in the order of the report.
func DeliveryFields() []FieldOf[Delivery] { return deliveryFields() }

// deliveryFields is the table. It is not changed.
var deliveryFields = sync.OnceValue(func() []FieldOf[Delivery] {
	return []FieldOf[Delivery]{
		number("id", "number of the delivery, from 1 in order of first appearance", func(d *Delivery) int64 { return int64(d.ID) }),
		text("verdict", "what became of it", func(d *Delivery) string { return d.Verdict.String() }).oneOf(VerdictNames).always(),
		number("blame", "the transaction that decided the verdict", func(d *Delivery) int64 { return int64(d.Blame) }).where(func(d *Delivery) bool { return d.Blame != 0 }),
		text("unseen", "what is not seen behind the last hop, since it cannot be read", func(d *Delivery) string { return d.Unseen }),
		text("sender", "address in From", func(d *Delivery) string { return d.Sender }),
		text("recipient", "address in To", func(d *Delivery) string { return d.Recipient }),
		texts("call_ids", "Call-IDs of its transactions", func(d *Delivery) []string { return d.CallIDs }),
		moment("first_request", "time of the first transmission on the leg seen first", func(d *Delivery) int64 { return d.FirstRequest }, func(d *Delivery) bool { return d.HasTime }),
		millis("total_ms", "first transmission to the final response of the leg seen first; in filters -1 without one", func(d *Delivery) time.Duration { return d.Total }, func(d *Delivery) bool { return d.HasTotal }),
		texts("findings", "ids of the rules that it breaks as a whole, such as that a proxy did not pass an answer on; those of its messages stand at its transactions", func(d *Delivery) []string { return d.Findings }).where(func(d *Delivery) bool { return len(d.Findings) > 0 }).rules(),
		objects("hops", "its transactions, in order of first appearance", func(d *Delivery) int64 { return int64(len(d.Hops)) }),
		truth("closed", "nothing can join it any more; in the report of live only", func(d *Delivery) bool { return d.Closed }),
	}
})

// HopFields returns the fields of a hop of a delivery, in the order of the report.
func HopFields() []FieldOf[Hop] { return hopFields() }

// hopFields is the table. It is not changed.
var hopFields = sync.OnceValue(func() []FieldOf[Hop] {
	return []FieldOf[Hop]{
		number("transaction", "number of the transaction", func(h *Hop) int64 { return int64(h.Transaction) }),
		number("parent", "the transaction that it forwards, 0 where the capture has none", func(h *Hop) int64 { return int64(h.Parent) }),
		atFirstHop(millis("forward_ms", "first transmission of the parent to that of this one; 0 without a parent", func(h *Hop) time.Duration { return h.Forward }, func(h *Hop) bool { return h.HasForward })),
		millis("bound_ms", "how far forward_ms and relay_ms may be off, where they are between the clocks of two hosts", func(h *Hop) time.Duration { return h.Bound }, func(h *Hop) bool { return h.Bound > 0 }),
		atFirstHop(millis("relay_ms", "final response of this one to that of the parent; 0 without a parent, in filters -1", func(h *Hop) time.Duration { return h.Relay }, func(h *Hop) bool { return h.HasRelay })),
	}
})

// atFirstHop has the field in JSON of the leg seen first too: no proxy is before it.
func atFirstHop(f FieldOf[Hop]) FieldOf[Hop] {
	has := f.Has
	f.inJSON = func(h *Hop) bool { return has(h) || h.Parent == 0 }
	return f
}

// FindingFields returns the fields of a finding, in the order of the report.
func FindingFields() []FieldOf[Finding] { return findingFields() }

// findingFields is the table. It is not changed.
var findingFields = sync.OnceValue(func() []FieldOf[Finding] {
	return []FieldOf[Finding]{
		text("rule", "id of the rule that is broken", func(f *Finding) string { return f.Rule }).always().rules(),
		text("severity", "how much it matters", func(f *Finding) string { return f.Severity.String() }).oneOf(allSeverities).always(),
		text("reference", "the text that the rule stands on", func(f *Finding) string { return f.Reference }).always(),
		text("peer", "address of who broke it", func(f *Finding) string { return f.Peer }),
		text("user_agent", "what it calls itself", func(f *Finding) string { return f.UserAgent }),
		number("status", "status of the responses that it is about, 0 where it is about none", func(f *Finding) int64 { return int64(max(0, f.Status)) }),
		number("count", "how often, exactly", func(f *Finding) int64 { return int64(f.Count) }),
		text("message", "what happened, in one sentence", func(f *Finding) string { return f.Message }).always(),
		ids("transactions", "the first 100 that it is about", func(f *Finding) []uint64 { return f.Transactions }),
		frames("frames", "the first 100 that prove it", func(f *Finding) []capture.Ref { return f.Frames }),
	}
})

// allSeverities lists the severities.
func allSeverities() []string { return severityNames[1:] }
