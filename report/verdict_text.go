package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/check"
)

// WriteVerdict prints a verdict for people at a terminal: how it ended, then each
// check that failed with its reason, transactions and frames, the worst first.
func WriteVerdict(w io.Writer, v *check.Verdict, options Options) error {
	t := &verdictWriter{w: bufio.NewWriter(w), options: options.withDefaults(), v: v}
	title := headline(v)
	if t.options.Color {
		title = paint(title, resultColor(v.Result))
	}
	t.w.WriteString(title + "\n")
	for _, line := range totals(v.Report, options.Where) {
		t.indented("", line)
	}
	for _, c := range v.Failing() {
		t.check(&c)
	}
	if len(v.Notes) > 0 {
		t.w.WriteByte('\n')
	}
	for _, note := range v.Notes {
		t.indented("", "note: "+Clean(note, 0))
	}
	return t.w.Flush()
}

type verdictWriter struct {
	w       *bufio.Writer
	options Options
	v       *check.Verdict
}

func resultColor(r check.Result) string {
	if r == check.Pass {
		return ""
	}
	return red
}

func (t *verdictWriter) check(c *check.Check) {
	word := fmt.Sprintf("%-11s", level(c))
	if t.options.Color {
		word = paint(word, severityColor(max(c.Severity, result.Warning)))
	}
	name := Clean(c.Name, t.options.Width-12)
	if text := bounds(c); text != "" {
		name += " (" + text + ")"
	}
	t.w.WriteString("\n" + inert(word+" "+name) + "\n")
	shown := c.Breaches
	if len(shown) > manyPeers {
		t.indented("  ", peersWords(c.Breaches))
		shown = shown[:1]
	}
	for i := range shown {
		t.breach(&shown[i])
	}
	if c.Hint != "" {
		t.indented("  ", "hint: "+c.Hint)
	}
}

func (t *verdictWriter) breach(b *check.Breach) {
	t.indented("  ", breachWords(b))
	for _, line := range breachDetails(b, t.v.Report.Inputs) {
		t.w.WriteString(inert("    "+line) + "\n")
	}
}

// peersWords says how often many peers broke a rule, and who the worst are. The
// first breach, which stands for all on the screen, follows it.
func peersWords(breaches []check.Breach) string {
	worst := slices.Clone(breaches)
	slices.SortStableFunc(worst, func(a, b check.Breach) int { return cmp.Compare(b.Count, a.Count) })
	var total uint64
	names := make([]string, 0, worstPeers)
	for i := range worst {
		total += worst[i].Count
		if i < worstPeers && worst[i].Peer != "" {
			names = append(names, worst[i].Peer+" "+number(worst[i].Count))
		}
	}
	text := count(total, "time") + " at " + count(uint64(len(breaches)), "peer")
	if len(names) > 0 {
		text += ", most at " + strings.Join(names, ", ")
	}
	return text + "; --junit, --sarif and --json have each. The first:"
}

// indented prints text, wrapped at words.
func (t *verdictWriter) indented(indent, text string) {
	for _, line := range wrap(text, t.options.Width-len(indent)) {
		t.w.WriteString(indent + line + "\n")
	}
}
