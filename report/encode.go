package report

import (
	"bufio"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"simplecap/capture"
)

// The append functions encode JSON by hand: a report may hold millions of
// transactions, and encoding/json spends most of its time on reflection.

const (
	timeLayout = "2006-01-02T15:04:05.000000000Z"
	hexDigits  = "0123456789abcdef"
)

// appendTime appends a time in nanoseconds since 1970 as RFC 3339 in UTC.
func appendTime(b []byte, ns int64) []byte {
	return time.Unix(0, ns).UTC().AppendFormat(b, timeLayout)
}

// stamps appends times as appendTime does. It keeps the text of the last second,
// since the times of a capture are close together: four of them are a third of
// what a row costs otherwise.
type stamps struct {
	second int64
	text   []byte // of the second; empty before the first one
}

func (s *stamps) append(b []byte, ns int64) []byte {
	second, fraction := ns/1e9, ns%1e9
	if fraction < 0 {
		return appendTime(b, ns) // before 1970
	}
	if second != s.second || len(s.text) == 0 {
		s.second = second
		s.text = time.Unix(second, 0).UTC().AppendFormat(s.text[:0], timeLayout[:len("2006-01-02T15:04:05.")])
	}
	b = append(b, s.text...)
	for digit := int64(1e8); digit > 0; digit /= 10 {
		b = append(b, byte('0'+fraction/digit%10))
	}
	return append(b, 'Z')
}

// appendMillis appends a duration in milliseconds, exact to the nanosecond.
func appendMillis(b []byte, d time.Duration) []byte {
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

// appendString appends a JSON string. What is not UTF-8 becomes U+FFFD. Escaped
// beyond what JSON asks for is what could drive a terminal or end a script
// element; a parser reads the same string.
func appendString(b []byte, s string) []byte {
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
	return (r != utf8.RuneError || n > 1) && !hidden(r)
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

// appendFrames appends a list of frames as the report spells them.
func appendFrames(b []byte, frames []capture.Ref) []byte {
	b = append(b, '[')
	for i, f := range frames {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"file":`...)
		b = strconv.AppendInt(b, int64(f.File()), 10)
		b = append(b, `,"frame":`...)
		b = strconv.AppendUint(b, f.Number(), 10)
		b = append(b, '}')
	}
	return append(b, ']')
}

// object appends the fields of a JSON object one by one.
type object struct {
	b     []byte
	sep   string // what stands before each field: a line end in the outermost object, or nothing
	times stamps
	w     *bufio.Writer // where a long list is written to as it grows; nil to hold it
}

func (o *object) open()  { o.b = append(o.b, '{') }
func (o *object) close() { o.b = append(o.b, '}') }

// comma appends a comma unless the object was just opened.
func (o *object) comma() {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
}

// key appends a field's name, which must need no escape.
func (o *object) key(name string) {
	o.comma()
	o.b = append(o.b, o.sep...)
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

func (o *object) string(name, value string) {
	o.key(name)
	o.b = appendString(o.b, value)
}

// text is string for values that are left out where there is none.
func (o *object) text(name, value string) {
	if value != "" {
		o.string(name, value)
	}
}

func (o *object) uint(name string, value uint64) {
	o.key(name)
	o.b = strconv.AppendUint(o.b, value, 10)
}

func (o *object) bool(name string, value bool) {
	o.key(name)
	o.b = strconv.AppendBool(o.b, value)
}

func (o *object) millis(name string, d time.Duration) {
	o.key(name)
	o.b = appendMillis(o.b, d)
}

func (o *object) nanos(name string, ns int64) {
	o.key(name)
	o.b = append(o.b, '"')
	o.b = o.times.append(o.b, ns)
	o.b = append(o.b, '"')
}

// time appends a time unless it is zero.
func (o *object) time(name string, t time.Time) {
	if !t.IsZero() {
		o.key(name)
		o.b = append(o.b, '"')
		o.b = t.UTC().AppendFormat(o.b, timeLayout)
		o.b = append(o.b, '"')
	}
}

func (o *object) frames(name string, frames []capture.Ref) {
	o.key(name)
	o.b = appendFrames(o.b, frames)
}

func (o *object) strings(name string, values []string) {
	o.key(name)
	o.b = appendList(o.b, values, appendString)
}

func (o *object) uints(name string, values []uint64) {
	o.key(name)
	o.b = appendList(o.b, values, appendUint)
}

func (o *object) counts(name string, values map[string]uint64) {
	o.nested(name, func() {
		for _, k := range sortedKeys(values) {
			o.comma()
			o.b = appendString(o.b, k)
			o.b = append(o.b, ':')
			o.b = strconv.AppendUint(o.b, values[k], 10)
		}
	})
}

// statuses appends counts by status, in order of status.
func (o *object) statuses(name string, values map[int]uint64) {
	o.nested(name, func() {
		for _, status := range slices.Sorted(maps.Keys(values)) {
			o.uint(strconv.Itoa(status), values[status])
		}
	})
}

// nested appends a field whose value is an object that f fills.
func (o *object) nested(name string, f func()) {
	o.key(name)
	o.inner(f)
}

// inner appends an object without line ends.
func (o *object) inner(f func()) {
	sep := o.sep
	o.sep = ""
	o.open()
	f()
	o.close()
	o.sep = sep
}

// appendList appends a JSON array.
func appendList[T any](b []byte, values []T, appendValue func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v)
	}
	return append(b, ']')
}

func sortedKeys(m map[string]uint64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
