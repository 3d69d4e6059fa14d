package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode/content/sms"
	"simplecap/internal/spool"
)

// textList holds what the view by text shows: of each text a line, and one for each
// of its receipts, as clean cells.
type textList struct {
	rows      *spool.Spool
	grid      *grid
	options   Options
	receipted bool // there is a text that receipts say, or may say, something of
	buffer    []byte
}

// The columns of the table of texts.
const (
	textID = iota
	textTime
	textKind
	textPath
	textEnd
	textWhy
	textAfter
	textFrames
	textColor // what a row has beyond its columns
	textBody
	textCells
)

func textColumns() []column {
	return []column{
		textID:     {title: "#", right: true},
		textTime:   {title: "time", drop: 3},
		textKind:   {title: "text"},
		textPath:   {title: "from → to", min: 26, full: 40, max: 90, fit: new(pathFitter).text},
		textEnd:    {title: "end", paint: true},
		textWhy:    {title: "why", min: 20, max: 70, full: 50, tight: asIs},
		textAfter:  {title: "after", right: true, drop: 1},
		textFrames: {title: "frame", min: 5, max: 30, drop: 2, file: true, tight: dropFile, fit: fitFrames},
	}
}

func newTextList(o Options) *textList {
	return &textList{rows: spool.New(o.keep(), o.Limits.SpoolBytes), grid: newGrid(textColumns()), options: o}
}

// text takes a text that has closed.
func (l *textList) text(t *result.Text) {
	l.note(t)
	if !l.rows.Wants(t.ID) {
		return
	}
	l.buffer = l.buffer[:0]
	cells, receipts := l.first(t), t.Receipts
	if l.options.By == Automatic {
		receipts = furtherReceipts(t)
		if n := len(t.Receipts); n > len(receipts) {
			cells[textFrames] += arrow + number(t.Receipts[n-1].Frame.Number())
		}
	}
	l.line(cells)
	for i := range receipts {
		l.line(receiptLine(&receipts[i]))
	}
	l.rows.Add(t.ID, l.buffer)
}

// note notes a text of which its delivery does not say whether it arrived.
func (l *textList) note(t *result.Text) {
	l.receipted = l.receipted || t.Kind.IsSMS() || len(t.Receipts) > 0
}

// furtherReceipts are the receipts of a text that say more than its own line, where nobody asked
// for all, so that the list fits a screen: not the last one, nor what comes before that as
// it should.
func furtherReceipts(t *result.Text) []result.Receipt {
	for i := range t.Receipts {
		r := &t.Receipts[i]
		if i < len(t.Receipts)-1 && !isRoutine(r) {
			return t.Receipts
		}
		if r.Late || r.Duplicate || r.Foreign || r.Frame.File() != t.Frame.File() || r.Recipient != "" && uriCell(r.Recipient) != uriCell(t.To) {
			return t.Receipts
		}
	}
	return nil
}

// isRoutine reports whether more is to come behind a receipt where all goes well.
func isRoutine(r *result.Receipt) bool {
	return r.Kind == "rp-ack" || r.Status == 200 && (r.Kind == "msrp-response" || r.Kind == "msrp-report")
}

func (l *textList) line(cells []string) {
	l.grid.measure(cells)
	if len(l.buffer) > 0 {
		l.buffer = append(l.buffer, '\n')
	}
	l.buffer = joinCells(l.buffer, cells)
}

// first is the line of a text.
func (l *textList) first(t *result.Text) []string {
	cells := make([]string, textCells)
	cells[textID], cells[textKind] = number(t.ID), t.Kind.String()
	if t.HasTime {
		cells[textTime] = l.options.at(t.First).Format(clockLayout)
	}
	from, to := textEnds(t)
	cells[textPath] = from + arrow + to
	cells[textEnd], cells[textWhy] = t.End.String(), textReason(t)
	if d, ok := t.Decided(); ok {
		cells[textAfter] = human(d)
	}
	cells[textFrames] = strconv.Itoa(t.Frame.File()) + ":" + number(t.Frame.Number())
	if l.options.Color {
		cells[textColor] = endColor(t.End)
	}
	if l.options.Bodies && t.Content != nil && t.Content.Text != "" {
		cells[textBody] = Clean(t.Content.Text, bodyWidth)
	}
	return cells
}

