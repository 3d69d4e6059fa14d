package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/internal/spool"
)

// markdownWriter prints what fits a comment on a change: what was found in
// words, the missing 200s, the findings, and a table of transactions.
type markdownWriter struct {
	w       *bufio.Writer
	options Options
	view    View         // Automatic until Close decides
	rows    *spool.Spool // lines of the table
	missing *spool.Spool // lines of the list of missing 200s
	pending *spool.Spool // lines of the list of pending transactions
	orphans *spool.Spool // lines of the list of responses alone

	deliveries *deliveryList
	texts      *markdownTexts
}

func newMarkdownWriter(w io.Writer, o Options) *markdownWriter {
	return &markdownWriter{
		w: bufio.NewWriterSize(w, bufferSize), options: o, view: o.By,
		rows:       spool.New(o.keep(), o.Limits.SpoolBytes),
		missing:    spool.New(o.Limits.Missing, o.Limits.SpoolBytes),
		pending:    spool.New(o.Limits.Missing, o.Limits.SpoolBytes),
		orphans:    spool.New(o.Limits.Missing, o.Limits.SpoolBytes),
		deliveries: newDeliveryList(o, nil), texts: newMarkdownTexts(o),
	}
}

func (m *markdownWriter) Transaction(t *result.Transaction) {
	if (m.view == Automatic || m.view == ByTransaction) && m.rows.Wants(t.ID) {
		m.rows.Add(t.ID, []byte(m.row(t)))
	}
	body := ""
	if m.options.Bodies {
		body = Clean(string(t.Body), bodyWidth)
	}
	m.deliveries.transaction(t, "", body)
	switch {
	case t.Outcome.Missing() && m.missing.Wants(t.ID):
		m.missing.Add(t.ID, []byte(openItem(t)))
	case t.Outcome == result.Pending && m.pending.Wants(t.ID):
		m.pending.Add(t.ID, []byte(openItem(t)))
	case t.Outcome == result.Orphan && m.orphans.Wants(t.ID):
		m.orphans.Add(t.ID, []byte(openItem(t)))
	}
}

func (m *markdownWriter) Delivery(d *result.Delivery) { m.deliveries.delivery(d, "") }

// Text implements analyze.TextHandler.
func (m *markdownWriter) Text(t *result.Text) {
	if m.options.By == Automatic || m.options.By == ByText {
		m.texts.text(t)
	}
	if m.options.By == ByDelivery || m.options.By == Automatic && !m.texts.list.receipted {
		m.deliveries.text(t)
	}
}

// OrphanReceipt does nothing: it belongs to no text.
func (m *markdownWriter) OrphanReceipt(*result.Receipt) {}

// Finding does nothing: the Report has the findings with their final counts.
func (m *markdownWriter) Finding(*result.Finding) {}

func (m *markdownWriter) Close(r *result.Report) error {
	defer m.closeSpools()
	m.view = m.decided()
	m.summary(r)
	if err := m.openLists(r); err != nil {
		return err
	}
	m.findings(r)
	m.rtt(r)
	if err := m.list(r); err != nil {
		return err
	}
	return m.w.Flush()
}

// decided is the view that was asked for, or the one that the table has.
func (m *markdownWriter) decided() View {
	switch {
	case m.view != Automatic:
		return m.view
	case m.texts.list.receipted:
		return ByText
	case m.deliveries.relayed:
		return ByDelivery
	}
	return ByTransaction
}

func (m *markdownWriter) closeSpools() {
	for _, s := range []*spool.Spool{m.rows, m.missing, m.pending, m.orphans, m.deliveries.rows, m.texts.rows} {
		s.Close()
	}
}

func (m *markdownWriter) openLists(r *result.Report) error {
	if err := m.open(m.missing, missingTitle(m.missing.Seen()), ""); err != nil {
		return err
	}
	if err := m.open(m.pending, pendingTitle(m.pending.Seen()), pendingWords(r)); err != nil {
		return err
	}
	if m.view == ByTransaction {
		return nil
	}
	return m.open(m.orphans, orphanTitle(m.orphans.Seen()), "")
}

// code makes text from the wire literal: a code span shows no HTML and links no
// @mention, issue or address. A backtick would end it and a | would end its table
// cell, so both are escaped visibly.
func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + codeEscaper.Replace(shorten(Clean(s, 0), markdownCell)) + "`"
}

var codeEscaper = strings.NewReplacer("`", `\x60`, "|", `\x7c`)

