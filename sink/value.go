package sink

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"simplecap/capture"
)

// Clean returns s as stores take it: UTF-8 without control characters, which drive
// terminals and which some stores refuse, but for tabs and ends of lines. What is
// neither becomes U+FFFD. What is longer than limit bytes is cut and ends in "…".
func Clean(s string, limit int) string {
	if len(s) > limit {
		s = cutAt(s, limit) + "…"
	}
	if isClean(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if dirty(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

// cutAt is at most n bytes of s, without a part of a character at its end.
func cutAt(s string, n int) string {
	end := n
	for end > n-utf8.UTFMax && end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

func isClean(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return cleanRunes(s[i:])
		}
	}
	return true
}

func cleanRunes(s string) bool {
	for i, r := range s {
		if dirty(r) || r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)) {
			return false
		}
	}
	return true
}

// dirty are control characters and those that turn the direction of text.
func dirty(r rune) bool {
	if r < ' ' {
		return r != '\t' && r != '\n' && r != '\r'
	}
	return r >= 0x7f && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r))
}

// value makes a value of a row from what a field holds.
func (l *Limits) value(c *Column, v any) any {
	switch v := v.(type) {
	case string:
		return l.text(c, v)
	case int:
		return int64(v)
	case uint64:
		return int64(v)
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v
	case time.Duration:
		return float64(v) / 1e6
	case []int:
		return numbers(v[:min(len(v), l.ListLength)])
	case []string:
		return l.texts(v)
	case []capture.Ref:
		return l.frames(v)
	}
	return v
}

func (l *Limits) text(c *Column, s string) any {
	limit := l.ValueBytes
	if c.Written {
		limit = l.BodyBytes
	}
	if s == "" && !c.Required {
		return nil
	}
	return Clean(s, limit)
}

func (l *Limits) texts(values []string) []string {
	list := make([]string, min(len(values), l.ListLength))
	for i := range list {
		list[i] = Clean(values[i], l.ValueBytes)
	}
	return list
}

// frames are written as in CSV: file#frame.
func (l *Limits) frames(refs []capture.Ref) []string {
	list := make([]string, min(len(refs), l.ListLength))
	for i := range list {
		list[i] = strconv.Itoa(refs[i].File()) + "#" + strconv.FormatUint(refs[i].Number(), 10)
	}
	return list
}

func numbers(values []int) []int64 {
	list := make([]int64, len(values))
	for i, v := range values {
		list[i] = int64(v)
	}
	return list
}

// sizeOf is about how many bytes a row takes in memory.
func sizeOf(r Row) int {
	n := 16 * len(r)
	for _, v := range r {
		switch v := v.(type) {
		case string:
			n += 16 + len(v)
		case []string:
			for _, s := range v {
				n += 16 + len(s)
			}
		case []int64:
			n += 8 * len(v)
		case nil:
		default:
			n += 8
		}
	}
	return n
}

// rowOf makes a row. Without bodies, what people wrote is not in it.
func rowOf[T any](l *Limits, bodies bool, columns []columnOf[T], x *T) Row {
	r := make(Row, len(columns))
	for i := range columns {
		c := &columns[i]
		if c.get != nil && (bodies || !c.Written) {
			r[i] = l.value(&c.Column, c.get(x))
		}
	}
	return r
}
