package tui

import (
	"strings"

	"simplecap/analyze/result"
	"simplecap/report"
)

// Styles are the first colours of the terminal's own palette, which every terminal with
// colours has; see forLight.
const (
	plain  = ""
	strong = "1"
	faint  = "2"
	lined  = "4"
	turned = "7" // foreground and background change places
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// forLight changes the colours that cannot be read on a light background.
var forLight = strings.NewReplacer("\x1b["+yellow+"m", "\x1b[35m", "\x1b["+cyan+"m", "\x1b[34m")

// paint puts s in a style.
func paint(s, style string) string {
	if style == "" || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// fit makes clean text exactly width columns wide.
func fit(s string, width int) string {
	if width <= 0 {
		return ""
	}
	s = report.Cut(s, width)
	return s + strings.Repeat(" ", max(0, width-report.Width(s)))
}

// right makes clean text width columns wide, at their right.
func right(s string, width int) string {
	s = report.Cut(s, width)
	return strings.Repeat(" ", max(0, width-report.Width(s))) + s
}

// sign and style of what became of a row: colour is never alone.
func (s state) sign() (sign, style string) {
	v, o, e, of := s.split()
	switch {
	case s == waitsState:
		return "⋯", yellow
	case s.inVain():
		return "✗", red
	case v == result.Delivered, o == result.Success, of == ByText && e.Arrived():
		return "✓", green
	case v == result.Accepted:
		return "✓", cyan
	case o == result.Challenged, o == result.Redirected, e == result.NotAsked, e == result.NotSent:
		return "·", plain
	}
	return "?", faint
}

// trim cuts a line that may hold styles to width columns, and ends its style.
func trim(line string, width int) string {
	columns, out := 0, strings.Builder{}
	for line != "" {
		if strings.HasPrefix(line, "\x1b[") {
			end := strings.IndexByte(line, 'm') + 1
			out.WriteString(line[:end])
			line = line[end:]
			continue
		}
		text, rest := line, ""
		if i := strings.Index(line, "\x1b["); i >= 0 {
			text, rest = line[:i], line[i:]
		}
		if w := report.Width(text); columns+w > width {
			out.WriteString(report.Cut(text, max(width-columns, 1)))
			columns = width
		} else {
			out.WriteString(text)
			columns += w
		}
		if line = rest; columns >= width {
			break
		}
	}
	out.WriteString("\x1b[0m")
	return out.String()
}

// bare takes the styles out of a line.
func bare(line string) string { return report.Uncolored(line) }
