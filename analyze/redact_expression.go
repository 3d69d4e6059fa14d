package analyze

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"simplecap/analyze/result"
	"simplecap/redact"
)

// RedactedExpression returns an expression of the filter language with pseudonyms
// in its strings, whatever quotes they have, in its comments and in its long
// numbers, but for the words of the report itself and addresses.
func RedactedExpression(r *redact.Redactor, text string) string {
	if r == nil {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		n, part := partOf(text)
		switch part {
		case quotedPart:
			b.WriteString(redactedString(r, text[:n]))
		case commentPart:
			b.WriteString(r.Unknown(text[:n]))
		case numberPart:
			b.WriteString(redactedNumber(r, text[:n]))
		default:
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// part is what a part of an expression is.
type part uint8

const (
	wordPart part = iota // operators and names, which the language knows
	quotedPart
	commentPart
	numberPart
)

// partOf returns the length of the part that an expression begins with, at least 1.
func partOf(s string) (int, part) {
	switch c := s[0]; {
	case c == '"' || c == '\'':
		return quotedLength(s, true), quotedPart
	case c == '`':
		return quotedLength(s, false), quotedPart
	case c == '#' || strings.HasPrefix(s, "//"):
		return upTo(s, "\n"), commentPart
	case strings.HasPrefix(s, "/*"):
		return upTo(s, "*/"), commentPart
	case c >= '0' && c <= '9':
		return runLength(s, isNumberByte), numberPart
	case isNameByte(c):
		return runLength(s, isNameByte), wordPart
	}
	return 1, wordPart
}

// quotedLength is the length of a string with its quotes; without the last one, it
// goes on to the end.
func quotedLength(s string, escapes bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// upTo is the length of s with the first end in it, or of all of it.
func upTo(s, end string) int {
	if at := strings.Index(s, end); at >= 0 {
		return at + len(end)
	}
	return len(s)
}

func runLength(s string, belongs func(byte) bool) int {
	n := 0
	for n < len(s) && belongs(s[n]) {
		n++
	}
	return n
}

// redactedNumber puts a pseudonym in the place of a number that is too long for a
// status, a size or a port.
func redactedNumber(r *redact.Redactor, number string) string {
	const longest = len("65535")
	if len(number) <= longest {
		return number
	}
	return r.Unknown(number)
}

func isNumberByte(c byte) bool { return c >= '0' && c <= '9' || c == '_' || c == '.' }

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

// redactedString puts pseudonyms into a string with its quotes. An escape sequence
// may spell anything: a string with one has no words that stay.
func redactedString(r *redact.Redactor, quoted string) string {
	inside := strings.Trim(quoted, quoted[:1])
	if isReportWord(inside) || r.Media(inside) == inside {
		return quoted
	}
	if quoted[0] != '`' && strings.Contains(inside, `\`) {
		return r.Unknown(quoted)
	}
	return strings.Replace(quoted, inside, r.URI(inside), 1)
}

// isReportWord reports whether a string is an outcome, a verdict, a rule or a duration.
func isReportWord(s string) bool {
	const longest = len("1h30m20s") // a longer duration may be a telephone number
	_, isRule := ruleIndex[s]
	_, err := time.ParseDuration(s)
	return isRule || err == nil && len(s) <= longest || s != "" && (slices.Contains(result.OutcomeNames(), s) || slices.Contains(result.VerdictNames(), s))
}
