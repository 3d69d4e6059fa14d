package report

import (
	"io"
	"strconv"
	"strings"

	"simplecap/analyze/result"
)

// textCSV prints a header and one row a text, in the order of IDs.
type textCSV struct{ *csvWriter }

func newTextCSV(w io.Writer, o Options) *textCSV {
	c := newCSVWriter(w, o)
	c.columns, c.begun = nil, true
	t := &textCSV{c}
	c.w.WriteString(strings.Join(textCSVColumns, ","))
	if o.Bodies {
		c.w.WriteString(",text")
	}
	c.w.WriteByte('\n')
	return t
}

var textCSVColumns = []string{"id", "kind", "first", "from", "to", "tp_address", "call_id", "method", "carrier", "sip_status", "content_type", "bytes", "characters",
	"end", "cause", "after_ms", "receipts", "part", "parts", "complete", "repeat_of", "copy_of", "session", "request_frame", "findings"}

// Transaction does nothing: rows are texts.
func (c *textCSV) Transaction(*result.Transaction) {}

// Text implements analyze.TextHandler.
func (c *textCSV) Text(t *result.Text) {
	c.row = c.row[:0]
	for i, cell := range c.cells(t) {
		c.cell(i, cell)
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

// cells are in the order of textCSVColumns.
func (c *textCSV) cells(t *result.Text) []string {
	first, after, address, part, parts, complete := "", "", "", "", "", ""
	if t.HasTime {
		first = string(appendTime(nil, t.First))
	}
	if d, ok := t.Decided(); ok {
		after = string(appendMillis(nil, d))
	}
	if rp := t.RP(); rp != nil {
		address = rp.TPDU.Address.String()
		part, parts = nonZero(uint64(rp.TPDU.Concat.Part)), nonZero(uint64(rp.TPDU.Concat.Parts))
	}
	if t.Whole != nil {
		complete = strconv.FormatBool(t.Whole.Complete)
	}
	var receipts []string
	for i := range t.Receipts {
		receipts = append(receipts, t.Receipts[i].Kind)
	}
	media, characters, text := "", "", ""
	if t.Content != nil {
		media, text = t.Content.Type, t.Content.Text
		if t.Content.HasText {
			characters = strconv.Itoa(t.Content.Characters)
		}
	}
	cells := []string{number(t.ID), t.Kind.String(), first, t.From, t.To, address, t.CallID, t.Method, t.Carrier, nonZero(uint64(t.Status)), media,
		strconv.Itoa(t.Bytes), characters, t.End.String(), endReason(t), after, strings.Join(receipts, " "), part, parts, complete, nonZero(t.RepeatOf), nonZero(t.CopyOf),
		nonZero(uint64(t.Session)), strconv.Itoa(t.Frame.File()) + ":" + number(t.Frame.Number()), strings.Join(t.Findings, " ")}
	if c.options.Bodies {
		cells = append(cells, text)
	}
	return cells
}
