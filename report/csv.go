package report

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/jsontext"
	"simplecap/internal/spool"
)

// csvWriter prints a header and one row a transaction, in the order of IDs. Its
// columns are the fields of result.Fields that the JSON has.
//
// Cells are quoted as RFC 4180 says, and where a spreadsheet that separates by
// semicolons would split them; but lines end in LF alone: spreadsheets take either,
// and with CRLF the last column of every row would end in a CR for awk, cut and sort.
type csvWriter struct {
	w       *bufio.Writer
	options Options
	spool   *spool.Spool
	columns []*result.Field
	row     []byte // reused
	begun   bool   // the header is out
}

func newCSVWriter(w io.Writer, o Options) *csvWriter {
	c := &csvWriter{w: bufio.NewWriterSize(w, bufferSize), options: o, spool: spool.New(0, o.Limits.SpoolBytes)}
	var last []*result.Field // behind the others, where they have always been
	for i := range result.Fields() {
		switch f := &result.Fields()[i]; {
		case !f.Shown:
		case f.Name == "body" && o.Bodies:
			last = append(last, f)
		case f.Name == "closed" && o.Live:
			last = append(last, f)
		case f.Name != "body" && f.Name != "closed":
			c.columns = append(c.columns, f)
		}
	}
	c.columns = append(c.columns, last...)
	return c
}

func (c *csvWriter) Transaction(t *result.Transaction) {
	if !c.options.wantsNow(t) {
		return
	}
	c.row = c.row[:0]
	for i, f := range c.columns {
		c.cell(i, cellText(f, t))
	}
	c.row = append(c.row, '\n')
	if c.options.Live { // at once; with Options.Early a row that comes again replaces the one with its id
		c.header()
		c.w.Write(c.row)
		c.w.Flush()
		return
	}
	c.spool.Add(t.ID, c.row)
}

// header prints the names of the columns, once.
func (c *csvWriter) header() {
	if c.begun {
		return
	}
	c.begun = true
	for i, f := range c.columns {
		if i > 0 {
			c.w.WriteByte(',')
		}
		c.w.WriteString(f.Name)
	}
	c.w.WriteByte('\n')
}

// cell appends the i-th cell of the row.
func (c *csvWriter) cell(i int, text string) {
	if i > 0 {
		c.row = append(c.row, ',')
	}
	if isPlainCell(text) {
		c.row = append(c.row, text...)
		return
	}
	c.quoted(text)
}

// quoted appends a cell that may need quotes, or an apostrophe.
func (c *csvWriter) quoted(text string) {
	text = csvCell(text)
	if !strings.ContainsAny(text, "\",;\t\r\n") && strings.TrimSpace(text) == text {
		c.row = append(c.row, text...)
		return
	}
	c.row = append(c.row, '"')
	c.row = append(c.row, strings.ReplaceAll(text, `"`, `""`)...)
	c.row = append(c.row, '"')
}

// isPlainCell reports whether a cell may stand as it is, which most may: it is printable
// ASCII that separates nothing, and begins like no formula.
func isPlainCell(s string) bool {
	if s == "" {
		return true
	}
	switch s[0] {
	case ' ', '=', '+', '-', '@':
		return false
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == ',' || c == ';' {
			return false
		}
	}
	return s[len(s)-1] != ' '
}

// Finding does nothing: rows are transactions, which name their findings.
func (c *csvWriter) Finding(*result.Finding) {}

// Delivery does nothing: rows are transactions, which name their delivery.
func (c *csvWriter) Delivery(*result.Delivery) {}

func (c *csvWriter) Close(*result.Report) error {
	defer c.spool.Close()
	c.header()
	err := c.spool.Each(func(row []byte) bool {
		_, err := c.w.Write(row)
		return err == nil
	})
	if err != nil {
		return err
	}
	return c.w.Flush()
}

// csvCell makes a cell safe: printable, and never a formula, neither whole nor
// where a spreadsheet that separates by semicolons takes a part of it for a cell.
// Spreadsheets take a cell for a formula by its first character, in some locales by
// its full-width form too; an apostrophe before it makes it text.
func csvCell(s string) string {
	s = Clean(s, 0)
	if !strings.ContainsAny(s, "=+-@＝＋－＠") {
		return s
	}
	if !strings.Contains(s, ";") {
		return notFormula(s)
	}
	parts := strings.Split(s, ";")
	for i := range parts {
		parts[i] = notFormula(parts[i])
	}
	return strings.Join(parts, ";")
}

// notFormula puts an apostrophe before what a spreadsheet would evaluate. Blanks
// and quotes before it do not keep every spreadsheet from that.
func notFormula(s string) string {
	for _, start := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(strings.TrimLeft(s, " \""), start) {
			return "'" + s
		}
	}
	return s
}

// cellText is the value of a field in one cell, empty where there is none. Lists are
// separated by spaces.
func cellText[T any](f *result.FieldOf[T], t *T) string {
	if f.Has != nil && !f.Has(t) {
		return ""
	}
	return cellOf(f.Get(t))
}

// cellOf is the value of a field in CSV.
func cellOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return string(jsontext.AppendMillis(nil, time.Duration(math.Round(v*1e6))))
	case time.Time:
		return string(appendTime(nil, v.UnixNano()))
	case []int:
		return intsCell(v)
	case []string:
		return strings.Join(v, " ")
	case []capture.Ref:
		return framesCell(v)
	}
	return ""
}

func nonZero(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func endpoint(e decode.Endpoint) string {
	if e.IsZero() {
		return ""
	}
	return e.String()
}

func intsCell(values []int) string {
	var b []byte
	for i, v := range values {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return string(b)
}

// framesCell lists frames as file#frame. (1:3 would become a time of day in a
// spreadsheet, and 1/3 a date.)
func framesCell(frames []capture.Ref) string {
	var b []byte
	for i, f := range frames {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(f.File()), 10)
		b = append(b, '#')
		b = strconv.AppendUint(b, f.Number(), 10)
	}
	return string(b)
}
