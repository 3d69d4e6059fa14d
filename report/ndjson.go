package report

import (
	"bufio"
	"io"

	"simplecap/analyze/result"
)

// ndjsonWriter prints one object a line and keeps nothing: each transaction and
// each delivery as it closes, the findings and the sessions, and last a report without these lists.
type ndjsonWriter struct {
	w       *bufio.Writer
	options Options
	kept    kept
	line    object // reused
}

func newNDJSONWriter(w io.Writer, o Options) *ndjsonWriter {
	return &ndjsonWriter{w: bufio.NewWriterSize(w, bufferSize), options: o, kept: newKept(o)}
}

func (n *ndjsonWriter) Transaction(t *result.Transaction) {
	if !n.options.wantsNow(t) {
		return
	}
	n.begin("transaction")
	n.line.transaction(t, n.options.Live)
	n.end()
	if !n.options.Live { // live, the deliveries that come are those that were asked for
		n.kept.transaction(t)
	}
}

func (n *ndjsonWriter) Delivery(d *result.Delivery) {
	if !n.options.Live && !n.kept.take(d) || d.Told == d.Verdict {
		return
	}
	n.begin("delivery")
	n.line.delivery(d, n.options.Live)
	n.end()
}

// Text implements analyze.TextHandler.
func (n *ndjsonWriter) Text(t *result.Text) {
	n.begin("text")
	n.line.textObject(t, n.options.Bodies)
	n.end()
}

// OrphanReceipt implements analyze.TextHandler.
func (n *ndjsonWriter) OrphanReceipt(r *result.Receipt) {
	n.begin("orphan_receipt")
	n.line.receipt(r)
	n.end()
}

// Finding prints a finding when it is first seen, where somebody is looking on.
// Its final counts come before the report.
func (n *ndjsonWriter) Finding(f *result.Finding) {
	if n.options.Live {
		n.finding(f)
	}
}

func (n *ndjsonWriter) finding(f *result.Finding) {
	n.begin("finding")
	n.line.finding(f)
	n.end()
}

func (n *ndjsonWriter) Close(r *result.Report) error {
	for i := range r.Findings {
		n.finding(&r.Findings[i])
	}
	for i := range r.Sessions {
		n.begin("session")
		n.line.session(&r.Sessions[i])
		n.end()
	}
	n.begin("report")
	n.line.head(r)
	n.end()
	return n.w.Flush()
}

func (n *ndjsonWriter) begin(kind string) {
	n.line.b = n.line.b[:0]
	n.line.open()
	n.line.string("type", kind)
}

func (n *ndjsonWriter) end() {
	n.line.close()
	n.line.b = append(n.line.b, '\n')
	n.w.Write(n.line.b)
	if n.options.Live {
		n.w.Flush()
	}
}