const markdownCell = 120

func (m *markdownWriter) row(t *result.Transaction) string {
	cells := []string{
		number(t.ID), code(m.options.clockCell(t)), code(hopCell(t)), code(uriCell(t.From)), code(uriCell(t.To)),
		resultCell(t) + after(" ", code(oddMethod(t))), "", nonZero(uint64(t.Retransmissions)), code(causeCell(t)),
		exchangeCell(t.RequestFrames, t.ResponseFrames),
	}
	if t.HasRTT {
		cells[6] = human(t.RTT)
	}
	if m.options.Bodies {
		cells = append(cells, code(string(t.Body)))
	}
	return tableLine(cells)
}

func tableLine(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// openItem is one line of a list of transactions without a final response.
func openItem(t *result.Transaction) string {
	return fmt.Sprintf("- **%s** #%s %s from %s to %s, sent %s%s; frames (file:frame) %s\n", t.Outcome, number(t.ID),
		code(hopCell(t)), code(uriCell(t.From)), code(uriCell(t.To)), count(uint64(1+t.Retransmissions), "time"),
		after(": ", code(t.Cause)), exchangeCell(t.RequestFrames, t.ResponseFrames))
}

// after puts lead before s unless s is empty.
func after(lead, s string) string {
	if s == "" {
		return ""
	}
	return lead + s
}

func (m *markdownWriter) summary(r *result.Report) {
	m.w.WriteString("### SIP MESSAGE transactions\n\n")
	for _, line := range totals(r, m.options.Where) {
		m.w.WriteString(escapeWords(line) + "\n\n")
	}
	if words := m.deliveries.counts.words(); words != "" {
		m.w.WriteString(words + "\n\n")
	}
	m.textTotals(r)
	for _, line := range qualityLines(r) {
		m.w.WriteString("- " + escapeWords(line) + "\n")
	}
}

// escapeWords makes a sentence safe that may quote the wire or the command line:
// it escapes what Markdown and HTML react to and parts @ from what it mentions.
func escapeWords(s string) string { return wordEscaper.Replace(s) }

var wordEscaper = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@<!-- -->", "#", "#<!-- -->", "|", "&#124;", "`", "&#96;",
	"*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, `\`, `\\`, "~", `\~`, "://", ":<!-- -->//", "www.", "www<!-- -->.",
)

// open prints a list of transactions without a final response.
func (m *markdownWriter) open(s *spool.Spool, title, words string) error {
	if s.Seen() == 0 {
		return nil
	}
	m.w.WriteString("\n#### " + title + "\n\n")
	if words != "" {
		m.w.WriteString(words + ".\n\n")
	}
	shown := uint64(0)
	err := s.Each(func(line []byte) bool {
		shown++
		m.w.Write(line)
		return true
	})
	if s.Seen() > shown {
		m.w.WriteString("- … " + number(s.Seen()-shown) + " more\n")
	}
	return err
}

func (m *markdownWriter) findings(r *result.Report) {
	if len(r.Findings) == 0 {
		return
	}
	m.w.WriteString("\n#### Findings: " + severities(r.Findings) + "\n\n")
	m.w.WriteString("| severity | rule | peer | count | what happened | frames |\n| --- | --- | --- | ---: | --- | --- |\n")
	listed, info := splitInfo(r.Findings, m.options.Info)
	for i := range listed {
		if i == m.options.Limits.Findings {
			m.w.WriteString("\n… " + number(uint64(len(listed)-i)) + " more\n")
			break
		}
		m.finding(&listed[i], r)
	}
	if len(info) > 0 {
		m.w.WriteString("\ninfo, listed with -v: " + ruleNames(info) + "\n")
	}
}

func (m *markdownWriter) finding(f *result.Finding, r *result.Report) {
	var frames []string
	for _, line := range filters(f.Frames, r.Inputs, m.options.Limits.FilterFrames) {
		frames = append(frames, code(line))
	}
	m.w.WriteString(tableLine([]string{
		f.Severity.String(), code(f.Rule), code(peerName(f.Peer, f.UserAgent)), number(f.Count),
		code(f.Message), strings.Join(frames, "<br>"),
	}))
}

func (m *markdownWriter) rtt(r *result.Report) {
	if r.RTT.Count == 0 {
		return
	}
	m.w.WriteString("\n#### Round-trip times\n\n")
	var titles, rules []string
	for _, c := range peerColumns() {
		titles = append(titles, c.title)
		rules = append(rules, markdownRule(c))
	}
	m.w.WriteString(tableLine(titles) + tableLine(rules))
	for _, cells := range peerRows(r, m.options.Limits.Peers) {
		cells[0], cells[1] = code(cells[0]), code(cells[1])
		m.w.WriteString(tableLine(cells))
	}
}

