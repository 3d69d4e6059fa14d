package report

import (
	"bufio"
	"io"
	"strings"

	"simplecap/analyze/result"
	"simplecap/check"
)

// WriteGitHub writes a verdict as workflow commands, which GitHub shows as
// annotations: one for each breach, on the capture file.
func WriteGitHub(w io.Writer, v *check.Verdict) error {
	out := bufio.NewWriter(w)
	for _, c := range v.Failing() {
		for i := range c.Breaches {
			b := &c.Breaches[i]
			text := append([]string{breachWords(b)}, breachDetails(b, v.Report.Inputs)...)
			if c.Hint != "" {
				text = append(text, c.Hint)
			}
			out.WriteString("::" + githubLevel(&c) + " file=" + githubProperty(Clean(inputOf(b.Frames, v.Report), 0)) +
				",title=" + githubProperty("simplecap: "+Clean(c.Name, 0)) + "::" + githubData(strings.Join(text, "\n")) + "\n")
		}
	}
	for _, note := range v.Notes {
		out.WriteString("::notice title=simplecap::" + githubData(Clean(note, 0)) + "\n")
	}
	return out.Flush()
}

func githubLevel(c *check.Check) string {
	if c.Kind != check.RuleKind {
		return "error"
	}
	switch c.Severity {
	case result.Error:
		return "error"
	case result.Warning:
		return "warning"
	}
	return "notice"
}

// githubData escapes the text of a workflow command: a line end would begin
// another command.
func githubData(s string) string { return githubDataEscaper.Replace(s) }

// githubProperty escapes the value of a workflow command's property, where : and
// , end it as well.
func githubProperty(s string) string { return githubPropertyEscaper.Replace(s) }

var (
	githubDataEscaper     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubPropertyEscaper = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
