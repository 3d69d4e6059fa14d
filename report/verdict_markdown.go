package report

import (
	"bufio"
	"fmt"
	"io"

	"simplecap/check"
)

// markdownChecks is how many failing checks WriteVerdictMarkdown shows, so that
// it fits a comment on a change (GitHub takes 65,536 bytes).
const markdownChecks = 20

// WriteVerdictMarkdown writes a verdict for a comment on a change or the summary
// of a job.
func WriteVerdictMarkdown(w io.Writer, v *check.Verdict, options Options) error {
	out := bufio.NewWriter(w)
	out.WriteString("### simplecap check " + headline(v) + "\n\n")
	for _, line := range totals(v.Report, options.Where) {
		out.WriteString(escapeWords(line) + "\n\n")
	}
	failing := v.Failing()
	for i := range failing {
		if i == markdownChecks {
			fmt.Fprintf(out, "… and %s\n\n", count(uint64(len(failing)-i), "more check"))
			break
		}
		markdownCheck(out, &failing[i], v)
	}
	for _, note := range v.Notes {
		out.WriteString("> " + escapeWords(Clean(note, 0)) + "\n")
	}
	return out.Flush()
}

func markdownCheck(out *bufio.Writer, c *check.Check, v *check.Verdict) {
	out.WriteString("#### " + level(c) + ": " + code(c.Name) + "\n\n")
	if text := bounds(c); text != "" {
		out.WriteString(escapeWords(text) + "\n\n")
	}
	for i := range c.Breaches {
		if i == shownTransactions {
			fmt.Fprintf(out, "- … %s more\n", number(uint64(len(c.Breaches)-i)))
			break
		}
		b := &c.Breaches[i]
		out.WriteString("- " + escapeWords(breachWords(b)) + "\n")
		for _, line := range breachDetails(b, v.Report.Inputs) {
			out.WriteString("  - " + escapeWords(line) + "\n")
		}
	}
	if c.Hint != "" {
		out.WriteString("\n" + escapeWords(c.Hint) + "\n")
	}
	out.WriteString("\n")
}
