package report

import (
	"strconv"
	"sync"
	"time"

	"simplecap/analyze/result"
	"simplecap/internal/jsontext"
)

// keyed is a field with its name as JSON has it between two others: `,"name":`.
type keyed[T any] struct {
	*result.FieldOf[T]
	key   string
	inner []keyed[T] // of an object
}

// keyedFields are the fields that JSON has. Whether something has closed is told live only.
func keyedFields[T any](fields []result.FieldOf[T], live bool) (list []keyed[T]) {
	for i := range fields {
		if f := &fields[i]; f.Shown && (live || f.Name != "closed") {
			list = append(list, keyed[T]{f, `,"` + f.Key() + `":`, keyedFields(f.Fields, live)})
		}
	}
	return list
}

// keyedOnce makes keyedFields when they are first asked for: most runs write no JSON.
func keyedOnce[T any](fields func() []result.FieldOf[T], live bool) func() []keyed[T] {
	return sync.OnceValue(func() []keyed[T] { return keyedFields(fields(), live) })
}

// writeFields appends fields of a value.
func writeFields[T any](o *object, fields []keyed[T], x *T) {
	for i := range fields {
		writeField(o, &fields[i], x)
	}
}

// writeField appends one field of a value to an object on one line, unless JSON leaves it
// out. A list of values with fields of their own is up to the caller.
func writeField[T any](o *object, f *keyed[T], x *T) {
	if !f.Written(x) {
		return
	}
	if o.b[len(o.b)-1] == '{' {
		o.b = append(o.b, f.key[1:]...)
	} else {
		o.b = append(o.b, f.key...)
	}
	switch f.Type {
	case result.TextField:
		o.b = jsontext.AppendString(o.b, f.Text(x))
	case result.BytesField:
		o.b = jsontext.AppendString(o.b, string(f.Bytes(x)))
	case result.NumberField:
		o.b = strconv.AppendUint(o.b, uint64(f.Number(x)), 10)
	case result.MillisField:
		o.b = jsontext.AppendMillis(o.b, time.Duration(f.Number(x)))
	case result.TimeField:
		o.b = append(o.times.append(append(o.b, '"'), f.Number(x)), '"')
	case result.BoolField:
		o.b = strconv.AppendBool(o.b, f.Number(x) != 0)
	case result.EndpointField:
		o.b = appendEndpoint(o.b, f.Endpoint(x))
	case result.FrameField:
		o.b = appendFrame(o.b, f.Frame(x))
	default:
		o.b = appendValues(o.b, f, x)
	}
}

// appendValues appends a field that is a list.
func appendValues[T any](b []byte, f *keyed[T], x *T) []byte {
	switch f.Type {
	case result.NumbersField:
		return jsontext.AppendList(b, f.Numbers(x), jsontext.AppendInt[int])
	case result.IDsField:
		return jsontext.AppendList(b, f.IDs(x), jsontext.AppendUint)
	case result.TextsField:
		return jsontext.AppendList(b, f.Texts(x), jsontext.AppendString)
	}
	return appendFrames(b, f.Frames(x))
}
