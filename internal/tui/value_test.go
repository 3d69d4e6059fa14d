package tui

import (
	"reflect"
	"testing"

	"simplecap/analyze/result"
)

// fill gives every exported field below v a value of its own, and follows so many pointers
// in each other.
func fill(v reflect.Value, n *int, pointers int) {
	*n++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("\xff" + string(rune('a'+*n)))
	case reflect.Pointer:
		if pointers > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), n, pointers-1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n, pointers)
		}
	case reflect.Struct:
		for f, field := range v.Fields() {
			if f.IsExported() {
				fill(field, n, pointers)
			}
		}
	case reflect.Int8, reflect.Int32, reflect.Int, reflect.Int64:
		v.SetInt(-int64(*n) % 120)
	default:
		v.SetUint(uint64(*n)%255 + 1) // panics for what pen.value cannot write
	}
}

// again fills a value, and holds what comes out of its bytes against it.
func again[T any](t *testing.T) {
	var want, got, none T
	n := 0
	fill(reflect.ValueOf(&want).Elem(), &n, 4)
	if n < 40 {
		t.Errorf("%T has %d values", want, n)
	}
	for _, v := range []*T{&want, &none} {
		var p pen
		p.value(reflect.ValueOf(v).Elem())
		got = none
		if err := readValue(p.b, &got); err != nil || !reflect.DeepEqual(got, *v) {
			t.Errorf("%v: %+v\ninstead of\n%+v", err, got, *v)
		}
		for cut := range p.b {
			if cut > 300 {
				break
			}
			if readValue(p.b[:cut], new(T)) == nil {
				t.Errorf("%T: %d bytes of %d were taken for all", want, cut, len(p.b))
			}
		}
	}
}

// What is read of a text or a message of MSRP is what was written, every field of it.
func TestValues(t *testing.T) {
	again[result.Text](t)
	again[sessionMessage](t)
}
