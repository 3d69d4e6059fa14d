package report

import (
	"bufio"
	"io"

	"simplecap/analyze/result"
	"simplecap/internal/spool"
)

const bufferSize = 64 << 10

// jsonWriter prints one object. Its transactions and deliveries are ordered by
// ID, so they wait in spools until the report is known. Each stands on a line of
// its own.
type jsonWriter struct {
	w            *bufio.Writer
	options      Options
	transactions *spool.Spool
	deliveries   *spool.Spool
	texts        *spool.Spool
	orphans      *spool.Spool // receipts that refer to nothing, in order of arrival
	kept         kept
	row          object // reused
}

func newJSONWriter(w io.Writer, o Options) *jsonWriter {
	return &jsonWriter{
		w: bufio.NewWriterSize(w, bufferSize), options: o, kept: newKept(o),
		transactions: spool.New(0, o.Limits.SpoolBytes), deliveries: spool.New(0, o.Limits.SpoolBytes), texts: spool.New(0, o.Limits.SpoolBytes),
		orphans: spool.New(0, o.Limits.SpoolBytes),
	}
}

func (j *jsonWriter) Transaction(t *result.Transaction) {
	j.row.b = j.row.b[:0]
	j.row.open()
	j.row.transaction(t, j.options.Live)
	j.row.close()
	j.transactions.Add(t.ID, j.row.b)
	j.kept.transaction(t)
}

func (j *jsonWriter) Delivery(d *result.Delivery) {
	if !j.kept.take(d) {
		return
	}
	j.row.b = j.row.b[:0]
	j.row.inner(func() { j.row.delivery(d, false) })
	j.deliveries.Add(d.ID, j.row.b)
}

// Text implements analyze.TextHandler.
func (j *jsonWriter) Text(t *result.Text) {
	j.row.b = j.row.b[:0]
	j.row.inner(func() { j.row.textObject(t, j.options.Bodies) })
	j.texts.Add(t.ID, j.row.b)
}

// OrphanReceipt implements analyze.TextHandler.
func (j *jsonWriter) OrphanReceipt(r *result.Receipt) {
	j.row.b = j.row.b[:0]
	j.row.inner(func() { j.row.receipt(r) })
	j.orphans.Wants(0) // counts it
	j.orphans.Add(j.orphans.Seen(), j.row.b)
}

// Finding does nothing: the Report has the findings with their final counts.
func (j *jsonWriter) Finding(*result.Finding) {}

func (j *jsonWriter) Close(r *result.Report) error {
	defer j.transactions.Close()
	defer j.deliveries.Close()
	defer j.texts.Close()
	defer j.orphans.Close()
	o := object{sep: "\n ", w: j.w}
	o.open()
	o.head(r)
	for _, list := range []struct {
		name string
		rows *spool.Spool
	}{{"transactions", j.transactions}, {"deliveries", j.deliveries}, {"texts", j.texts}, {"orphan_receipts", j.orphans}} {
		o.key(list.name)
		o.b = append(o.b, '[')
		j.w.Write(o.b)
		if err := j.list(list.rows); err != nil {
			return err
		}
		o.b = append(o.b[:0], ']')
	}
	objects(&o, "sessions", r.Sessions, o.session)
	objects(&o, "findings", r.Findings, o.finding)
	o.b = append(o.b, "\n}\n"...)
	j.w.Write(o.b)
	return j.w.Flush()
}

// list writes the rows of a spool as the elements of an array.
func (j *jsonWriter) list(rows *spool.Spool) error {
	separator := "\n "
	return rows.Each(func(row []byte) bool {
		j.w.WriteString(separator)
		_, err := j.w.Write(row)
		separator = ",\n "
		return err == nil
	})
}
