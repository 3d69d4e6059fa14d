package report

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/story"
)

// DetailOptions say how to print a story. The zero value means the defaults.
type DetailOptions struct {
	Width  int  // columns of the terminal (default 120)
	Color  bool // colour by ANSI escape sequences
	ASCII  bool // draw the ladder with ASCII characters
	Bodies bool // show bodies, not only their type and length
	Parts  Part // what to print (default all but SideFindings, and Contents only of a text)
}

// Part is a part of the page that tells a delivery; several are added up.
type Part uint8

// The parts, in their order.
const (
	Heading      Part = 1 << iota // which delivery it is and what became of it
	Ladder                        // its messages as arrows between hosts
	Hops                          // a line for each transaction; of a text, its receipts
	Changes                       // what each proxy changed
	Messages                      // the messages, with findings under the bytes that they are about
	MoreFindings                  // findings that no message stands for
	SideFindings                  // all findings by themselves, to stand beside the ladder
	Contents                      // what the bodies say, field by field
)

const (
	allParts  = Heading | Ladder | Hops | Changes | Messages | MoreFindings
	textParts = Heading | Ladder | Hops | Contents | MoreFindings
)

// detailPage prints a story.
type detailPage struct {
	w       *bufio.Writer
	options DetailOptions
	detail  *story.Story
	judge   *story.Judge
}

// WriteDetail prints a delivery, or a text, in full: what became of it, a ladder of its
// messages, its hops, what each proxy changed, and the messages themselves with
// the findings where they are. No byte of the wire drives the terminal.
func WriteDetail(w io.Writer, d *story.Story, options DetailOptions) error {
	if options.Width <= 0 {
		options.Width = defaultWidth
	}
	options.Width = max(options.Width, minWidth)
	p := &detailPage{w: bufio.NewWriterSize(w, bufferSize), options: options, detail: d, judge: story.NewJudge(d)}
	if err := p.parts(options.Parts); err != nil {
		return err
	}
	return p.w.Flush()
}

// part prints one of the parts.
type part struct {
	is    Part
	print func()
}

// parts prints what is wanted, everything for 0.
func (p *detailPage) parts(wanted Part) (err error) {
	all, list := allParts, []part{{Heading, p.heading}, {Ladder, p.ladder}, {Hops, func() { err = p.hops() }}, {Changes, p.changes}, {Messages, p.messages}, {Contents, p.contents}}
	if p.detail.Text != nil {
		all, list = textParts, []part{{Heading, p.textHeading}, {Ladder, p.ladder}, {Hops, p.receipts}, {Messages, p.messages}, {Contents, p.contents}}
	}
	if wanted == 0 {
		wanted = all
	}
	for _, part := range append(list, part{MoreFindings, p.remainingFindings}, part{SideFindings, p.sideFindings}) {
		if wanted&part.is != 0 {
			part.print()
		}
	}
	return err
}

// sideFindings prints every finding with the frame that it is about.
func (p *detailPage) sideFindings() {
	for i := range p.detail.Steps {
		if p.detail.Steps[i].Like != i {
			continue
		}
		for _, b := range p.judge.Of(p.detail.Same(i)) {
			p.line("frame " + frameName(p.detail.Steps[i].Message.Frame, len(p.detail.Inputs) > 1))
			p.breach("", &b)
		}
	}
	for _, b := range p.judge.Remaining() {
		p.breach("", &b)
	}
}

// heading says which delivery this is and what became of it.
func (p *detailPage) heading() {
	first := &p.detail.Transactions[0]
	title, color := "Transaction "+number(first.ID)+": responses whose request is not in the capture", yellow
	from, to, calls := first.From, first.To, []string{first.CallID}
	if d := p.detail.Delivery; d != nil {
		words := verdictWords(d)
		if d.Verdict == 0 {
			words = "no answer yet"
		}
		title, color = "Delivery "+number(d.ID)+": "+words, verdictColor(d.Verdict)
		from, to, calls = d.Sender, d.Recipient, d.CallIDs
	}
	p.line(p.paint(title, color))
	p.text("", uriCell(from)+p.arrow()+uriCell(to))
	for _, call := range calls {
		p.text("", "Call-ID "+Clean(call, 0))
	}
	if when := p.when(); when != "" {
		p.text("", when)
	}
	if p.detail.Carried != "" {
		p.text("", "it carried: "+Clean(p.detail.Carried, 0))
	}
	if d := p.detail.Delivery; d != nil && d.Unseen != "" {
		p.text("", "not seen: "+d.Unseen)
	}
}

