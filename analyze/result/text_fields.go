package result

import (
	"slices"
	"time"

	"simplecap/decode/content/sms"
)

// TextFieldPrefix stands before the name of a field of a text in filters, where the
// fields of transactions have their names without one.
const TextFieldPrefix = "text_"

// TextFields returns the fields of a text that filters may ask for, with the names
// that they have in the report.
func TextFields() []FieldOf[Text] { return textFields }

// textFields is the table. It is not changed.
var textFields = []FieldOf[Text]{
	ofText("id", NumberField, "number of its first delivery", func(t *Text) any { return int(t.ID) }),
	oneOf("kind", "what it is", TextKindNames, func(t *Text) string { return t.Kind.String() }),
	ofText("call_id", TextField, "Call-ID", func(t *Text) any { return t.CallID }),
	ofText("method", TextField, "SIP method, or SEND", func(t *Text) any { return t.Method }),
	oneOf("carrier", "what carried it", func() []string { return []string{"sip", "msrp"} }, func(t *Text) string { return t.Carrier }),
	ofText("from", TextField, "address of its sender", func(t *Text) any { return t.From }),
	ofText("to", TextField, "address it went to", func(t *Text) any { return t.To }),
	ofText("src", TextField, "address and port it came from, on the leg seen first", func(t *Text) any { return endpointText(t.Src) }),
	ofText("dst", TextField, "address and port it went to, on the leg seen first", func(t *Text) any { return endpointText(t.Dst) }),
	ofText("tp_address", TextField, "of an SMS, who wrote it or whom it is for", func(t *Text) any { return t.tpdu().Address.String() }),
	ofText("first", TimeField, "time of the first transmission", func(t *Text) any {
		if !t.HasTime {
			return time.Time{}
		}
		return time.Unix(0, t.First).UTC()
	}),
	ofText("sip_status", NumberField, "status of the first final response; 0 without one", func(t *Text) any { return t.Status }),
	ofText("content_type", TextField, "innermost Content-Type", func(t *Text) any {
		if t.Content == nil {
			return ""
		}
		return t.Content.Type
	}),
	ofText("bytes", NumberField, "size of the body", func(t *Text) any { return t.Bytes }),
	ofText("characters", NumberField, "how long the text is; -1 without one that can be read", func(t *Text) any {
		if t.Content == nil || !t.Content.HasText {
			return -1
		}
		return t.Content.Characters
	}),
	ofText("text", TextField, "what was written; only with --bodies", func(t *Text) any {
		if t.Content == nil {
			return ""
		}
		return t.Content.Text
	}),
	oneOf("end", "whether it arrived", TextEndNames, func(t *Text) string { return t.End.String() }),
	{"receipts", TextsField, "kinds of its receipts, in order of arrival", ReceiptKinds, true, nil, func(t *Text) any { return t.receiptKinds() }},
	ofText("cause", NumberField, "RP-Cause of its latest RP-ERROR; 0 without one", func(t *Text) any { return t.rpCause() }),
	ofText("late", BoolField, "a receipt came after TR1M or TR2M", func(t *Text) any {
		return slices.ContainsFunc(t.Receipts, func(r Receipt) bool { return r.Late })
	}),
	ofText("after_ms", MillisField, "first transmission to the receipt that decides; -1 without one", func(t *Text) any {
		after, ok := t.Decided()
		if !ok {
			return -1.0
		}
		return float64(after) / 1e6
	}),
	ofText("after", DurationField, "after_ms as a duration; -1 ns without a receipt that decides", func(t *Text) any {
		after, ok := t.Decided()
		if !ok {
			return time.Duration(-1)
		}
		return after
	}),
	ofText("part", NumberField, "which part of a concatenated SMS; 0 of none", func(t *Text) any { return int(t.tpdu().Concat.Part) }),
	ofText("parts", NumberField, "of how many parts; 0 of none", func(t *Text) any { return int(t.tpdu().Concat.Parts) }),
	ofText("incomplete", BoolField, "another part of it is not in the capture", func(t *Text) any { return t.Whole != nil && !t.Whole.Complete }),
	ofText("repeat_of", NumberField, "the text that it repeats; 0 for none", func(t *Text) any { return int(t.RepeatOf) }),
	ofText("copy_of", NumberField, "the text that a server copied; 0 for none", func(t *Text) any { return int(t.CopyOf) }),
	ofText("session", NumberField, "number of its MSRP session; 0 for none", func(t *Text) any { return t.Session }),
	ofText("malformed", BoolField, "something in its body is not as it must be", func(t *Text) any { return t.Content != nil && len(t.Content.Defects) > 0 }),
	{"findings", RulesField, "ids of the rules that it breaks", nil, true, nil, func(t *Text) any { return t.Findings }},
}

func ofText(name string, kind FieldType, doc string, get func(*Text) any) FieldOf[Text] {
	return FieldOf[Text]{name, kind, doc, nil, true, nil, get}
}

func oneOf(name, doc string, values func() []string, get func(*Text) string) FieldOf[Text] {
	return FieldOf[Text]{name, TextField, doc, values, true, nil, func(t *Text) any { return get(t) }}
}

// TextKindNames lists the kinds of texts.
func TextKindNames() []string { return textKindNames[:] }

// TextEndNames lists the ends of texts.
func TextEndNames() []string { return textEndNames[:] }

// ReceiptKinds lists the kinds of receipts.
func ReceiptKinds() []string {
	return []string{"rp-ack", "rp-error", "status-report", "delivered", "displayed", "processed", "stored", "failed", "forbidden", "error", "other", "msrp-response", "msrp-report"}
}

// tpdu is the TPDU of an SMS, and an empty one of another text.
func (t *Text) tpdu() *sms.TPDU {
	if rp := t.RP(); rp != nil {
		return &rp.TPDU
	}
	return &sms.TPDU{}
}

func (t *Text) receiptKinds() []string {
	kinds := make([]string, 0, len(t.Receipts))
	for i := range t.Receipts {
		kinds = append(kinds, t.Receipts[i].Kind)
	}
	return kinds
}

func (t *Text) rpCause() (cause int) {
	for i := range t.Receipts {
		if r := &t.Receipts[i]; r.Kind == "rp-error" {
			cause = int(r.Cause)
		}
	}
	return cause
}
