package report

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze"
	"simplecap/decode"
)

// csvWriter prints a header and one row a transaction, in the order of IDs.
//
// Fields are quoted as RFC 4180 says, but lines end in LF alone: spreadsheets
// take either, and with CRLF the last column of every row would end in a CR for
// awk, cut and sort.
type csvWriter struct {
	w       *bufio.Writer
	options Options
	spool   *spool
	row     bytes.Buffer
	enc     *csv.Writer // writes to row
	cells   []string    // reused
	begun   bool        // the header is out
}

var csvColumns = []string{
	"id", "delivery", "method", "call_id", "cseq", "branch", "sent_by", "from", "to", "request_uri",
	"transport", "src", "dst", "content_type", "body_bytes", "first_request", "last_request",
	"retransmissions", "provisional", "status", "reason", "final", "rtt_ms", "rtt_last_ms",
	"outcome", "cause", "findings", "request_frames", "response_frames",
}

func newCSVWriter(w io.Writer, o Options) *csvWriter {
	c := &csvWriter{w: bufio.NewWriterSize(w, bufferSize), options: o, spool: newSpool(0, o.Limits.SpoolBytes)}
	c.enc = csv.NewWriter(&c.row)
	return c
}

func (c *csvWriter) Transaction(t *analyze.Transaction) {
	c.cells = append(c.cells[:0], strconv.FormatUint(t.ID, 10), nonZero(t.Delivery))
	c.cells = appendIdentity(c.cells, t)
	c.cells = appendResult(c.cells, t)
	if c.options.Bodies {
		c.cells = append(c.cells, string(t.Body))
	}
	if c.options.Live { // at once; a row that comes again replaces the one with its id
		c.header()
		c.w.Write(c.encode(c.cells))
		c.w.Flush()
		return
	}
	c.spool.add(t.ID, c.encode(c.cells))
}

// header prints the names of the columns, once.
func (c *csvWriter) header() {
	if c.begun {
		return
	}
	c.begun = true
	header := append([]string(nil), csvColumns...)
	if c.options.Bodies {
		header = append(header, "body")
	}
	c.w.Write(c.encode(header))
}

// encode returns the cells as one line; it is valid until the next call.
func (c *csvWriter) encode(cells []string) []byte {
	for i, cell := range cells {
		cells[i] = csvCell(cell)
	}
	c.row.Reset()
	c.enc.Write(cells)
	c.enc.Flush()
	return c.row.Bytes()
}

// Finding does nothing: rows are transactions, which name their findings.
func (c *csvWriter) Finding(*analyze.Finding) {}

// Delivery does nothing: rows are transactions, which name their delivery.
func (c *csvWriter) Delivery(*analyze.Delivery) {}

func (c *csvWriter) Close(*analyze.Report) error {
	defer c.spool.close()
	c.header()
	err := c.spool.each(func(row []byte) bool {
		_, err := c.w.Write(row)
		return err == nil
	})
	if err != nil {
		return err
	}
	return c.w.Flush()
}

// csvCell makes a cell safe: printable, and never a formula. Spreadsheets take a
// cell for a formula by its first character, in some locales by its full-width
// form too; an apostrophe before it makes it text.
func csvCell(s string) string {
	s = Clean(s, 0)
	for _, start := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, start) {
			return "'" + s
		}
	}
	return s
}

func appendIdentity(cells []string, t *analyze.Transaction) []string {
	return append(cells, t.Method, t.CallID, strconv.FormatUint(t.CSeq, 10), t.Branch, t.SentBy, t.From, t.To,
		t.RequestURI, t.Transport.String(), endpoint(t.Src), endpoint(t.Dst), t.ContentType, bodyBytes(t))
}

func appendResult(cells []string, t *analyze.Transaction) []string {
	hasRequest := t.HasTime && len(t.RequestFrames) > 0
	hasFinal := t.Status != 0
	return append(cells,
		timeCell(t.FirstRequest, hasRequest), timeCell(t.LastRequest, hasRequest),
		strconv.Itoa(t.Retransmissions), intsCell(t.Provisional),
		nonZero(uint64(t.Status)), t.Reason, timeCell(t.Final, t.HasTime && hasFinal),
		millisCell(t.RTT, t.HasRTT), millisCell(t.RTTLast, t.HasRTT),
		t.Outcome.String(), t.Cause, strings.Join(t.Findings, " "),
		framesCell(t.RequestFrames), framesCell(t.ResponseFrames))
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

func timeCell(ns int64, known bool) string {
	if !known {
		return ""
	}
	return string(appendTime(nil, ns))
}

func millisCell(d time.Duration, known bool) string {
	if !known {
		return ""
	}
	return string(appendMillis(nil, d))
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
func framesCell(frames []decode.FrameRef) string {
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

// bodyBytes is the size of the body, empty where the capture holds a part of it.
func bodyBytes(t *analyze.Transaction) string {
	if t.BodyCut {
		return ""
	}
	return strconv.Itoa(t.BodyBytes)
}
