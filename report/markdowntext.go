package report

import (
	"strconv"

	"simplecap/analyze/result"
	"simplecap/internal/spool"
)

// markdownTexts is the table of texts: one row each, for its receipts their number alone.
type markdownTexts struct {
	rows    *spool.Spool // lines of the table
	options Options
	list    *textList // makes the cells
}

func newMarkdownTexts(o Options) *markdownTexts {
	return &markdownTexts{rows: spool.New(o.keep(), o.Limits.SpoolBytes), options: o, list: &textList{options: o}}
}

// text takes a text that has closed.
func (m *markdownTexts) text(t *result.Text) {
	m.list.note(t)
	if m.rows.Wants(t.ID) {
		m.rows.Add(t.ID, []byte(m.row(t)))
	}
}

// row is in the order of the titles in table.
func (m *markdownTexts) row(t *result.Text) string {
	c := m.list.first(t)
	cells := []string{
		c[textID], code(c[textTime]), c[textKind], code(c[textPath]), partCell(t), c[textEnd], code(c[textWhy]),
		nonZero(uint64(len(t.Receipts))), c[textAfter], c[textFrames],
	}
	if m.options.Bodies {
		cells = append(cells, code(c[textBody]))
	}
	return tableLine(cells)
}

// partCell is which part of a concatenated SMS a text is, "2/3".
func partCell(t *result.Text) string {
	rp := t.RP()
	if rp == nil || rp.TPDU.Concat.Parts == 0 {
		return ""
	}
	return strconv.Itoa(int(rp.TPDU.Concat.Part)) + "/" + strconv.Itoa(int(rp.TPDU.Concat.Parts))
}

// textTable prints the table of texts, at most MarkdownBytes of it unless all rows were
// asked for.
func (m *markdownWriter) textTable(r *result.Report) error {
	titles := []string{"#", "time", "text", "from → to", "part", "end", "why", "receipts", "after", "frame (file:frame)"}
	rules := []string{"---:", "---", "---", "---", "---:", "---", "---", "---:", "---:", "---"}
	if m.options.Bodies {
		titles, rules = append(titles, "body"), append(rules, "---")
	}
	m.w.WriteString("\n#### Texts\n\n" + tableLine(titles) + tableLine(rules))
	shown, err := m.lines(m.texts.rows)
	if total := max(r.Texts.Total(), m.texts.rows.Seen()); total > shown {
		m.w.WriteString("\n… " + count(total-shown, "more text") + "\n")
	}
	return err
}

// textTotals says what became of the texts, whatever a row is: an SMS that an RP-ERROR
// refuses is a success of SIP.
func (m *markdownWriter) textTotals(r *result.Report) {
	for _, line := range textTotals(r, m.options.OfTexts) {
		m.w.WriteString(escapeWords(line) + "\n\n")
	}
}
