// Package html writes a report as one page that needs nothing else: no network, no
// other file, no program but a browser. It is read from a disk, an artefact of a build
// or a mail.
//
// The answer, the charts, and the first rows are plain HTML and SVG that read well where
// scripts and styles are forbidden. All rows are data, which are unpacked in the browser,
// see Writer.Close. What came from the wire is text wherever it stands.
package html

import (
	"io"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/check"
	"simplecap/internal/preset"
	"simplecap/report"
)

// Options say what the page holds. The zero value means the defaults.
type Options struct {
	Rows     int             // deliveries that it holds, failures first; 0 for Limits.Rows
	Bodies   bool            // show texts; without it they are not in the page
	Where    string          // the text of the filter that transactions had to pass, for the reader
	OfTexts  string          // the same of a filter that texts had to pass
	Analysis analyze.Options // how the run is made; its Redact gives what is shown pseudonyms
	Made     Made            // how the page was made
	Limits   Limits          // bounds; zero fields mean the defaults
}

// Made says how a page was made, for who doubts it.
type Made struct {
	Version string                   // of the program
	Command string                   // as it was typed
	Hash    func(name string) string // the SHA-256 of an input in hexadecimal, "" where it cannot be read again; may be nil
}

// Limits are the bounds of a Writer. A zero field means the default.
type Limits struct {
	SpoolBytes  int64 // bytes of rows held in memory before they move to a temporary file (default 32 MiB)
	HeldBytes   int64 // bytes of messages held of deliveries that have not closed; of those that were answered the oldest go first (default 64 MiB)
	StoryBytes  int64 // bytes of the messages that the page shows, those of failures first (default 8 MiB)
	Stories     int   // deliveries whose messages it shows (default 500)
	StorySteps  int   // messages of one of them (default 200)
	Rows        int   // deliveries that it lists (default 500,000)
	Block       int   // bytes of rows in one block of data (default 1 MiB)
	FirstRows   int   // deliveries in plain HTML (default 50)
	Kinds       int   // kinds of failure told apart (default 200)
	KindFrames  int   // frames in the filter of one (default 60)
	Ladders     int   // kinds of failure of which an example is drawn in plain HTML (default 12)
	Buckets     int   // columns of the time line (default 240)
	Edges       int   // pairs of hosts counted apart (default 2,000)
	Hosts       int   // hosts that the map draws (default 24)
	Findings    int   // findings that are listed (default 1,000)
	Peers       int   // peers that are listed (default 100)
	FindingRefs int   // frames in the filter of a finding (default 12)
	Names       int   // addresses whose spelling is remembered, which costs no row anything (default 4,096)
}

// DefaultLimits are the bounds used where Options leaves them zero.
var DefaultLimits = Limits{
	SpoolBytes: 32 << 20, HeldBytes: 64 << 20, StoryBytes: 8 << 20, Stories: 500, StorySteps: 200, Rows: 500000, Block: 1 << 20,
	FirstRows: 50, Kinds: 200, KindFrames: 60, Ladders: 12, Buckets: 240, Edges: 2000, Hosts: 24, Findings: 1000, Peers: 100, FindingRefs: 12,
	Names: 4096,
}

func (l Limits) withDefaults() Limits {
	preset.Numbers(&l, DefaultLimits)
	return l
}

// Writer makes the page of one run. It is a report.Writer that is told, besides, where
// each message belongs: Joined is to be analyze.Options.Joined of the run. What it
// receives has no pseudonyms yet; it gives them.
type Writer struct {
	w       io.Writer
	options Options
	stories *stories
	list    *list   // what rows are made of, on the goroutine of queue until that ends
	waiting waiting // closed transactions
	queue   *queue
	verdict *check.Verdict
}

var (
	_ report.Writer       = (*Writer)(nil)
	_ analyze.TextHandler = (*Writer)(nil)
)

// New returns a Writer that prints to w.
func New(w io.Writer, options Options) *Writer {
	options.Limits = options.Limits.withDefaults()
	writer := &Writer{w: w, options: options, stories: newStories(options), list: newList(options), waiting: newWaiting()}
	writer.queue = newQueue(writer.list, &writer.waiting, options.Analysis.Redact)
	return writer
}

// Joined takes the next message of a MESSAGE exchange.
func (w *Writer) Joined(j analyze.Joined) { w.stories.joined(j) }

// Judged adds the verdict of a check. It is to be called before Close.
func (w *Writer) Judged(v *check.Verdict) { w.verdict = v }

// Transaction implements analyze.Handler.
func (w *Writer) Transaction(t *result.Transaction) {
	if !t.Closed {
		return
	}
	w.queue.closed(t)
	if t.Delivery != 0 {
		w.waiting.add(t)
		return
	}
	w.queue.orphan(t)
	w.stories.orphan(t)
}

// Finding does nothing: the Report has the findings with their final counts.
func (w *Writer) Finding(*result.Finding) {}

// Delivery implements analyze.DeliveryHandler.
func (w *Writer) Delivery(d *result.Delivery) {
	if !d.Closed {
		return // live: it comes again
	}
	of := w.waiting.take(d.ID)
	if w.options.Where != "" && of == nil {
		w.stories.drop(d) // none of its transactions passed the filter
		return
	}
	w.stories.delivery(d, of)
	w.queue.delivery(d, of)
}

// Text implements analyze.TextHandler.
func (w *Writer) Text(t *result.Text) { w.queue.text(t) }

// OrphanReceipt implements analyze.TextHandler; the totals count them.
func (w *Writer) OrphanReceipt(*result.Receipt) {}
