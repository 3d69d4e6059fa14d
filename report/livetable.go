package report

import (
	"strings"

	"simplecap/analyze"
)

// liveTable prints one line for each transaction and each finding when it comes,
// and at the end what they add up to. It keeps only the lists of transactions
// without a final response, which are bounded.
type liveTable struct {
	*tableWriter
	columns []liveColumn
	begun   bool
	line    []byte // reused
}

// liveColumn has a fixed width: nobody knows what will come.
type liveColumn struct {
	title string
	width int
	right bool
	fit   func(s string, width int) string
	cell  func(x *analyze.Transaction) string
}

func newLiveTable(t *tableWriter) *liveTable {
	parties := []liveColumn{
		{title: "from", width: 18, fit: shorten, cell: func(x *analyze.Transaction) string { return uriCell(x.From) }},
		{title: "to", width: 18, fit: shorten, cell: func(x *analyze.Transaction) string { return uriCell(x.To) }},
	}
	l := &liveTable{tableWriter: t, columns: []liveColumn{
		{title: "time", width: len(clockLayout) - dateWidth, fit: shorten, cell: timeOfDay},
		{title: "hop", width: hopWidth, fit: fitHop, cell: hopCell},
	}}
	const narrow = 110 // columns of a terminal that has no room for the parties
	if t.options.Width >= narrow {
		l.columns = append(l.columns, parties...)
	}
	l.columns = append(l.columns,
		liveColumn{title: "result", width: 14, fit: shorten, cell: resultCell},
		liveColumn{title: "RTT", width: 10, right: true, fit: shorten, cell: rttCell},
		liveColumn{title: "retr", width: 4, right: true, fit: shorten, cell: func(x *analyze.Transaction) string { return nonZero(uint64(x.Retransmissions)) }},
		liveColumn{title: "cause and findings", width: cellWidth, fit: shorten, cell: remarks})
	return l
}

// timeOfDay is when the transaction was first seen, in UTC.
func timeOfDay(x *analyze.Transaction) string {
	clock := clockCell(x)
	return clock[min(dateWidth, len(clock)):]
}

func rttCell(x *analyze.Transaction) string {
	if !x.HasRTT {
		return ""
	}
	return human(x.RTT)
}

// remarks are the cause and the rules that are broken. What was answered and is
// closed has been printed before.
func remarks(x *analyze.Transaction) string {
	var parts []string
	if x.Closed && x.Status != 0 && x.Outcome != analyze.Orphan {
		parts = append(parts, "update:")
	}
	if cause := causeCell(x); cause != "" {
		parts = append(parts, cause)
	}
	if len(x.Findings) > 0 {
		parts = append(parts, "["+strings.Join(x.Findings, " ")+"]")
	}
	return strings.Join(parts, " ")
}

// Transaction prints a transaction at its first final response, and again at its
// close if that was not all.
func (l *liveTable) Transaction(x *analyze.Transaction) {
	if !l.begun {
		l.begun = true
		l.print("", func(c liveColumn) string { return c.title })
	}
	l.print(l.color(x.Outcome), func(c liveColumn) string { return c.fit(c.cell(x), c.width) })
	if list := l.listFor(x.Outcome); list != nil && x.Closed {
		list.add(x, l.color(x.Outcome))
	}
}

// Finding prints a finding when it is first seen.
func (l *liveTable) Finding(f *analyze.Finding) {
	line := f.Severity.String() + " " + f.Rule + " " + peerName(f.Peer, f.UserAgent) + ": " + Clean(f.Message, cellWidth)
	if l.options.Color {
		line = paint(line, severityColor(f.Severity))
	}
	l.line = append(append(l.line[:0], line...), '\n')
	l.flush()
}

// print prints one line. It is flushed: somebody is looking on.
func (l *liveTable) print(color string, cell func(c liveColumn) string) {
	l.line = l.line[:0]
	for i, c := range l.columns {
		text := cell(c)
		pad := strings.Repeat(" ", max(0, c.width-displayWidth(text)))
		switch {
		case i == len(l.columns)-1:
			pad = ""
		case c.right:
			text, pad = pad+text, ""
		}
		if color != "" && c.title == "result" {
			text = paint(text, color)
		}
		l.line = append(append(append(l.line, text...), pad...), "  "...)
	}
	l.line = append([]byte(strings.TrimRight(string(l.line), " ")), '\n')
	l.flush()
}

func (l *liveTable) flush() {
	l.w.Write(l.line)
	l.w.Flush()
}

// Close prints the summary under an empty line.
func (l *liveTable) Close(r *analyze.Report) error {
	if l.begun {
		l.w.WriteString("\n")
	}
	return l.tableWriter.Close(r)
}
