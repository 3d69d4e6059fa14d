package result

import (
	"time"

	"simplecap/capture"
	"simplecap/decode"
)

func text[T any](name, doc string, get func(*T) string) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: TextField, Doc: doc, Shown: true, Has: func(t *T) bool { return get(t) != "" }, text: get}
}

// bytes has no value where there is nil.
func bytes[T any](name, doc string, get func(*T) []byte) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: BytesField, Doc: doc, Shown: true, Has: func(t *T) bool { return get(t) != nil }, bytes: get}
}

func address[T any](name, doc string, get func(*T) decode.Endpoint) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: EndpointField, Doc: doc, Shown: true, Has: func(t *T) bool { e := get(t); return !e.IsZero() }, endpoint: get}
}

func number[T any](name, doc string, get func(*T) int64) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: NumberField, Doc: doc, Shown: true, number: get}
}

func moment[T any](name, doc string, get func(*T) int64, has func(*T) bool) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: TimeField, Doc: doc, Shown: true, Has: has, number: get}
}

func millis[T any](name, doc string, get func(*T) time.Duration, has func(*T) bool) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: MillisField, Unit: "ms", Doc: doc, Shown: true, Has: has, number: func(t *T) int64 { return int64(get(t)) }}
}

// duration is millis for filters that compare with duration("1s").
func duration[T any](name, doc string, get func(*T) time.Duration, has func(*T) bool) FieldOf[T] {
	f := millis(name, doc, get, has)
	f.Type = DurationField
	return f
}

func truth[T any](name, doc string, get func(*T) bool) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: BoolField, Doc: doc, Shown: true, number: func(t *T) int64 {
		if get(t) {
			return 1
		}
		return 0
	}}
}

func numbers[T any](name, doc string, get func(*T) []int) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: NumbersField, Doc: doc, Shown: true, numbers: get}
}

func ids[T any](name, doc string, get func(*T) []uint64) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: IDsField, Doc: doc, Shown: true, ids: get}
}

func texts[T any](name, doc string, get func(*T) []string) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: TextsField, Doc: doc, Shown: true, texts: get}
}

func frames[T any](name, doc string, get func(*T) []capture.Ref) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: FramesField, Doc: doc, Shown: true, frames: get}
}

func objects[T any](name, doc string, count func(*T) int64) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: ObjectsField, Doc: doc, Shown: true, number: count}
}

func frame[T any](name, doc string, get func(*T) capture.Ref) FieldOf[T] {
	return FieldOf[T]{Name: name, Type: FrameField, Doc: doc, Shown: true, frame: get}
}

// object is a group of fields, which are only asked for where has is true.
func object[T any](name, doc string, has func(*T) bool, fields ...FieldOf[T]) FieldOf[T] {
	f := FieldOf[T]{Name: name, Type: ObjectField, Doc: doc, Shown: true, Has: has, Fields: fields}
	for i := range f.Fields {
		f.Fields[i] = f.Fields[i].inside(has)
	}
	return f
}

// inside has the field, and all in it, without a value where has is false.
func (f FieldOf[T]) inside(has func(*T) bool) FieldOf[T] {
	if own := f.Has; own != nil {
		f.Has = func(t *T) bool { return has(t) && own(t) }
	} else {
		f.Has = has
	}
	f.text, f.number, f.texts = onlyIf(has, f.text), onlyIf(has, f.number), onlyIf(has, f.texts)
	f.ids, f.frame = onlyIf(has, f.ids), onlyIf(has, f.frame)
	for i := range f.Fields {
		f.Fields[i] = f.Fields[i].inside(has)
	}
	return f
}

// onlyIf is get where has is true, and nothing elsewhere.
func onlyIf[T, V any](has func(*T) bool, get func(*T) V) func(*T) V {
	if get == nil {
		return nil
	}
	return func(t *T) (v V) {
		if has(t) {
			v = get(t)
		}
		return v
	}
}

// where leaves the field without a value where has is false.
func (f FieldOf[T]) where(has func(*T) bool) FieldOf[T] {
	if f.Has = has; has != nil {
		f.text = onlyIf(has, f.text)
	}
	return f
}

// nonZero leaves a number without a value where it is 0.
func (f FieldOf[T]) nonZero() FieldOf[T] {
	get := f.number
	return f.where(func(t *T) bool { return get(t) != 0 })
}

// oneOf lists all that the value can be.
func (f FieldOf[T]) oneOf(values func() []string) FieldOf[T] {
	f.Values = values
	return f
}

// always has the field in JSON even where there is no value.
func (f FieldOf[T]) always() FieldOf[T] {
	f.inJSON = func(*T) bool { return true }
	return f
}

// inJSONIf has the field in JSON where written is true.
func (f FieldOf[T]) inJSONIf(written func(*T) bool) FieldOf[T] {
	f.inJSON = written
	return f
}

// ifSet leaves an empty text out of JSON.
func (f FieldOf[T]) ifSet() FieldOf[T] { return f.inJSONIf(func(t *T) bool { return f.text(t) != "" }) }

// ifTrue leaves what is not so out of JSON.
func (f FieldOf[T]) ifTrue() FieldOf[T] {
	return f.inJSONIf(func(t *T) bool { return f.number(t) != 0 })
}

// derived makes the field one for filters only.
func (f FieldOf[T]) derived() FieldOf[T] {
	f.Shown = false
	return f
}

func (f FieldOf[T]) rules() FieldOf[T] {
	f.OfRules = true
	return f
}

func (f FieldOf[T]) inBytes() FieldOf[T] {
	f.Unit = "bytes"
	return f
}

// as names the field in JSON.
func (f FieldOf[T]) as(key string) FieldOf[T] {
	f.JSON = key
	return f
}

// ofBodies marks what people wrote.
func (f FieldOf[T]) ofBodies() FieldOf[T] {
	f.Bodies = true
	return f
}

// without says what filters see where there is no value.
func (f FieldOf[T]) without(none int64) FieldOf[T] {
	f.none = none
	return f
}

func endpointText(e decode.Endpoint) string {
	if e.IsZero() {
		return ""
	}
	return e.String()
}
