package result

import (
	"time"

	"simplecap/capture"
	"simplecap/decode"
)

// FieldType is what the values of a Field are, and how CSV writes them.
type FieldType uint8

// The types, with the Go type that Field.Get returns.
const (
	TextField     FieldType = iota + 1 // string
	NumberField                        // int
	MillisField                        // float64, milliseconds
	DurationField                      // time.Duration
	TimeField                          // time.Time, UTC
	BoolField                          // bool
	NumbersField                       // []int
	TextsField                         // []string
	FramesField                        // []capture.Ref
	RulesField                         // []string, ids of rules
)

var fieldTypes = [...]string{"", "string", "number", "milliseconds", "duration", "time", "boolean", "list of numbers", "list of strings", "list of frames", "list of strings"}

// String says what the type is, for documents.
func (t FieldType) String() string { return fieldTypes[t] }

// Field is one field of a Transaction: the columns of CSV, the names of --where
// and of policies, and the page that documents them walk the table of them.
type Field = FieldOf[Transaction]

// FieldOf is one field of a T. Where Shown is false, the field is for filters only.
type FieldOf[T any] struct {
	Name   string
	Type   FieldType
	Doc    string          // what it holds, and what stands for an unknown value in filters
	Values func() []string // all that it can be; nil where that is open
	Shown  bool            // it stands in JSON and CSV
	Has    func(t *T) bool // nil: always; where it is false, JSON leaves the field out
	Get    func(t *T) any  // for a field without a value what filters see: 0, -1, "" or the zero time
}

// Fields returns the fields of a transaction, in the order of the report.
func Fields() []Field { return transactionFields }

// transactionFields is the table. It is not changed.
var transactionFields = []Field{
	number("id", "number of the transaction, from 1 in order of first appearance", func(t *Transaction) int { return int(t.ID) }, nil),
	number("delivery", "number of the delivery it belongs to", func(t *Transaction) int { return int(t.Delivery) }, func(t *Transaction) bool { return t.Delivery != 0 }),
	text("method", "method token, exactly as on the wire", func(t *Transaction) string { return t.Method }),
	text("call_id", "Call-ID", func(t *Transaction) string { return t.CallID }),
	number("cseq", "number of the CSeq", func(t *Transaction) int { return int(t.CSeq) }, func(t *Transaction) bool { return t.HasCSeq }),
	text("branch", "branch of the topmost Via", func(t *Transaction) string { return t.Branch }),
	text("sent_by", "sent-by of the topmost Via", func(t *Transaction) string { return t.SentBy }),
	text("from", "address in From", func(t *Transaction) string { return t.From }),
	text("to", "address in To", func(t *Transaction) string { return t.To }),
	text("request_uri", "Request-URI", func(t *Transaction) string { return t.RequestURI }),
	enum("transport", "transport", func() []string { return transportNames }, func(t *Transaction) string { return t.Transport.String() }),
	{"ipsec", BoolField, "it came in ESP or AH", nil, true, func(t *Transaction) bool { return t.IPsec }, func(t *Transaction) any { return t.IPsec }},
	text("src", "address and port the request came from", func(t *Transaction) string { return endpointText(t.Src) }),
	text("dst", "address and port it went to", func(t *Transaction) string { return endpointText(t.Dst) }),
	text("content_type", "Content-Type of the request", func(t *Transaction) string { return t.ContentType }),
	{"body_bytes", NumberField, "size of its body; -1 in filters where the capture holds a part of it", nil, true,
		func(t *Transaction) bool { return !t.BodyCut }, func(t *Transaction) any { return bodyBytes(t) }},
	{"body", TextField, "its body; only with --bodies", nil, true,
		func(t *Transaction) bool { return t.Body != nil }, func(t *Transaction) any { return string(t.Body) }},
	moment("first_request", "time of the first transmission", hasRequestTime, func(t *Transaction) int64 { return t.FirstRequest }),
	moment("last_request", "time of the last transmission before the final response", hasRequestTime, func(t *Transaction) int64 { return t.LastRequest }),
	number("retransmissions", "copies that the sender sent again", func(t *Transaction) int { return t.Retransmissions }, nil),
	{"provisional", NumbersField, "statuses of 1xx responses, in order of arrival", nil, true, nil, func(t *Transaction) any { return t.Provisional[:min(len(t.Provisional), maxListed)] }},
	number("status", "status of the first final response; 0 in filters without one", func(t *Transaction) int { return t.Status }, hasFinal),
	{"reason", TextField, "its reason phrase", nil, true, hasFinal, func(t *Transaction) any { return t.Reason }},
	moment("final", "its time", func(t *Transaction) bool { return hasFinal(t) && t.HasTime }, func(t *Transaction) int64 { return t.Final }),
	millis("rtt_ms", "first transmission to first final response; -1 in filters without one", func(t *Transaction) time.Duration { return t.RTT }),
	millis("rtt_last_ms", "last transmission before the final response to it; -1 in filters without one", func(t *Transaction) time.Duration { return t.RTTLast }),
	enum("outcome", "how it ended", OutcomeNames, func(t *Transaction) string { return t.Outcome.String() }),
	text("cause", "why there is no final response, as far as the capture shows", func(t *Transaction) string { return t.Cause }),
	{"findings", RulesField, "ids of the rules that it breaks", nil, true, nil, func(t *Transaction) any { return t.Findings }},
	{"request_frames", FramesField, "a frame for each transmission; in filters numbers of the first 100", nil, true, nil, func(t *Transaction) any { return t.RequestFrames }},
	{"response_frames", FramesField, "a frame for each response; in filters numbers of the first 100", nil, true, nil, func(t *Transaction) any { return t.ResponseFrames }},
	{"closed", BoolField, "nothing can join it any more; in the report of live only", nil, true, nil, func(t *Transaction) any { return t.Closed }},
	derived("verdict", TextField, "verdict of its delivery, empty before that has closed", VerdictNames, func(t *Transaction) any { return t.Verdict.String() }),
	derived("src_host", TextField, "src without the port", nil, func(t *Transaction) any { return t.Src.Host() }),
	derived("dst_host", TextField, "dst without the port", nil, func(t *Transaction) any { return t.Dst.Host() }),
	derived("rtt", DurationField, "rtt_ms as a duration, to compare with duration(\"1s\")", nil, func(t *Transaction) any { return durationOf(t, t.RTT) }),
	derived("rtt_last", DurationField, "rtt_last_ms as a duration", nil, func(t *Transaction) any { return durationOf(t, t.RTTLast) }),
	derived("duplicates", NumberField, "copies that the capture itself made", nil, func(t *Transaction) any { return t.Duplicates }),
	derived("frames", FramesField, "request_frames and response_frames", nil, func(t *Transaction) any {
		return append(append(make([]capture.Ref, 0, len(t.RequestFrames)+len(t.ResponseFrames)), t.RequestFrames...), t.ResponseFrames...)
	}),
}

