package report

import (
	"bufio"
	"io"

	"simplecap/analyze"
)

const bufferSize = 64 << 10

// jsonWriter prints one object. Its transactions are ordered by ID, so they wait
// in a spool until the report is known. Each stands on a line of its own.
type jsonWriter struct {
	w       *bufio.Writer
	options Options
	spool   *spool
	row     object // reused
}

func newJSONWriter(w io.Writer, o Options) *jsonWriter {
	return &jsonWriter{w: bufio.NewWriterSize(w, bufferSize), options: o, spool: newSpool(0, o.Limits.SpoolBytes)}
}

func (j *jsonWriter) Transaction(t *analyze.Transaction) {
	j.row.b = j.row.b[:0]
	j.row.open()
	j.row.transaction(t, j.options.Live)
	j.row.close()
	j.spool.add(t.ID, j.row.b)
}

// Finding does nothing: the Report has the findings with their final counts.
func (j *jsonWriter) Finding(*analyze.Finding) {}

func (j *jsonWriter) Close(r *analyze.Report) error {
	defer j.spool.close()
	o := object{sep: "\n "}
	o.open()
	o.head(r)
	o.key("transactions")
	o.b = append(o.b, '[')
	j.w.Write(o.b)
	if err := j.transactions(); err != nil {
		return err
	}
	o.b = append(o.b[:0], ']')
	o.key("deliveries")
	o.b = append(o.b, '[', ']')
	objects(&o, "findings", r.Findings, o.finding)
	o.b = append(o.b, "\n}\n"...)
	j.w.Write(o.b)
	return j.w.Flush()
}

func (j *jsonWriter) transactions() error {
	separator := "\n "
	return j.spool.each(func(row []byte) bool {
		j.w.WriteString(separator)
		_, err := j.w.Write(row)
		separator = ",\n "
		return err == nil
	})
}
