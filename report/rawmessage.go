package report

import (
	"bytes"
	"fmt"
	"strings"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// maxBody is how many bytes of a body are shown.
const maxBody = 16 << 10

const rawIndent = "  "

// messages prints each message once, however often it was sent, with the
// findings under the bytes that they are about.
func (p *detailPage) messages() {
	p.section("Messages")
	for i := range p.detail.Steps {
		if p.detail.Steps[i].Like != i || p.detail.Steps[i].Session != nil {
			continue
		}
		if i > 0 {
			p.line("")
		}
		p.message(p.detail.Same(i))
	}
}

func (p *detailPage) message(same []story.Step) {
	m := same[0].Message
	p.line(p.paint(p.drawn(p.messageTitle(same)), bold))
	breaches := p.judge.Of(same)
	marks, loose := marksOf(m, breaches)
	p.head(bytes.TrimRight(m.Head(), "\r\n"), marks)
	p.body(m)
	for i := range loose {
		p.breach(rawIndent, &loose[i])
	}
}

// messageTitle says where the message was seen, and where again.
func (p *detailPage) messageTitle(same []story.Step) string {
	m, several := same[0].Message, len(p.detail.Inputs) > 1
	title := fmt.Sprintf("frame %s: %s, %s, %d bytes", frameName(m.Frame, several),
		party(m.Src)+arrow+party(m.Dst), m.Transport, len(m.Raw))
	if m.Agent != 0 {
		title += ", reported by HEP"
	}
	var again, copies, reports []string
	for _, s := range same[1:] {
		frame := frameName(s.Message.Frame, several)
		switch {
		case s.Role != analyze.CaptureCopy:
			again = append(again, frame)
		case s.Message.Agent != 0:
			reports = append(reports, frame)
		default:
			copies = append(copies, frame)
		}
	}
	return title + inFrames("sent again", again) + inFrames("copied by the capture", copies) + inFrames("reported by HEP", reports)
}

// inFrames says in which frames something happened, "" for none.
func inFrames(what string, frames []string) string {
	if len(frames) == 0 {
		return ""
	}
	return "; " + what + " in " + plural(uint64(len(frames)), "frame ", "frames ") + list(frames)
}

// mark is a finding and the bytes that it is about.
type mark struct {
	span   sip.Span
	breach *analyze.Breach
	last   bool // the last of the finding's places: its sentence goes here
}

// marksOf parts findings that can be pointed at from the others.
func marksOf(m *decode.Message, breaches []analyze.Breach) (marks []mark, loose []analyze.Breach) {
	for i := range breaches {
		b := &breaches[i]
		var spans []sip.Span
		for _, place := range b.Rule.Places {
			spans = append(spans, place(m)...)
		}
		if len(spans) == 0 {
			loose = append(loose, *b)
			continue
		}
		last := 0
		for j := range spans {
			if spans[j].Off > spans[last].Off {
				last = j
			}
		}
		for j, s := range spans {
			marks = append(marks, mark{s, b, j == last})
		}
	}
	return marks, loose
}

// head prints the start line and the header fields, and marks under them.
func (p *detailPage) head(head []byte, marks []mark) {
	for start := 0; start <= len(head); {
		end := lineEnd(head, start)
		p.rawLine(head[start:end], start, marks)
		start = nextLine(head, end)
	}
}

func lineEnd(b []byte, start int) int {
	if i := bytes.IndexAny(b[start:], "\r\n"); i >= 0 {
		return start + i
	}
	return len(b)
}

// nextLine is where the line after a line end begins.
func nextLine(b []byte, end int) int {
	if bytes.HasPrefix(b[end:], []byte("\r\n")) {
		return end + 2
	}
	return end + 1
}

// rawLine prints one line of the wire, which begins at offset, and what is wrong
// with it. A line that is too long goes on below; a mark on it is drawn under
// its part.
func (p *detailPage) rawLine(line []byte, offset int, marks []mark) {
	var here []mark
	for _, k := range marks {
		if int(k.span.Off) < offset+len(line) && int(k.span.End()) > offset {
			here = append(here, k)
		}
	}
	from, to := carets(line, offset, here)
	at, indent := 0, rawIndent
	for _, part := range chunks(Clean(string(line), 0), p.options.Width-len(rawIndent)) {
		p.line(indent + part)
		end := at + displayWidth(part)
		if first, last := max(from, at), min(to, end); first < last {
			p.line(indent + strings.Repeat(" ", first-at) + p.paint(strings.Repeat("^", last-first), markColor(here)))
		}
		at, indent = end, rawIndent+continued
	}
	for _, k := range here {
		if k.last && int(k.span.Off) >= offset {
			p.breach(rawIndent+rawIndent, k.breach)
		}
	}
}

// continued is the further indent of what goes on from the line above.
const continued = "    "

// chunks parts clean text into lines of at most width columns, of which all but
// the first have room for the further indent.
func chunks(text string, width int) (parts []string) {
	for {
		part := prefix(text, width)
		parts = append(parts, part)
		if text = text[len(part):]; text == "" || part == "" {
			return parts
		}
		if len(parts) == 1 {
			width -= len(continued)
		}
	}
}

// carets returns the columns that the marks cover together on a line.
func carets(line []byte, offset int, marks []mark) (from, to int) {
	for i, k := range marks {
		first := columnOf(line, int(k.span.Off)-offset)
		last := max(columnOf(line, int(k.span.End())-offset), first+1)
		if i == 0 {
			from, to = first, last
			continue
		}
		from, to = min(from, first), max(to, last)
	}
	return from, to
}

// columnOf is the terminal column of a byte of a line, once it has been cleaned.
func columnOf(line []byte, at int) int {
	return displayWidth(Clean(string(line[:min(max(at, 0), len(line))]), 0))
}

func markColor(marks []mark) string {
	worst := result.Info
	for _, k := range marks {
		worst = max(worst, k.breach.Severity)
	}
	return severityColor(worst)
}

// body prints the body, or what it is where its text was not asked for.
func (p *detailPage) body(m *decode.Message) {
	if m.Body.Len == 0 {
		return
	}
	kind := Clean(m.Text(m.ContentType), 60)
	if kind == "" {
		kind = "body without a type"
	}
	if !p.options.Bodies {
		p.line("")
		hint := " (--bodies shows them)"
		if p.detail.Analysis.Redact != nil {
			hint = "" // it would be refused
		}
		p.line(rawIndent + p.paint(kind+", "+count(uint64(m.Body.Len), "byte")+hint, dim))
		return
	}
	p.line("")
	body := m.Bytes(m.Body)
	for _, line := range bytes.Split(body[:min(len(body), maxBody)], []byte("\n")) {
		p.rawLine(bytes.TrimSuffix(line, []byte("\r")), len(m.Raw), nil)
	}
	if len(body) > maxBody {
		p.line(rawIndent + p.drawn(ellipsis) + " " + count(uint64(len(body)-maxBody), "more byte"))
	}
}