// transportNames are the transports that the report knows.
var transportNames = []string{"udp", "tcp", "tls", "ws", "wss", "sctp"}

// maxListed is how much of a list a filter sees.
const maxListed = 100

func text(name, doc string, get func(*Transaction) string) Field {
	return Field{name, TextField, doc, nil, true, func(t *Transaction) bool { return get(t) != "" }, func(t *Transaction) any { return get(t) }}
}

func enum(name, doc string, values func() []string, get func(*Transaction) string) Field {
	f := text(name, doc, get)
	f.Values = values
	return f
}

func number(name, doc string, get func(*Transaction) int, has func(*Transaction) bool) Field {
	return Field{name, NumberField, doc, nil, true, has, func(t *Transaction) any { return get(t) }}
}

func moment(name, doc string, has func(*Transaction) bool, get func(*Transaction) int64) Field {
	return Field{name, TimeField, doc, nil, true, has, func(t *Transaction) any {
		if !has(t) {
			return time.Time{}
		}
		return time.Unix(0, get(t)).UTC()
	}}
}

func millis(name, doc string, get func(*Transaction) time.Duration) Field {
	return Field{name, MillisField, doc, nil, true, func(t *Transaction) bool { return t.HasRTT }, func(t *Transaction) any {
		if !t.HasRTT {
			return -1.0
		}
		return float64(get(t)) / 1e6
	}}
}

func derived(name string, kind FieldType, doc string, values func() []string, get func(*Transaction) any) Field {
	return Field{name, kind, doc, values, false, nil, get}
}

func hasRequestTime(t *Transaction) bool { return t.HasTime && len(t.RequestFrames) > 0 }

func hasFinal(t *Transaction) bool { return t.Status != 0 }

// durationOf is -1ns without a round trip, so that rtt > x is false.
func durationOf(t *Transaction, d time.Duration) time.Duration {
	if !t.HasRTT {
		return -1
	}
	return d
}

func bodyBytes(t *Transaction) int {
	if t.BodyCut {
		return -1
	}
	return t.BodyBytes
}

func endpointText(e decode.Endpoint) string {
	if e.IsZero() {
		return ""
	}
	return e.String()
}

// OutcomeNames lists the outcomes of transactions.
func OutcomeNames() []string { return outcomeNames[1:] }

// VerdictNames lists the verdicts of deliveries.
func VerdictNames() []string { return verdictNames[1:] }
