package main

import (
	"bytes"
	"fmt"
	"strings"
)

// roff writes a page of the manual, in the macros of man(7).
type roff struct{ bytes.Buffer }

// newRoff begins a page. Its date is left out, so that equal pages are equal files.
func newRoff(name string, section int) *roff {
	p := &roff{}
	fmt.Fprintf(p, ".TH \"%s\" %d \"\" \"simplecap\" \"simplecap\"\n", roffText(strings.ToUpper(name)), section)
	return p
}

// roffText escapes what roff would read as more than text.
func roffText(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, `"`, `\(dq`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func bold(s string) string   { return `\fB` + roffText(s) + `\fR` }
func italic(s string) string { return `\fI` + roffText(s) + `\fR` }

func (p *roff) section(title string) { fmt.Fprintf(p, ".SH %s\n", strings.ToUpper(title)) }

// item is a term, in roff already, and what it means.
func (p *roff) item(term, text string) { fmt.Fprintf(p, ".TP\n%s\n%s\n", term, roffText(text)) }

// text writes paragraphs as help has them: lines that begin with blanks stay as they are.
func (p *roff) text(s string) {
	for paragraph := range strings.SplitSeq(strings.Trim(s, "\n"), "\n\n") {
		p.WriteString(".PP\n")
		verbatim := false
		for line := range strings.SplitSeq(paragraph, "\n") {
			if indented := strings.HasPrefix(line, " "); indented != verbatim {
				p.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[indented])
				verbatim = indented
			}
			p.WriteString(roffText(line) + "\n")
		}
		if verbatim {
			p.WriteString(".fi\n")
		}
	}
}

// verbatim writes lines as they are.
func (p *roff) verbatim(s string) {
	fmt.Fprintf(p, ".PP\n.nf\n%s\n.fi\n", roffText(strings.Trim(s, "\n")))
}
