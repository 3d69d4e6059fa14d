package result

import (
	"slices"
	"sync"
	"time"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
)

// TextFieldPrefix stands before the name of a field of a text in filters, where the
// fields of transactions have their names without one.
const TextFieldPrefix = "text_"

// TextFields returns the fields of a text, in the order of the report: JSON walks them, and
// AskedOfTexts has their names in filters.
func TextFields() []FieldOf[Text] { return textFields() }

// textFields is the table. It is not changed.
var textFields = sync.OnceValue(func() []FieldOf[Text] {
	return []FieldOf[Text]{
		number("id", "number of its first delivery; `show --text` takes it", func(t *Text) int64 { return int64(t.ID) }),
		word("kind", "what it is", func(t *Text) string { return t.Kind.String() }).oneOf(allTextKinds),
		ids("deliveries", "numbers of the deliveries that carried it", func(t *Text) []uint64 { return t.Deliveries }),
		word("call_id", "Call-ID", func(t *Text) string { return t.CallID }).ifSet(),
		word("method", "SIP method, or SEND", func(t *Text) string { return t.Method }),
		word("carrier", "what carried it", func(t *Text) string { return t.Carrier }).oneOf(func() []string { return []string{"sip", "msrp"} }),
		word("from", "address of its sender", func(t *Text) string { return t.From }).ifSet(),
		word("to", "address it went to", func(t *Text) string { return t.To }).ifSet(),
		address("src", "address and port it came from, on the leg seen first", func(t *Text) decode.Endpoint { return t.Src }).where(nil).derived(),
		address("dst", "address and port it went to, on the leg seen first", func(t *Text) decode.Endpoint { return t.Dst }).where(nil).derived(),
		word("tp_address", "of an SMS, who wrote it or whom it is for", func(t *Text) string { return t.tpdu().Address.String() }).derived(),
		moment("first", "time of the first transmission", func(t *Text) int64 { return t.First }, func(t *Text) bool { return t.HasTime }),
		frame("request_frame", "the frame that completes it, on the leg seen first", func(t *Text) capture.Ref { return t.Frame }).where(func(t *Text) bool { return t.Frame != 0 }),
		number("sip_status", "status of the first final response; 0 without one", func(t *Text) int64 { return int64(t.Status) }).nonZero(),
		said("content_type", "innermost Content-Type", func(c *bodyContent) string { return c.Type }),
		number("bytes", "size of the body", func(t *Text) int64 { return int64(t.Bytes) }).inBytes().inJSONIf(func(t *Text) bool { return t.Content != nil }),
		number("characters", "how long the text is; -1 without one that can be read", func(t *Text) int64 { return int64(t.Content.Characters) }).
			where(func(t *Text) bool { return t.Content != nil && t.Content.HasText }).without(-1),
		said("text", "what was written; only with --bodies", func(c *bodyContent) string { return c.Text }).inJSONIf(func(t *Text) bool { return t.Content != nil && t.Content.HasText }).ofBodies(),
		said("charset", "charset of the text", func(c *bodyContent) string { return c.Charset }),
		said("service", "what a body with a name is: file transfer, a request of GB/T 28181", func(c *bodyContent) string { return c.Service }),
		truth("opaque", "nobody can read the body, as far as is known", func(t *Text) bool { return t.Content != nil && t.Content.Opaque }).ifTrue(),
		said("wrapped_in", "multipart type around the content, or message/cpim around an SMS", func(c *bodyContent) string { return c.Wrapped }),
		saidList("multipart", "media types of the parts of a multipart", func(c *bodyContent) []string { return c.Parts }).as("parts"),
		said("content_encoding", "Content-Encoding", func(c *bodyContent) string { return c.Encoding }),
		said("transfer_encoding", "Content-Transfer-Encoding, other than binary", func(c *bodyContent) string { return c.TransferEncoding }),
		said("body_encoding", "base64 or hex, where an SMS is written so and nothing says it", func(c *bodyContent) string { return c.Undeclared }),
		smsObject(),
		cpimObject("cpim", "what CPIM says around it (RFC 3862), the outermost", func(c *bodyContent) *content.CPIM { return c.CPIM }),
		cpimObject("cpim_inner", "the same of a CPIM in that", func(c *bodyContent) *content.CPIM { return c.Inner }),
		imdnObject(),
		composingObject(),
		saidList("list_recipients", "URIs of a recipient list (RFC 5365)", func(c *bodyContent) []string { return c.Recipients }),
		saidList("defects", "what is not as it must be in its body", func(c *bodyContent) []string { return defectWords(c.Defects) }).as("malformed"),
		number("session", "number of its MSRP session; 0 for none", func(t *Text) int64 { return int64(t.Session) }).nonZero(),
		msrpObject(),
		wholeObject(),
		number("part", "which part of a concatenated SMS; 0 of none", func(t *Text) int64 { return int64(t.tpdu().Concat.Part) }).nonZero().derived(),
		number("parts", "of how many parts; 0 of none", func(t *Text) int64 { return int64(t.tpdu().Concat.Parts) }).nonZero().derived(),
		truth("incomplete", "another part of it is not in the capture", func(t *Text) bool { return t.Whole != nil && !t.Whole.Complete }).derived(),
		number("repeat_of", "the text that it repeats; 0 for none", func(t *Text) int64 { return int64(t.RepeatOf) }).nonZero(),
		number("copy_of", "the text that a server copied; 0 for none", func(t *Text) int64 { return int64(t.CopyOf) }).nonZero(),
		number("answers", "the text with the request of GB/T 28181 that this one answers; 0 for none", func(t *Text) int64 { return int64(t.Answers) }).inJSONIf(func(t *Text) bool { return t.Answers != 0 }),
		ids("answered_by", "the first texts that answer it, of GB/T 28181", func(t *Text) []uint64 { return t.AnsweredBy }).inJSONIf(func(t *Text) bool { return len(t.AnsweredBy) > 0 }),
		millis("answer_ms", "first transmission to that of the first of them; -1 without one", func(t *Text) time.Duration { return t.AnswerAfter }, func(t *Text) bool { return len(t.AnsweredBy) > 0 }),
		objects("receipt", "what became of it, in order of arrival", func(t *Text) int64 { return int64(len(t.Receipts)) }).as("receipts"),
		word("end", "whether it arrived", func(t *Text) string { return t.End.String() }).oneOf(allTextEnds),
		texts("receipts", "kinds of its receipts, in order of arrival", func(t *Text) []string { return t.receiptKinds() }).oneOf(allReceiptKinds).derived(),
		number("cause", "RP-Cause of its latest RP-ERROR; 0 without one", func(t *Text) int64 { return int64(t.rpCause()) }).nonZero().derived(),
		truth("late", "a receipt came after TR1M or TR2M", func(t *Text) bool {
			return slices.ContainsFunc(t.Receipts, func(r Receipt) bool { return r.Late })
		}).derived(),
		millis("after_ms", "first transmission to the receipt that decides; -1 without one", after, isDecided).derived(),
		duration("after", "after_ms as a duration; -1 ns without a receipt that decides", after, isDecided).derived(),
		truth("malformed", "something in its body is not as it must be", func(t *Text) bool { return t.Content != nil && len(t.Content.Defects) > 0 }).derived(),
		texts("findings", "ids of the rules that it breaks", func(t *Text) []string { return t.Findings }).rules(),
	}
})

