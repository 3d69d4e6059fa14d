package report

import (
	"simplecap/analyze/story"
)

// changes prints what each proxy changed between a hop and the next one, and the
// sender between its attempts.
func (p *detailPage) changes() {
	several := len(p.detail.Inputs) > 1
	for _, a := range p.detail.Alterations() {
		who := party(a.Before.Dst)
		switch a.Who {
		case story.ByNAT:
			who = "the NAT " + a.After.Src.Host()
		case story.BySender:
			who = "the sender " + party(a.After.Src)
		}
		p.section("What " + who + " changed, frame " + frameName(a.Before.Frame, several) + p.arrow() + frameName(a.After.Frame, several))
		if a.Who == story.ByNAT {
			p.text(rawIndent, "the source: "+party(a.Before.Src)+arrow+party(a.After.Src))
		}
		p.diff(&a)
	}
}

func (p *detailPage) diff(a *story.Alteration) {
	if len(a.Changes) == 0 {
		p.line("  no header field, and not the body")
	}
	for _, c := range a.Changes {
		before, after := Clean(c.Before, 0), Clean(c.After, 0)
		if c.Field == story.BodyChanged {
			before, after = count(uint64(a.Before.Body.Len), "byte"), count(uint64(a.After.Body.Len), "byte")+", other text"
		}
		field := Clean(c.Field, 60)
		if before != "" {
			p.changedLine("- "+field+": "+before, red)
		}
		if after != "" {
			p.changedLine("+ "+field+": "+after, green)
		}
	}
}

// changedLine prints a line of the difference, on several lines where it is long.
func (p *detailPage) changedLine(text, color string) {
	for i, part := range chunks(text, p.options.Width-len(rawIndent)) {
		indent := rawIndent
		if i > 0 {
			indent += continued
		}
		p.line(indent + p.paint(part, color))
	}
}