func markdownRule(c column) string {
	if c.right {
		return "---:"
	}
	return "---"
}

// list prints the table of texts, deliveries or transactions.
func (m *markdownWriter) list(r *result.Report) error {
	switch {
	case m.view == ByText && m.texts.rows.Seen() > 0:
		return m.textTable(r)
	case m.view == ByDelivery && m.deliveries.rows.Seen() > 0:
		return m.deliveryTable()
	case m.view == ByTransaction && m.rows.Seen() > 0:
		return m.transactions(r)
	}
	return nil
}

// transactions prints the table, at most MarkdownBytes of it unless all rows were asked for.
func (m *markdownWriter) transactions(r *result.Report) error {
	titles := []string{"#", "time (UTC)", "hop", "from", "to", "result", "RTT", "retr", "cause", "frames (file:frame)"}
	rules := []string{"---:", "---", "---", "---", "---", "---", "---:", "---:", "---", "---"}
	if m.options.Bodies {
		titles, rules = append(titles, "body"), append(rules, "---")
	}
	m.w.WriteString("\n#### Transactions\n\n" + tableLine(titles) + tableLine(rules))
	shown, err := m.lines(m.rows)
	if total := max(r.Summary.Transactions, shown); total > shown {
		m.w.WriteString("\n… " + count(total-shown, "more transaction") + "\n")
	}
	return err
}

// lines prints lines of a table as long as there is room, and returns how many.
func (m *markdownWriter) lines(rows *spool.Spool) (shown uint64, err error) {
	left := m.options.Limits.MarkdownBytes
	err = rows.Each(func(line []byte) bool {
		if left -= len(line); left < 0 && m.options.Rows != AllRows {
			return false
		}
		shown++
		_, err := m.w.Write(line)
		return err == nil
	})
	return shown, err
}

// deliveryTable does the same with deliveries, whole ones only.
func (m *markdownWriter) deliveryTable() error {
	var titles, rules []string
	for i, c := range deliveryColumns(new(pathFitter)) {
		if m.shows(i) {
			titles, rules = append(titles, c.title), append(rules, markdownRule(c))
		}
	}
	if m.options.Bodies {
		titles, rules = append(titles, "body"), append(rules, "---")
	}
	m.w.WriteString("\n#### Deliveries\n\n" + tableLine(titles) + tableLine(rules))
	shown, left := uint64(0), m.options.Limits.MarkdownBytes
	m.options.arrange(m.deliveries.rows)
	_, err := m.deliveries.each(func(cells []string) bool {
		line := m.deliveryRow(cells)
		if left -= len(line); left < 0 && m.options.Rows != AllRows && cells[delID] != "" {
			return false
		}
		if cells[delID] != "" {
			shown++
		}
		_, err := m.w.WriteString(line)
		return err == nil
	})
	if total := m.deliveries.counts.total(); total > shown {
		m.w.WriteString("\n… " + count(total-shown, "more delivery", "more deliveries") + "\n")
	}
	if words := m.deliveries.texts.words(); words != "" {
		m.w.WriteString("\n" + words + "\n")
	}
	return err
}

// shows reports whether the table of deliveries has a column.
func (m *markdownWriter) shows(column int) bool {
	switch column {
	case delTransport:
		return m.deliveries.streams
	case delText:
		return len(m.deliveries.texts.cells) > 0
	}
	return true
}

// deliveryRow is a line of the table; those of hops begin with an arrow.
func (m *markdownWriter) deliveryRow(cells []string) string {
	path := strings.TrimLeft(cells[delPath], " ")
	depth := (len(cells[delPath]) - len(path)) / len(indentStep)
	body := cells[delBody]
	cells = append([]string(nil), cells[:delColor]...)
	for _, i := range []int{delTime, delResult, delText} {
		cells[i] = code(cells[i])
	}
	cells[delPath] = strings.Repeat("↳ ", depth) + code(path)
	if m.options.Bodies {
		cells = append(cells, code(body))
	}
	for _, i := range []int{delText, delTransport} { // the later one first
		if !m.shows(i) {
			cells = slices.Delete(cells, i, i+1)
		}
	}
	return tableLine(cells)
}
