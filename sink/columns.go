package sink

import (
	"slices"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// unit is a delivery that has closed, with what is known of its hops.
type unit struct {
	*result.Delivery
	name
	writer       string
	transactions []result.Transaction // in order of first appearance
}

// first is the transaction of the first leg seen, an empty one where there is none.
func (u *unit) first() *result.Transaction {
	if len(u.transactions) > 0 {
		return &u.transactions[0]
	}
	return &result.Transaction{}
}

// peer is the host that decided what became of the delivery: where the request went that
// the verdict rests on, else where it went last.
func (u *unit) peer() string {
	for i := range u.Hops {
		if u.Blame != 0 && u.Hops[i].Transaction == u.Blame {
			return u.Hops[i].Dst.String()
		}
	}
	return u.lastHop().Dst.String()
}

func (u *unit) lastHop() *result.Hop {
	if len(u.Hops) > 0 {
		return &u.Hops[len(u.Hops)-1]
	}
	return &result.Hop{}
}

func (u *unit) retransmissions() (n int) {
	for i := range u.transactions {
		n += u.transactions[i].Retransmissions
	}
	return n
}

// findings are the rules that it and its transactions break, each once.
func (u *unit) findings() (ids []string) {
	if u.Delivery != nil {
		ids = append(ids, u.Delivery.Findings...)
	}
	for i := range u.transactions {
		ids = append(ids, u.transactions[i].Findings...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// hop is a transaction in its unit.
type hop struct {
	*unit // of a transaction without a delivery, an empty one
	t     *result.Transaction
}

// place is its hop in the delivery, nil where it has none.
func (h *hop) place() *result.Hop {
	if h.Delivery == nil {
		return nil
	}
	for i := range h.Hops {
		if h.Hops[i].Transaction == h.t.ID {
			return &h.Hops[i]
		}
	}
	return nil
}

// parent is the id of the transaction that it forwards.
func (h *hop) parent() any {
	at := h.place()
	if at == nil || at.Parent == 0 {
		return nil
	}
	for i := range h.transactions {
		if h.transactions[i].ID == at.Parent {
			return transactionID(h.id, &h.transactions[i]).String()
		}
	}
	return nil
}

func endpoint(e decode.Endpoint) any {
	if e.IsZero() {
		return nil
	}
	return e.String()
}

// The columns that every table of things has.
const (
	versionDoc = "how often it was told: the row with the highest one counts"
	weightDoc  = "how many such rows it stands for: more than 1 in a sample"
	writerDoc  = "who wrote it"
)

func key(name, doc string) Column {
	return Column{Name: name, Type: Text, Doc: doc, Key: true, Required: true}
}

func required(name string, kind Type, doc string) Column {
	return Column{Name: name, Type: kind, Doc: doc, Required: true}
}

func momentOf(has bool, ns int64) any {
	if !has {
		return nil
	}
	return time.Unix(0, ns).UTC()
}

func millisOf(has bool, d time.Duration) any {
	if !has {
		return nil
	}
	return float64(d) / 1e6
}

// deliveryColumns is the table of deliveries. It is not changed.
var deliveryColumns = []columnOf[unit]{
	{key("delivery_id", "names the delivery in every run that sees its first leg"), func(u *unit) any { return u.id.String() }},
	{required("version", Number, versionDoc), func(u *unit) any { return u.version }},
	{required("weight", Real, weightDoc), func(*unit) any { return 1.0 }},
	{required("writer", Text, writerDoc), func(u *unit) any { return u.writer }},
	{Column{Name: "first_request", Type: Time, Doc: "time of the first transmission on the first leg seen"}, func(u *unit) any { return momentOf(u.HasTime, u.FirstRequest) }},
	{Column{Name: "verdict", Type: Text, Doc: "what became of it"}, func(u *unit) any { return u.Verdict.String() }},
	{Column{Name: "failed", Type: Bool, Doc: "it did not arrive, as far as the capture shows"}, func(u *unit) any { return u.Verdict.Failed() }},
	{Column{Name: "sender", Type: Text, Doc: "address in From"}, func(u *unit) any { return u.Sender }},
	{Column{Name: "recipient", Type: Text, Doc: "address in To"}, func(u *unit) any { return u.Recipient }},
	{Column{Name: "call_id", Type: Text, Doc: "Call-ID of the first leg seen"}, func(u *unit) any { return u.first().CallID }},
	{Column{Name: "call_ids", Type: Texts, Doc: "all of its Call-IDs"}, func(u *unit) any { return u.CallIDs }},
	{Column{Name: "method", Type: Text, Doc: "method token, exactly as on the wire"}, func(u *unit) any { return u.first().Method }},
	{Column{Name: "transport", Type: Text, Doc: "transport of the first leg seen"}, func(u *unit) any { return u.first().Transport.String() }},
	{Column{Name: "src", Type: Text, Doc: "address and port that the first leg seen came from"}, func(u *unit) any { return endpoint(u.first().Src) }},
	{Column{Name: "dst", Type: Text, Doc: "address and port that it went to"}, func(u *unit) any { return endpoint(u.first().Dst) }},
	{Column{Name: "last_dst", Type: Text, Doc: "address and port that the last leg seen went to"}, func(u *unit) any { return endpoint(u.lastHop().Dst) }},
	{Column{Name: "peer", Type: Text, Doc: "address and port of the host that decided the verdict"}, func(u *unit) any { return u.peer() }},
	{Column{Name: "status", Type: Number, Doc: "status of the first final response on the first leg seen"}, func(u *unit) any { return statusOf(u.first()) }},
	{Column{Name: "outcome", Type: Text, Doc: "how the first leg seen ended"}, func(u *unit) any { return u.first().Outcome.String() }},
	{Column{Name: "total_ms", Type: Real, Unit: "ms", Doc: "first request to the final response of the first leg seen"}, func(u *unit) any { return millisOf(u.HasTotal, u.Total) }},
	{Column{Name: "hops", Type: Number, Doc: "transactions of it"}, func(u *unit) any { return len(u.Hops) }},
	{Column{Name: "retransmissions", Type: Number, Doc: "copies that senders sent again, on all hops"}, func(u *unit) any { return u.retransmissions() }},
	{Column{Name: "content_type", Type: Text, Doc: "Content-Type of the request"}, func(u *unit) any { return u.first().ContentType }},
	{Column{Name: "body_bytes", Type: Number, Unit: "bytes", Doc: "size of its body"}, func(u *unit) any { return bodyOf(u.first()) }},
	{Column{Name: "findings", Type: Texts, Doc: "ids of the rules that it and its transactions break"}, func(u *unit) any { return u.findings() }},
	{Column{Name: "unseen", Type: Text, Doc: "what is not seen behind the last hop, since it cannot be read"}, func(u *unit) any { return u.Unseen }},
}

func statusOf(t *result.Transaction) any {
	if t.Status == 0 {
		return nil
	}
	return t.Status
}

func bodyOf(t *result.Transaction) any {
	if t.BodyCut {
		return nil
	}
	return t.BodyBytes
}

// transactionColumns is the table of transactions: their place in the delivery, and the
// fields of the report.
func transactionColumns() []columnOf[hop] {
	own := []columnOf[hop]{
		{key("transaction_id", "names the transaction"), func(h *hop) any { return transactionID(h.id, h.t).String() }},
		{required("version", Number, versionDoc), func(h *hop) any { return max(h.version, 1) }},
		{required("weight", Real, weightDoc), func(*hop) any { return 1.0 }},
		{required("writer", Text, writerDoc), func(h *hop) any { return h.writer }},
		{Column{Name: "delivery_id", Type: Text, Doc: "the delivery it belongs to"}, func(h *hop) any { return h.id.String() }},
		{Column{Name: "parent_id", Type: Text, Doc: "the transaction that it forwards"}, func(h *hop) any { return h.parent() }},
		{Column{Name: "forward_ms", Type: Real, Unit: "ms", Doc: "from the parent's first request to this one's"}, func(h *hop) any {
			at := h.place()
			return millisOf(at != nil && at.HasForward, hopOr(at).Forward)
		}},
		{Column{Name: "bound_ms", Type: Real, Unit: "ms", Doc: "how far forward_ms and relay_ms may be off, where they are between the clocks of two hosts"}, func(h *hop) any {
			at := h.place()
			return millisOf(at != nil && at.Bound > 0, hopOr(at).Bound)
		}},
		{Column{Name: "relay_ms", Type: Real, Unit: "ms", Doc: "from this final response to the parent's"}, func(h *hop) any {
			at := h.place()
			return millisOf(at != nil && at.HasRelay, hopOr(at).Relay)
		}},
	}
	return append(own, fieldColumns(result.Fields(), func(h *hop) *result.Transaction { return h.t }, "id", "delivery", "closed")...)
}

func hopOr(h *result.Hop) *result.Hop {
	if h == nil {
		return &result.Hop{}
	}
	return h
}

// textRow is a text that a row is made of.
type textRow struct {
	*result.Text
	name
	delivery, repeats, copies ID
	writer                    string
}

func textColumns() []columnOf[textRow] {
	own := []columnOf[textRow]{
		{key("text_id", "names the text"), func(t *textRow) any { return t.id.String() }},
		{required("version", Number, versionDoc), func(t *textRow) any { return t.version }},
		{required("weight", Real, weightDoc), func(*textRow) any { return 1.0 }},
		{required("writer", Text, writerDoc), func(t *textRow) any { return t.writer }},
		{Column{Name: "delivery_id", Type: Text, Doc: "the delivery that carried it first"}, func(t *textRow) any { return t.delivery.String() }},
		{Column{Name: "repeat_of", Type: Text, Doc: "the text that it repeats"}, func(t *textRow) any { return t.repeats.String() }},
		{Column{Name: "copy_of", Type: Text, Doc: "the text that a server copied"}, func(t *textRow) any { return t.copies.String() }},
		{Column{Name: "asks", Type: Bool, Doc: "its sender is to hear of it again, by a receipt"}, func(t *textRow) any { return t.Asks() }},
	}
	shown := namedColumns(result.TextFields(), func(t *textRow) *result.Text { return t.Text }, "kind", "call_id", "method", "carrier", "from", "to", "src", "dst", "tp_address", "first",
		"sip_status", "content_type", "bytes", "characters", "text", "end", "receipts", "cause", "late", "after_ms", "part", "parts", "incomplete", "answers", "malformed", "findings")
	return append(own, shown...)
}

// findingRow is a finding that a row is made of.
type findingRow struct {
	*result.Finding
	run     string
	version int
	writer  string
	first   any // when the run began: the same each time that it is told
}

// findingColumns is the table of findings. It is not changed.
var findingColumns = []columnOf[findingRow]{
	{key("run", "names the run that found it"), func(f *findingRow) any { return f.run }},
	{key("rule", "id of the rule"), func(f *findingRow) any { return f.Rule }},
	{key("peer", "address and port of who broke it"), func(f *findingRow) any { return f.Peer }},
	{Column{Name: "status", Type: Number, Doc: "of the responses that it is about, 0 where it is not about any", Key: true, Required: true}, func(f *findingRow) any { return f.Status }},
	{required("version", Number, versionDoc), func(f *findingRow) any { return f.version }},
	{required("writer", Text, writerDoc), func(f *findingRow) any { return f.writer }},
	{Column{Name: "first", Type: Time, Doc: "when the first transaction of the run was"}, func(f *findingRow) any { return f.first }},
	{Column{Name: "severity", Type: Text, Doc: "how much it matters"}, func(f *findingRow) any { return f.Severity.String() }},
	{Column{Name: "reference", Type: Text, Doc: "the text that the rule stands on"}, func(f *findingRow) any { return f.Reference }},
	{Column{Name: "user_agent", Type: Text, Doc: "what who broke it calls itself"}, func(f *findingRow) any { return f.UserAgent }},
	{required("count", Number, "how often"), func(f *findingRow) any { return f.Count }},
	{Column{Name: "message", Type: Text, Doc: "what happened, in one sentence"}, func(f *findingRow) any { return f.Message }},
}
