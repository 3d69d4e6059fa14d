package report

import (
	"bufio"
	"maps"
	"slices"
	"strconv"
	"time"

	"simplecap/capture"
	"simplecap/internal/jsontext"
)

// timeLayout is RFC 3339 in UTC with nanoseconds.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

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

// appendFrames appends a list of frames as the report spells them.
func appendFrames(b []byte, frames []capture.Ref) []byte {
	b = append(b, '[')
	for i, f := range frames {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendFrame(b, f)
	}
	return append(b, ']')
}

func appendFrame(b []byte, f capture.Ref) []byte {
	b = append(b, `{"file":`...)
	b = strconv.AppendInt(b, int64(f.File()), 10)
	b = append(b, `,"frame":`...)
	b = strconv.AppendUint(b, f.Number(), 10)
	return append(b, '}')
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
	o.b = jsontext.AppendString(o.b, value)
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
	o.b = jsontext.AppendMillis(o.b, d)
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
	o.b = jsontext.AppendList(o.b, values, jsontext.AppendString)
}

func (o *object) counts(name string, values map[string]uint64) {
	o.nested(name, func() {
		for _, k := range sortedKeys(values) {
			o.comma()
			o.b = jsontext.AppendString(o.b, k)
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

func sortedKeys(m map[string]uint64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
