package tui

import "reflect"

// A text and a message of MSRP are trees of structs with dozens of fields, most of them
// empty: they are written field by field as their types say. encoding/gob does that too,
// but what it makes for itself is made at the start of every command.

// value writes v: numbers, bools and strings, what they stand in, and what that points to.
// It keeps fields that are exported, and not whether a slice without elements was nil.
func (p *pen) value(v reflect.Value) {
	switch {
	case v.Kind() == reflect.Bool:
		p.bool(v.Bool())
	case v.CanInt():
		p.int(v.Int())
	case v.CanUint():
		p.uint(v.Uint())
	case v.Kind() == reflect.String:
		p.text(v.String())
	case v.Kind() == reflect.Pointer:
		if p.bool(!v.IsNil()); !v.IsNil() {
			p.value(v.Elem())
		}
	case isBytes(v):
		p.bytes(v.Bytes())
	case v.Kind() == reflect.Slice:
		p.uint(uint64(v.Len()))
		for i := range v.Len() {
			p.value(v.Index(i))
		}
	default:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanInterface() { // it is exported
				p.value(field)
			}
		}
	}
}

// value reads into v, which is zero. Bytes are shared with the blob.
func (e *eye) value(v reflect.Value) {
	switch {
	case e.bad:
	case v.Kind() == reflect.Bool:
		v.SetBool(e.bool())
	case v.CanInt():
		v.SetInt(e.int())
	case v.CanUint():
		v.SetUint(e.uint())
	case v.Kind() == reflect.String:
		v.SetString(e.text())
	case v.Kind() == reflect.Pointer:
		if e.bool() {
			v.Set(reflect.New(v.Type().Elem()))
			e.value(v.Elem())
		}
	case isBytes(v):
		e.bytesOf(v)
	case v.Kind() == reflect.Slice:
		for n := e.uint(); n > 0 && !e.bad; n-- {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
			e.value(v.Index(v.Len() - 1))
		}
	default:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanInterface() { // it is exported
				e.value(field)
			}
		}
	}
}

// isBytes reports whether v is a slice or an array of bytes.
func isBytes(v reflect.Value) bool {
	return (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && v.Type().Elem().Kind() == reflect.Uint8
}

// bytesOf reads a slice or an array of bytes.
func (e *eye) bytesOf(v reflect.Value) {
	switch b := e.bytes(); {
	case v.Kind() == reflect.Array:
		reflect.Copy(v, reflect.ValueOf(b))
	case len(b) > 0:
		v.SetBytes(b)
	}
}

// readValue reads what pen.value has written.
func readValue[T any](b []byte, v *T) error {
	e := eye{b: b}
	e.value(reflect.ValueOf(v).Elem())
	return e.err()
}
