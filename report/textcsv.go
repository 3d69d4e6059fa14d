package report

import (
	"io"
	"slices"
	"strconv"
	"sync"

	"simplecap/analyze/result"
)

// textCSV prints a header and one row a text, in the order of IDs.
type textCSV struct{ *csvWriter }

// textColumn is a column of that.
type textColumn struct {
	name string
	cell func(t *result.Text) string
}

func newTextCSV(w io.Writer, o Options) *textCSV {
	c := newCSVWriter(w, o)
	c.columns, c.begun = nil, true
	t := &textCSV{c}
	for i, column := range t.shown() {
		if i > 0 {
			c.w.WriteByte(',')
		}
		c.w.WriteString(column.name)
	}
	c.w.WriteByte('\n')
	return t
}

// csvTexts are the columns, the last one with Options.Bodies only. They are not changed.
var csvTexts = sync.OnceValue(func() []textColumn {
	return csvColumns("id", "kind", "first", "from", "to", "tp_address", "call_id", "method", "carrier", "sip_status", "content_type", "bytes", "characters",
		"end", "cause", "after_ms", "receipts", "part", "parts", "complete", "repeat_of", "copy_of", "session", "request_frame", "findings",
		"sms_rp_type", "sms_rp_mr", "sms_tp_mr", "sms_scts", "sms_udh_concat_ref", "cpim_message_id", "imdn_message_id", "imdn_status", "msrp_message_id", "receipt_matched_by", "text")
})

// csvColumns are columns by name: fields of texts as filters name them, but for three and
// the prefix of a text's own.
func csvColumns(names ...string) (columns []textColumn) {
	own := map[string]func(*result.Text) string{"cause": endReason, "complete": completeCell, "request_frame": frameCell}
	fields := result.AskedOfTexts()
	for _, name := range names {
		cell := own[name]
		if cell == nil {
			f := fields[slices.IndexFunc(fields, func(f result.Asked) bool { return f.Name == name || f.Name == result.TextFieldPrefix+name })]
			cell = func(t *result.Text) string {
				if f.Has != nil && !f.Has(t) {
					return ""
				}
				return cellOf(f.Get(t))
			}
		}
		columns = append(columns, textColumn{name, cell})
	}
	return columns
}

func (c *textCSV) shown() []textColumn {
	if c.options.Bodies {
		return csvTexts()
	}
	return csvTexts()[:len(csvTexts())-1]
}

// completeCell says of a part whether the whole is there.
func completeCell(t *result.Text) string {
	if t.Whole == nil {
		return ""
	}
	return strconv.FormatBool(t.Whole.Complete)
}

func frameCell(t *result.Text) string {
	return strconv.Itoa(t.Frame.File()) + ":" + number(t.Frame.Number())
}

// Transaction does nothing: rows are texts.
func (c *textCSV) Transaction(*result.Transaction) {}

// Text implements analyze.TextHandler.
func (c *textCSV) Text(t *result.Text) {
	c.row = c.row[:0]
	for i, column := range c.shown() {
		c.cell(i, column.cell(t))
	}
	c.row = append(c.row, '\n')
	if c.options.Live {
		c.w.Write(c.row)
		c.w.Flush()
		return
	}
	c.spool.Add(t.ID, c.row)
}

// OrphanReceipt does nothing: it belongs to no text.
func (c *textCSV) OrphanReceipt(*result.Receipt) {}
