package result

import (
	"cmp"
	"time"

	"simplecap/capture"
	"simplecap/decode"
)

// FieldType is what the values of a Field are, and how CSV writes them.
type FieldType uint8

// The types, with the Go type that FieldOf.Get returns.
const (
	TextField     FieldType = iota + 1 // string
	NumberField                        // int
	MillisField                        // float64, milliseconds
	DurationField                      // time.Duration
	TimeField                          // time.Time, UTC
	BoolField                          // bool
	NumbersField                       // []int
	TextsField                         // []string
	FramesField                        // []capture.Ref
	EndpointField                      // string, an address and port
	IDsField                           // []int, numbers of other values
	BytesField                         // string, of what may be long
	ObjectsField                       // int, how many values with fields of their own there are
	ObjectField                        // bool, whether there is one: a group of fields
	FrameField                         // capture.Ref
)

var fieldTypes = [...]string{"", "string", "number", "milliseconds", "duration", "time", "boolean", "list of numbers", "list of strings", "list of frames", "string", "list of numbers", "string", "list of objects", "object", "frame"}

// String says what the type is, for documents.
func (t FieldType) String() string { return fieldTypes[t] }

// Field is one field of a Transaction.
type Field = FieldOf[Transaction]

// FieldOf is one field of a T: JSON, the columns of CSV and of sinks, the names of
// filters and policies, and the page that documents them walk tables of them. Where
// Shown is false, the field is for filters only.
//
// Get returns a value of any type; Text, Number and the other methods return that of one
// type, and allocate nothing.
type FieldOf[T any] struct {
	Name    string // in filters, CSV and sinks
	JSON    string // in JSON, where that is another one; "" otherwise
	Type    FieldType
	Unit    string          // "ms", "bytes" or ""
	Doc     string          // what it holds, and what stands for an unknown value in filters
	Values  func() []string // all that it can be; nil where that is open
	OfRules bool            // its values are ids of rules (analyze.RuleIDs)
	Shown   bool            // it stands in JSON
	Bodies  bool            // it holds what people wrote: only with analyze.Options.Bodies
	Has     func(t *T) bool // nil: always; where it is false, there is no value
	inJSON  func(t *T) bool // where JSON has the field; nil: as Has
	Fields  []FieldOf[T]    // of an ObjectField. They have a value only where it has

	none     int64 // for NumberField: what Get returns without a value
	text     func(t *T) string
	bytes    func(t *T) []byte
	number   func(t *T) int64 // of a time and a duration in nanoseconds, of a truth 0 or 1
	endpoint func(t *T) decode.Endpoint
	numbers  func(t *T) []int
	ids      func(t *T) []uint64
	texts    func(t *T) []string
	frames   func(t *T) []capture.Ref
	frame    func(t *T) capture.Ref
}

// Key is the name of the field in JSON.
func (f *FieldOf[T]) Key() string { return cmp.Or(f.JSON, f.Name) }

// Text is the value of a TextField.
func (f *FieldOf[T]) Text(t *T) string { return f.text(t) }

// Bytes is the value of a BytesField.
func (f *FieldOf[T]) Bytes(t *T) []byte { return f.bytes(t) }

// Number is the value of a NumberField, or how many an ObjectsField has; of a MillisField, DurationField
// or TimeField in nanoseconds, the last since 1970 UTC; of a BoolField 0 or 1.
func (f *FieldOf[T]) Number(t *T) int64 { return f.number(t) }

// Endpoint is the value of an EndpointField.
func (f *FieldOf[T]) Endpoint(t *T) decode.Endpoint { return f.endpoint(t) }

// Numbers is the value of a NumbersField.
func (f *FieldOf[T]) Numbers(t *T) []int { return f.numbers(t) }

// IDs is the value of an IDsField.
func (f *FieldOf[T]) IDs(t *T) []uint64 { return f.ids(t) }

// Texts is the value of a TextsField.
func (f *FieldOf[T]) Texts(t *T) []string { return f.texts(t) }

// Frames is the value of a FramesField.
func (f *FieldOf[T]) Frames(t *T) []capture.Ref { return f.frames(t) }

// Frame is the value of a FrameField.
func (f *FieldOf[T]) Frame(t *T) capture.Ref { return f.frame(t) }

// Written reports whether JSON has the field for t.
func (f *FieldOf[T]) Written(t *T) bool {
	if f.inJSON != nil {
		return f.inJSON(t)
	}
	return f.Has == nil || f.Has(t)
}

// Get returns the value as filters see it: of a long list the first 100, and where there
// is none 0, -1, "" or the zero time, as Doc says.
func (f *FieldOf[T]) Get(t *T) any {
	has := f.Has == nil || f.Has(t)
	switch f.Type {
	case TextField:
		return f.text(t)
	case BytesField:
		return string(f.bytes(t))
	case EndpointField:
		return endpointText(f.endpoint(t))
	case NumberField, ObjectsField:
		if !has {
			return int(f.none)
		}
		return int(f.number(t))
	case MillisField:
		if !has {
			return -1.0
		}
		return float64(f.number(t)) / 1e6
	case DurationField:
		if !has {
			return time.Duration(-1) // so that rtt > x is false
		}
		return time.Duration(f.number(t))
	case TimeField:
		if !has {
			return time.Time{}
		}
		return time.Unix(0, f.number(t)).UTC()
	case BoolField:
		return has && f.number(t) != 0
	case ObjectField:
		return has
	case FrameField:
		return f.frame(t)
	}
	return f.list(t)
}

// list is Get of a list.
func (f *FieldOf[T]) list(t *T) any {
	switch f.Type {
	case NumbersField:
		all := f.numbers(t)
		return all[:min(len(all), maxListed)]
	case IDsField:
		all := f.ids(t)
		list := make([]int, 0, min(len(all), maxListed))
		for _, id := range all[:cap(list)] {
			list = append(list, int(id))
		}
		return list
	case TextsField:
		return f.texts(t)
	}
	return f.frames(t)
}

// maxListed is how much of a list a filter sees.
const maxListed = 100
