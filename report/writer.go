package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/internal/preset"
)

// Schema names the JSON report's version.
const Schema = "simplecap.report/1"

// Writer prints one run. It receives transactions and deliveries while they
// close and prints what depends on the whole run in Close. A Writer is used by
// one goroutine.
type Writer interface {
	analyze.Handler
	analyze.DeliveryHandler

	// Close prints the rest and releases temporary files. It must be called once
	// if the Writer received anything, even where the run failed. Its error is the
	// first one of the whole run, usually one of the underlying io.Writer.
	Close(r *result.Report) error
}

// Format is how a report is printed.
type Format string

// The formats.
const (
	Table    Format = "table"    // for people at a terminal
	JSON     Format = "json"     // one object
	NDJSON   Format = "ndjson"   // one object a line, as transactions close
	CSV      Format = "csv"      // one row a transaction
	Markdown Format = "markdown" // for a comment on a change
	HTML     Format = "html"     // one page for a browser, which package html makes
)

// Formats lists the formats of this package, the default one first.
func Formats() []Format { return []Format{Table, JSON, NDJSON, CSV, Markdown} }

// ParseFormat reads a format's name.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); f == HTML || slices.Contains(Formats(), f) {
		return f, nil
	}
	return "", fmt.Errorf("unknown format %q: choose %s", name, formatNames())
}

// PlainTexts reports whether a format lists every text, those too that are nothing
// but text in a MESSAGE: analyze.Options.PlainTexts should be so.
func PlainTexts(format Format, by View) bool {
	return format == JSON || format == NDJSON || by == ByText
}

// AllRows as Options.Rows shows everything.
const AllRows = -1

// View says what the table and Markdown list.
type View string

// The views.
const (
	Automatic     View = ""            // by text where receipts tell of them; else by delivery where the capture shows a MESSAGE on more than one hop
	ByDelivery    View = "delivery"    // one line a delivery, its hops under it
	ByTransaction View = "transaction" // one line a transaction
	ByText        View = "text"        // one line a text, its receipts under it
)

// ParseView reads a view's name.
func ParseView(name string) (View, error) {
	switch v := View(name); v {
	case Automatic, ByDelivery, ByTransaction, ByText:
		return v, nil
	}
	return "", fmt.Errorf("unknown view %q: choose delivery, transaction or text", name)
}

// Options say how to print. The zero value means the defaults.
type Options struct {
	By      View   // what the table and Markdown list
	Rows    int    // deliveries or transactions in them (default 200, failures first, and of more than 40 no successes; AllRows)
	Width   int    // columns of the terminal (default 120)
	Color   bool   // colour by ANSI escape sequences, in the table only
	Bodies  bool   // show message bodies; they must have been kept by analyze.Options.Bodies
	Live    bool   // print every row as it comes and flush it, and say which transactions are still open
	Info    bool   // list findings of severity info too, in the table and Markdown
	Early   bool   // with Live: ndjson and CSV have a transaction at its first final response too
	Where   string // the text of the filter that transactions had to pass, for the reader
	OfTexts string // the same of a filter that texts had to pass
	Limits  Limits // bounds; zero fields mean the defaults

	Zone    *time.Location // of times in the table (default UTC)
	Columns func() int     // the columns of the terminal now, which replaces Width; nil for Width
	Renewed bool           // with Live: who calls shows Live.Waits, and renews it: what waits is not printed

	asked bool // Rows was given: successes are listed too
}

// Limits are the bounds of a Writer. A zero field means the default.
type Limits struct {
	SpoolBytes    int64 // bytes of rows held in memory before they move to a temporary file (default 8 MiB)
	Missing       int   // missing 200s that the table and Markdown list one by one (default 50)
	Findings      int   // findings that they list (default 100)
	Peers         int   // peers that they list (default 20)
	Hops          int   // hops that they list of one delivery (default 40)
	FilterFrames  int   // frames in one Wireshark filter (default 12)
	LiveRows      int   // deliveries whose rows are remembered while they are open (default 20,000)
	Texts         int   // deliveries of which the table and Markdown by delivery know what they carried (default 50,000)
	MarkdownBytes int   // bytes of the Markdown table of transactions (default 40,000; GitHub takes 65,536 in a comment)
}

// DefaultLimits are the bounds used where Options leaves them zero.
var DefaultLimits = Limits{
	SpoolBytes: 8 << 20, Missing: 50, Findings: 100, Peers: 20, Hops: 40, FilterFrames: 12, LiveRows: 20000, Texts: 50000, MarkdownBytes: 40000,
}

const (
	defaultRows  = 200
	defaultWidth = 120
	minWidth     = 60
)

func (l Limits) withDefaults() Limits {
	preset.Numbers(&l, DefaultLimits)
	return l
}

func (o Options) withDefaults() Options {
	o.asked = o.asked || o.Rows != 0
	if o.Rows == 0 {
		o.Rows = defaultRows
	}
	if o.Width <= 0 {
		o.Width = defaultWidth
	}
	o.Width = max(o.Width, minWidth)
	o.Limits = o.Limits.withDefaults()
	return o
}

// wantsNow reports whether a program is told of a transaction as it is now: live, once
// it has closed, and with Early also at its first final response, and then again only
// where something has changed.
func (o *Options) wantsNow(t *result.Transaction) bool {
	switch {
	case !o.Live:
		return true
	case o.Early:
		return !t.Closed || !t.Again || t.Changed
	}
	return t.Closed
}

// at is a time, given in ns since 1970 UTC, in the zone of the table.
func (o *Options) at(ns int64) time.Time { return time.Unix(0, ns).In(o.zone()) }

func (o *Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// columns is how wide the terminal is now.
func (o *Options) columns() int {
	if o.Columns == nil {
		return o.Width
	}
	if n := o.Columns(); n > 0 {
		return n
	}
	return o.Width
}

// keep is Rows as the spool wants it: 0 for all.
func (o Options) keep() int { return max(o.Rows, 0) }

// New returns a Writer of the format that prints to w. One for programs that is not live
// works on a goroutine of its own, which its Close ends.
func New(format Format, w io.Writer, options Options) (Writer, error) {
	o := options.withDefaults()
	writer, err := newWriter(format, w, o)
	if err == nil && !o.Live && (format == JSON || format == NDJSON || format == CSV) {
		writer = newBeside(writer)
	}
	return writer, err
}

func newWriter(format Format, w io.Writer, o Options) (Writer, error) {
	switch format {
	case Table, "":
		if o.Live {
			if o.By == ByTransaction {
				return newLiveTable(newTableWriter(w, o)), nil
			}
			return newLiveDeliveries(newTableWriter(w, o)), nil
		}
		return newTableWriter(w, o), nil
	case JSON:
		return newJSONWriter(w, o), nil
	case NDJSON:
		return newNDJSONWriter(w, o), nil
	case CSV:
		if o.By == ByText {
			return newTextCSV(w, o), nil
		}
		return newCSVWriter(w, o), nil
	case Markdown:
		return newMarkdownWriter(w, o), nil
	}
	if format == HTML {
		return nil, errors.New("package html makes the page")
	}
	_, err := ParseFormat(string(format))
	return nil, err
}

// formatNames lists the formats for an error message.
func formatNames() string {
	var names []string
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	names = append(names, string(HTML))
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
