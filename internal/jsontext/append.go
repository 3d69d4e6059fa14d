// Package jsontext appends JSON by hand: a report or a store may take millions of rows, and
// encoding/json spends most of its time on reflection.
package jsontext

import (
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"simplecap/internal/words"
)

const hexDigits = "0123456789abcdef"

// AppendString appends a JSON string. What is not UTF-8 becomes U+FFFD. Escaped
// beyond what JSON asks for is what could drive a terminal or end a script
// element; a parser reads the same string.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	i := simple(s)
	for start := 0; ; {
		if i == len(s) {
			return append(append(b, s[start:]...), '"')
		}
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		if !isVerbatim(r, n) {
			b = appendEscape(append(b, s[start:i]...), r)
			start = i + n
		}
		i += n
	}
}

// simple is how many bytes at the beginning are ASCII that stands for itself, which is
// all of most strings.
func simple(s string) int {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' {
			return i
		}
	}
	return len(s)
}

// isVerbatim reports whether the rune r of n bytes stands for itself in a JSON string.
func isVerbatim(r rune, n int) bool {
	if r < utf8.RuneSelf {
		return r >= 0x20 && r != '"' && r != '\\' && r != '<' && r != 0x7f
	}
	return (r != utf8.RuneError || n > 1) && !words.Invisible(r)
}

func appendEscape(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return appendUnit(appendUnit(b, high), low)
	}
	return appendUnit(b, r)
}

// appendUnit appends one UTF-16 code unit as \uXXXX.
func appendUnit(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// AppendList appends a JSON array.
func AppendList[T any](b []byte, values []T, appendValue func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v)
	}
	return append(b, ']')
}

// AppendInt appends a number.
func AppendInt[T int | int64](b []byte, v T) []byte { return strconv.AppendInt(b, int64(v), 10) }

// AppendUint appends a number.
func AppendUint(b []byte, v uint64) []byte { return strconv.AppendUint(b, v, 10) }

// AppendMillis appends a duration in milliseconds, exact to the nanosecond.
func AppendMillis(b []byte, d time.Duration) []byte {
	u := uint64(d)
	if d < 0 {
		b = append(b, '-')
		u = -u
	}
	b = strconv.AppendUint(b, u/1e6, 10)
	b = append(b, '.')
	frac, unit := u%1e6, uint64(1e5)
	for {
		b = append(b, '0'+byte(frac/unit))
		if frac %= unit; frac == 0 {
			return b
		}
		unit /= 10
	}
}
