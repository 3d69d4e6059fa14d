package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"simplecap/internal/words"
)

const (
	ellipsis = "…"
	maxMarks = 4 // combining marks on one character before they are escaped
)

// Clean makes bytes from the wire safe and honest to print. Control characters,
// bidirectional and other format controls, invisible characters, spaces other
// than U+0020, and bytes that are not UTF-8 become visible escapes: \x1b,
// \u202e, \U000e0001. What is wider than max columns is cut and ends in an
// ellipsis; max 0 means no limit.
func Clean(s string, max int) string {
	switch {
	case !isPlain(s):
		s = escape(s)
	case len(s) <= max:
		return s
	}
	return cut(s, max)
}

// isPlain reports whether s is printable ASCII, as nearly all SIP is.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

func escape(s string) string {
	var b strings.Builder
	marks := maxMarks // so that a mark cannot sit on what is printed before s
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
			marks = maxMarks
		case isMark(r) && marks < maxMarks && !words.Invisible(r):
			b.WriteRune(r)
			marks++
		case words.Invisible(r) || isMark(r):
			writeEscape(&b, r)
			marks = maxMarks
		default:
			b.WriteRune(r)
			marks = 0
		}
		i += n
	}
	return b.String()
}

func writeEscape(b *strings.Builder, r rune) {
	switch {
	case r < 0x80:
		fmt.Fprintf(b, `\x%02x`, r)
	case r <= 0xffff:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

func isMark(r rune) bool { return r >= 0x300 && unicode.Is(unicode.M, r) }

// displayWidth is how many columns of a terminal s takes.
func displayWidth(s string) int { return displaywidth.String(s) }

// cut shortens s to max columns at its end; max 0 means no limit.
func cut(s string, max int) string {
	if max <= 0 || displayWidth(s) <= max {
		return s
	}
	return prefix(s, max-1) + ellipsis
}

// shorten shortens s to max columns in its middle, which keeps the two ends of
// a URI that tell it from others; max 0 means no limit.
func shorten(s string, max int) string {
	if max <= 0 || displayWidth(s) <= max {
		return s
	}
	head := prefix(s, max/2)
	return head + ellipsis + suffix(s, max-1-displayWidth(head))
}

// prefix returns the longest start of s that fits n columns.
func prefix(s string, n int) string {
	end, w := 0, 0
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		if w += g.Width(); w > n {
			break
		}
		end += len(g.Value())
	}
	return s[:end]
}

// suffix returns the longest end of s that fits n columns.
func suffix(s string, n int) string {
	start, w := 0, displayWidth(s)
	for g := displaywidth.StringGraphemes(s); w > n && g.Next(); {
		w -= g.Width()
		start += len(g.Value())
	}
	return s[start:]
}