// textEnds are who a text is from and to: of an SMS the numbers in it, where it is
// between a handset and its service centre.
func textEnds(t *result.Text) (from, to string) {
	from, to = uriCell(t.From), uriCell(t.To)
	if t.From == "" && t.To == "" { // of a session that began before the capture
		return party(t.Src), party(t.Dst)
	}
	rp := t.RP()
	if rp == nil || !rp.TPDU.Address.Given() {
		return from, to
	}
	address := Clean(rp.TPDU.Address.String(), 40)
	switch t.Kind {
	case result.SMSSubmit, result.SMSCommand:
		to = address
	case result.SMSDeliver, result.SMSStatusReport:
		from = address
	}
	return from, to
}

// textReason says in a few words why a text ended so, and what there is to know of it.
func textReason(t *result.Text) string {
	var words []string
	add := func(word string) {
		if word != "" {
			words = append(words, word)
		}
	}
	add(endReason(t))
	if t.Content != nil {
		add(Clean(t.Content.Service, 40))
		if t.Content.Opaque {
			add("encrypted")
		}
	}
	if rp := t.RP(); rp != nil && rp.TPDU.Concat.Parts > 0 {
		part := fmt.Sprintf("part %d of %d", rp.TPDU.Concat.Part, rp.TPDU.Concat.Parts)
		if t.Whole != nil && !t.Whole.Complete {
			part += ", incomplete"
		}
		add(part)
	}
	if t.RepeatOf != 0 {
		add("sent before as #" + number(t.RepeatOf))
	}
	if t.CopyOf != 0 {
		add("copy of #" + number(t.CopyOf))
	}
	if t.Content != nil && t.Content.Exchange.Root == "Query" && len(t.AnsweredBy) == 0 {
		add("no Response in the capture")
	}
	if t.Answers != 0 {
		add("answers #" + number(t.Answers))
	}
	if len(t.AnsweredBy) > 0 {
		add("answered by #" + number(t.AnsweredBy[0]) + " after " + human(t.AnswerAfter))
	}
	if t.Content != nil && len(t.Content.Defects) > 0 {
		add("malformed: " + Clean(t.Content.Defects[0].String(), 60))
	}
	return strings.Join(words, "; ")
}

// endReason is what decided.
func endReason(t *result.Text) string {
	switch t.End {
	case result.RefusedText:
		for i := range t.Receipts {
			if r := &t.Receipts[i]; r.Kind == "rp-error" || r.Status >= 300 {
				return receiptWords(r)
			}
		}
		return "SIP " + strconv.Itoa(t.Status)
	case result.FailedText:
		for i := range t.Receipts {
			if r := &t.Receipts[i]; r.Kind == "failed" || r.Kind == "msrp-report" && r.Status >= 300 || r.Kind == "status-report" && r.TPStatus.Class() != sms.Trying {
				return receiptWords(r)
			}
		}
	case result.NoReport:
		words := "no RP-ACK within 20 s"
		if rp := t.RP(); rp != nil && rp.Type.Up() {
			words = "no RP-ACK within 45 s"
		}
		if hasForeign(t) {
			words += ", but one from where it did not go"
		}
		return words
	case result.Unconfirmed:
		return unconfirmedReason(t)
	case result.Submitted, result.Received:
		for i := range t.Receipts {
			if t.Receipts[i].Late {
				return "late"
			}
		}
	}
	return ""
}

