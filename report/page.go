package report

import (
	"fmt"
	"slices"
	"strings"

	"simplecap/analyze/result"
)

// section begins a part of the page.
func (t *tableWriter) section(title string) {
	t.w.WriteByte('\n')
	if title == "" {
		return
	}
	if t.options.Color {
		title = paint(title, bold)
	}
	t.w.WriteString(title + "\n")
}

// paragraph prints text, wrapped at words.
func (t *tableWriter) paragraph(text string) { t.indented("", text) }

// indented prints text, wrapped at words, with indent before each line.
func (t *tableWriter) indented(indent, text string) {
	for _, line := range wrap(text, t.options.Width-len(indent)) {
		t.w.WriteString(indent + line + "\n")
	}
}

// wrap breaks text at spaces into lines of at most width columns. A word that
// is wider stands alone. No line is a command for a CI system.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case displayWidth(line)+1+displayWidth(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	lines = append(lines, line)
	for i := range lines {
		lines[i] = inert(lines[i])
	}
	return lines
}

// bodies prints the text of the messages that the table shows.
func (t *tableWriter) bodies() error {
	if !t.options.Bodies {
		return nil
	}
	begun := false
	show := func(cells []string) bool {
		if body := cells[len(cells)-1]; body != "" {
			if !begun {
				t.section("Bodies")
			}
			begun = true
			t.indented("  ", "#"+cells[0]+" "+body)
		}
		return true
	}
	if t.view == ByText {
		_, err := t.texts.each(show)
		return err
	}
	if t.view == ByDelivery {
		_, err := t.deliveries.each(show)
		return err
	}
	return t.rows.Each(func(data []byte) bool { return show(splitCells(data)) })
}

// open prints a list of transactions without a final response.
func (t *tableWriter) open(l *openList, title string, total uint64, words string) error {
	if l.rows.Seen() == 0 {
		return nil
	}
	t.section(title)
	if words != "" {
		t.paragraph(words)
	}
	shown, err := l.draw(t.w, t.options.Width, t.view)
	if total > shown {
		t.paragraph("… " + number(total-shown) + " more")
	}
	return err
}

// findings are grouped by rule and peer; the Report has the worst first.
func (t *tableWriter) findings(r *result.Report) {
	if len(r.Findings) == 0 {
		return
	}
	t.section("Findings: " + severities(r.Findings))
	listed, info := splitInfo(r.Findings, t.options.Info)
	printed := 0
	for _, group := range byRule(listed) {
		names, counts, total := peerCounts(group)
		if len(names) > manyPeers && !t.options.Info {
			t.rule(group, names, counts, total, r)
			printed += len(group)
			continue
		}
		for i := range group {
			if printed++; printed <= t.options.Limits.Findings {
				t.finding(&group[i], r)
			}
		}
	}
	if more := printed - t.options.Limits.Findings; more > 0 && t.options.Info {
		t.paragraph("  … " + number(uint64(more)) + " more (--format json has them all)")
	}
	if len(info) > 0 {
		t.paragraph("  info, listed with -v: " + ruleNames(info))
	}
}

// splitInfo separates findings of severity info, which come last: they are worth
// a count, and a line each only to who asks for them.
func splitInfo(all []result.Finding, wanted bool) (listed, info []result.Finding) {
	n := len(all)
	for !wanted && n > 0 && all[n-1].Severity == result.Info {
		n--
	}
	return all[:n], all[n:]
}

// ruleNames lists the rules of findings, each once.
func ruleNames(findings []result.Finding) string {
	var names []string
	for i := range findings {
		if name := findings[i].Rule; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func (t *tableWriter) finding(f *result.Finding, r *result.Report) {
	t.findingHead(f, findingFacts(f))
	t.findingBody(f, r)
}

// findingHead prints the severity of a finding and its facts.
func (t *tableWriter) findingHead(f *result.Finding, facts []string) {
	severity := fmt.Sprintf("  %-8s", f.Severity)
	if t.options.Color {
		severity = paint(severity, severityColor(f.Severity))
	}
	t.w.WriteString(severity)
	for i, line := range wrap(strings.Join(facts, ", "), t.options.Width-10) {
		if i > 0 {
			t.w.WriteString("    ")
		}
		t.w.WriteString(line + "\n")
	}
}

// findingBody prints what happened and the frames that prove it.
func (t *tableWriter) findingBody(f *result.Finding, r *result.Report) {
	t.indented("    ", Clean(f.Message, bodyWidth))
	for _, filter := range filters(f.Frames, r.Inputs, t.options.Limits.FilterFrames) {
		t.w.WriteString(inert("    "+filter) + "\n")
	}
}

func severityColor(s result.Severity) string {
	switch s {
	case result.Error:
		return red
	case result.Warning:
		return yellow
	}
	return dim
}

// findingFacts are the rule, who breaks it, how often, and what it rests on.
func findingFacts(f *result.Finding) []string {
	facts := []string{f.Rule}
	if peer := peerName(f.Peer, f.UserAgent); peer != "" {
		facts = append(facts, peer)
	}
	facts = append(facts, count(f.Count, "time"))
	if f.Reference != "" {
		facts = append(facts, f.Reference)
	}
	return facts
}

// peerName is an address with the software that it says it is.
func peerName(address, userAgent string) string {
	if userAgent == "" {
		return address
	}
	return strings.TrimSpace(address + " (" + Clean(userAgent, 40) + ")")
}

// severities counts findings: "2 errors, 1 warning".
func severities(findings []result.Finding) string {
	var counts [result.Error + 1]uint64
	for _, f := range findings {
		counts[f.Severity]++
	}
	var parts []string
	for s := result.Error; s >= result.Info; s-- {
		if n := counts[s]; n > 0 {
			if s == result.Info {
				parts = append(parts, number(n)+" info")
				continue
			}
			parts = append(parts, count(n, s.String()))
		}
	}
	return strings.Join(parts, ", ")
}

func (t *tableWriter) quality(r *result.Report) {
	lines := qualityLines(r)
	if len(lines) == 0 {
		return
	}
	t.section("Quality of the capture")
	for _, line := range lines {
		t.indented("  ", line)
	}
}