// word is text where an empty value is one too.
func word(name, doc string, get func(*Text) string) FieldOf[Text] {
	return text(name, doc, get).where(nil)
}

// bodyContent is what a body says.
type bodyContent = content.Content

// said is a field of what the body says, which JSON leaves out where it is empty.
func said(name, doc string, get func(*bodyContent) string) FieldOf[Text] {
	return word(name, doc, func(t *Text) string {
		if t.Content == nil {
			return ""
		}
		return get(t.Content)
	}).ifSet()
}

// saidList is said of a list.
func saidList(name, doc string, get func(*bodyContent) []string) FieldOf[Text] {
	return texts(name, doc, func(t *Text) []string {
		if t.Content == nil {
			return nil
		}
		return get(t.Content)
	}).inJSONIf(func(t *Text) bool { return t.Content != nil && len(get(t.Content)) > 0 })
}

func defectWords(defects []content.Defect) (words []string) {
	for _, d := range defects {
		words = append(words, d.String())
	}
	return words
}

func after(t *Text) time.Duration {
	d, _ := t.Decided()
	return d
}

func isDecided(t *Text) bool {
	_, ok := t.Decided()
	return ok
}

// allTextKinds lists the kinds of texts.
func allTextKinds() []string { return textKindNames[:] }

// allTextEnds lists the ends of texts.
func allTextEnds() []string { return textEndNames[:] }

// allReceiptKinds lists the kinds of receipts.
func allReceiptKinds() []string {
	return []string{"rp-ack", "rp-error", "status-report", "delivered", "displayed", "processed", "stored", "failed", "forbidden", "error", "other", "msrp-response", "msrp-report"}
}

// tpdu is the TPDU of an SMS, and an empty one of another text.
func (t *Text) tpdu() *sms.TPDU {
	if rp := t.RP(); rp != nil {
		return &rp.TPDU
	}
	return &noTPDU
}

// noTPDU is that of a text that is no SMS. It is not changed.
var noTPDU sms.TPDU

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