// unconfirmedReason is what came in place of a receipt that decides.
func unconfirmedReason(t *result.Text) string {
	switch n := len(t.Receipts); {
	case hasForeign(t):
		return "a receipt from where it did not go"
	case n > 0 && t.Receipts[n-1].Kind != "msrp-response":
		return receiptWords(&t.Receipts[n-1])
	case t.MSRP != nil && n > 0:
		return "no REPORT"
	case t.MSRP != nil:
		return "no response"
	case t.AsksNotification():
		return "no IMDN"
	}
	return ""
}

// hasForeign reports whether a receipt of a text came from where the text did not go.
func hasForeign(t *result.Text) bool {
	return slices.ContainsFunc(t.Receipts, func(r result.Receipt) bool { return r.Foreign })
}

// receiptWords name a receipt: "RP-ERROR 22 memory capacity exceeded".
func receiptWords(r *result.Receipt) string {
	switch r.Kind {
	case "rp-ack":
		return "RP-ACK"
	case "rp-error":
		words := "RP-ERROR " + r.Cause.String()
		if r.HasFCS {
			words += ", TP-FCS " + r.Failure.String()
		}
		return words
	case "status-report":
		return "status report " + r.TPStatus.String()
	case "msrp-response":
		return "MSRP " + strconv.Itoa(r.Status)
	case "msrp-report":
		if r.Status == 0 {
			return "REPORT without a Status"
		}
		return "REPORT " + strconv.Itoa(r.Status)
	case "other":
		return "IMDN " + Clean(r.Name, 30)
	}
	return "IMDN " + r.Kind
}

// receiptLine is the line of a receipt, under its text.
func receiptLine(r *result.Receipt) []string {
	cells := make([]string, textCells)
	cells[textPath] = indentStep + receiptWords(r)
	if r.Recipient != "" {
		cells[textPath] += " of " + uriCell(r.Recipient)
	}
	notes := []string{"matched by " + r.MatchedBy}
	if r.Late {
		notes = append(notes, "late")
	}
	if r.Duplicate {
		notes = append(notes, "duplicate")
	}
	if r.Foreign {
		notes = append(notes, "from elsewhere")
	}
	cells[textWhy] = strings.Join(notes, ", ")
	if r.HasAfter {
		cells[textAfter] = human(r.After)
	}
	cells[textFrames] = strconv.Itoa(r.Frame.File()) + ":" + number(r.Frame.Number())
	return cells
}

func endColor(e result.TextEnd) string {
	switch e {
	case result.Submitted, result.Received, result.ReachedEnd, result.Displayed:
		return green
	case result.RefusedText, result.FailedText, result.NoReport:
		return red
	case result.Unconfirmed, result.NotSent:
		return yellow
	}
	return dim
}

// each calls f with the cells of each line until f returns false.
func (l *textList) each(f func(cells []string) bool) (texts uint64, err error) {
	return eachLine(l.rows, func(_ uint64, cells []string) bool { return f(cells) })
}

// textTable prints a line for each text and under it one for each receipt.
func (t *tableWriter) textTable(r *result.Report) error {
	t.section("")
	oneDay := t.shortenTime(t.texts.grid, textTime, r)
	shown := uint64(0)
	err := t.texts.grid.draw(t.w, t.options.Width, func(row func([]string) bool) (err error) {
		shown, err = t.texts.each(func(cells []string) bool {
			return row(dropDate(cells, textTime, oneDay)[:textBody])
		})
		return err
	})
	if err != nil {
		return err
	}
	switch rest := t.texts.rows.Seen() - min(shown, t.texts.rows.Seen()); {
	case rest > 0:
		t.paragraph(fmt.Sprintf("… %s (--rows 0 shows all)", count(rest, "more text")))
	case r.Texts.Total() > shown:
		t.paragraph(fmt.Sprintf("… %s that no receipt was asked for (--by text lists them too)", count(r.Texts.Total()-shown, "more text")))
	}
	return nil
}