// when says when it began and how long it took.
func (p *detailPage) when() string {
	if len(p.detail.Steps) == 0 || !p.detail.Steps[0].Message.HasTime {
		return ""
	}
	text := "first seen " + time.Unix(0, p.detail.Steps[0].Message.Time).UTC().Format("2006-01-02 15:04:05.000000") + " UTC"
	if d := p.detail.Delivery; d != nil && d.HasTotal {
		text += ", took " + human(d.Total)
	}
	return text
}

// hops prints a line for each transaction.
func (p *detailPage) hops() error {
	d := p.detail.Delivery
	if d == nil {
		return nil
	}
	columns := deliveryColumns(new(pathFitter))
	columns[delPath].title = "hop"
	g := newGrid(columns)
	g.oneFile = len(p.detail.Inputs) < 2
	list := newDeliveryList(Options{Limits: DefaultLimits}, g.measure)
	known := &waitingHops{cells: make(map[uint64][]string)}
	for i := range p.detail.Transactions {
		t := &p.detail.Transactions[i]
		cells := hopLine(t, p.ifColor(outcomeColor(t.Outcome)))
		cells[delID] = number(t.ID)
		for _, column := range []int{delPath, delResult, delFrames} {
			cells[column] = p.drawn(cells[column])
		}
		known.cells[t.ID] = cells
	}
	list.branches(d, 0, 0, known)
	if !list.streams {
		g.natural[delTransport] = 0
	}
	p.section("Hops, with the numbers of their transactions")
	var table bytes.Buffer
	err := g.draw(&table, p.options.Width, func(row func([]string) bool) error {
		for _, line := range strings.Split(string(list.buffer), "\n") {
			if !row(splitCells([]byte(line))) {
				break
			}
		}
		return nil
	})
	text := table.String()
	if p.options.ASCII {
		text = strings.NewReplacer("─", "-", ellipsis, ".").Replace(text)
	}
	p.w.WriteString(text)
	p.causes()
	return err
}

// causes says why transactions have no final response.
func (p *detailPage) causes() {
	for i := range p.detail.Transactions {
		if t := &p.detail.Transactions[i]; t.Cause != "" {
			p.text("  ", number(t.ID)+": "+Clean(t.Cause, 0))
		}
	}
}

// remainingFindings are those that no message above stands for.
func (p *detailPage) remainingFindings() {
	breaches := p.judge.Remaining()
	if len(breaches) == 0 {
		return
	}
	p.section("Other findings")
	for _, b := range breaches {
		p.breach("  ", &b)
	}
}

// breach prints a finding.
func (p *detailPage) breach(indent string, b *analyze.Breach) {
	severity := p.paint(b.Severity.String(), severityColor(b.Severity))
	lines := wrap(Clean(b.Rule.ID+": "+b.Sentence, 0)+after(" — ", b.Rule.Reference), p.options.Width-len(indent)-8)
	for i, line := range lines {
		if i == 0 {
			p.line(indent + severity + " " + p.drawn(line))
			continue
		}
		p.line(indent + "  " + p.drawn(line))
	}
}

func (p *detailPage) section(title string) {
	p.line("")
	p.line(p.paint(title, bold))
}

// line prints a line as it is.
func (p *detailPage) line(s string) { p.w.WriteString(strings.TrimRight(s, " ") + "\n") }

// text prints clean text, wrapped at words.
func (p *detailPage) text(indent, s string) {
	for _, line := range wrap(s, p.options.Width-len(indent)) {
		p.line(indent + p.drawn(line))
	}
}

// drawn replaces what is drawn rather than written where only ASCII is wanted.
func (p *detailPage) drawn(s string) string {
	if p.options.ASCII {
		return asciiText(s)
	}
	return s
}

func (p *detailPage) arrow() string { return p.drawn(arrow) }

func asciiText(s string) string { return asciiReplacer.Replace(s) }

var asciiReplacer = strings.NewReplacer("→", "->", "…", "...", "—", "-", "×", "x")

func (p *detailPage) ifColor(color string) string {
	if !p.options.Color {
		return ""
	}
	return color
}

func (p *detailPage) paint(s, color string) string { return paint(s, p.ifColor(color)) }
