package report

import (
	"bytes"
	"io"

	"simplecap/analyze/result"
	"simplecap/check"
)

// VerdictSchema names the version of a verdict's JSON.
const VerdictSchema = "simplecap.check/1"

// WriteVerdictJSON writes a verdict as one JSON object: the result, every check,
// and the report without its transactions, so that it serves as a baseline.
func WriteVerdictJSON(w io.Writer, v *check.Verdict) error {
	var full bytes.Buffer
	if err := WriteSummaryJSON(&full, v.Report); err != nil {
		return err
	}
	o := object{sep: "\n "}
	o.open()
	o.string("schema", VerdictSchema)
	o.string("result", v.Result.String())
	objects(&o, "checks", v.Checks, o.check)
	o.strings("notes", v.Notes)
	o.key("report")
	o.b = append(o.b, bytes.TrimSpace(full.Bytes())...)
	o.b = append(o.b, "\n}\n"...)
	_, err := w.Write(o.b)
	return err
}

// WriteSummaryJSON writes a report as JSON without its transactions: what a
// baseline needs, and nothing of the people who sent messages.
func WriteSummaryJSON(w io.Writer, r *result.Report) error {
	writer, err := New(JSON, w, Options{})
	if err != nil {
		return err
	}
	return writer.Close(r)
}

func (o *object) check(c *check.Check) {
	o.string("kind", string(c.Kind))
	o.string("name", c.Name)
	o.text("title", c.Title)
	o.text("source", c.Source)
	if c.Severity != 0 {
		o.string("severity", c.Severity.String())
	}
	o.string("status", c.Status.String())
	o.text("limit", c.Limit)
	o.text("actual", c.Actual)
	o.text("hint", c.Hint)
	objects(o, "breaches", c.Breaches, o.breach)
	objects(o, "notes", c.Notes, o.note)
}

func (o *object) note(n *check.Note) {
	o.string("message", n.Message)
	o.uint("count", n.Count)
	o.string("why", n.Why)
}

func (o *object) breach(b *check.Breach) {
	o.string("message", b.Message)
	o.text("peer", plain(b.Peer))
	o.text("user_agent", b.UserAgent)
	o.text("reference", b.Reference)
	o.uint("count", b.Count)
	objects(o, "transactions", b.Transactions, o.failing)
	o.frames("frames", b.Frames)
}

// failing appends what a verdict says of a transaction.
func (o *object) failing(t *check.Transaction) {
	o.uint("id", t.ID)
	if t.Text != 0 {
		o.uint("text", t.Text)
	}
	if t.Verdict != 0 {
		o.uint("delivery", t.Delivery)
		o.string("verdict", t.Verdict.String())
	}
	o.text("call_id", t.CallID)
	o.text("src", plain(t.Src))
	o.text("dst", plain(t.Dst))
	if t.Outcome != 0 {
		o.string("outcome", t.Outcome.String())
	}
	if t.Status != 0 {
		o.uint("status", uint64(t.Status))
	}
	o.text("cause", t.Cause)
	if t.HasRTT {
		o.millis("rtt_ms", t.RTT)
	}
	o.uint("retransmissions", uint64(t.Retransmissions))
	o.frames("frames", t.Frames)
}
