package result

import (
	"simplecap/capture"
	"simplecap/decode/content"
)

// Asked is a field that a filter over texts may name: of a text, of an object in it, or of
// its receipts and notifications, of which there may be several.
type Asked struct {
	Name   string             // in filters: text_end, sms_udh_part, receipt_cause
	Path   string             // in JSON: end, sms.udh.part, receipts[].cause; "" where it is not there
	Type   string             // of its value, for documents
	JSON   string             // of what JSON has
	Doc    string             // what it holds
	Values func() []string    // all that it can be; nil where that is open
	Rules  bool               // its values are ids of rules (analyze.RuleIDs)
	Bodies bool               // it holds what people wrote
	Has    func(t *Text) bool // nil: always; where it is false, there is no value
	Get    func(t *Text) any
}

// AskedOfTexts lists them, in the order of the report. A field of an object has the name
// of that before its own, one of the text itself TextFieldPrefix. Get returns what
// FieldOf.Get does; of receipts and notifications a list of that, one value for each.
func AskedOfTexts() []Asked {
	var list []Asked
	for i := range textFields() {
		if f := &textFields()[i]; f.Type == ObjectsField {
			list = append(list, askedOfEach(f.Name+"_", f.Key(), receiptFields(), func(t *Text) []Receipt { return t.Receipts })...)
		} else {
			list = append(list, askedOfOne(TextFieldPrefix, "", f)...)
		}
	}
	return list
}

// AskedPrefixes lists what the names of fields of texts begin with.
func AskedPrefixes() []string {
	prefixes := []string{TextFieldPrefix}
	for i := range textFields() {
		if f := &textFields()[i]; f.Type == ObjectField || f.Type == ObjectsField {
			prefixes = append(prefixes, f.Name+"_")
		}
	}
	return prefixes
}

// askedOfOne lists a field, and those in it.
func askedOfOne(prefix, path string, f *FieldOf[Text]) []Asked {
	one := Asked{Name: prefix + f.Name, Path: path + f.Key(), Type: f.Type.String(), JSON: f.Type.String(), Doc: f.Doc, Values: f.Values, Rules: f.OfRules, Bodies: f.Bodies, Has: f.Has, Get: f.Get}
	if !f.Shown {
		one.Path = ""
	}
	switch f.Type {
	case FrameField:
		one.Type, one.Get = "number", func(t *Text) any { return int(f.Frame(t).Number()) }
	case ObjectField:
		one.Type = "boolean"
	}
	list := []Asked{one}
	if prefix == TextFieldPrefix {
		prefix = ""
	}
	for i := range f.Fields {
		inner := &f.Fields[i]
		if inner.Type == ObjectsField {
			list = append(list, askedOfEach(prefix+f.Name+"_"+inner.Name+"_", path+f.Key()+"."+inner.Key(), notificationFields(), notifications)...)
		} else {
			list = append(list, askedOfOne(prefix+f.Name+"_", path+f.Key()+".", inner)...)
		}
	}
	return list
}

// askedOfEach lists the fields of several values.
func askedOfEach[T any](prefix, path string, fields []FieldOf[T], all func(*Text) []T) (list []Asked) {
	for i := range fields {
		f := &fields[i]
		one := Asked{Name: prefix + f.Name, Path: path + "[]." + f.Key(), Type: listNames[f.Type], JSON: f.Type.String(), Doc: f.Doc, Values: f.Values}
		one.Get = func(t *Text) any { return listOf(f, all(t)) }
		list = append(list, one)
	}
	return list
}

// listNames are the types of lists of values.
var listNames = map[FieldType]string{TextField: "list of strings", NumberField: "list of numbers", MillisField: "list of milliseconds", BoolField: "list of booleans", FrameField: "list of numbers"}

// listOf lists the values of a field, for those types that the fields of receipts and of
// notifications have; of frames the numbers.
func listOf[T any](f *FieldOf[T], all []T) any {
	switch f.Type {
	case NumberField, FrameField:
		return listed[int](f, all)
	case MillisField:
		return listed[float64](f, all)
	case BoolField:
		return listed[bool](f, all)
	}
	return listed[string](f, all)
}

func listed[V, T any](f *FieldOf[T], all []T) []V {
	list := make([]V, 0, min(len(all), maxListed))
	for i := range all[:cap(list)] {
		value := f.Get(&all[i])
		if at, ok := value.(capture.Ref); ok {
			value = int(at.Number())
		}
		v, _ := value.(V)
		list = append(list, v)
	}
	return list
}

func notifications(t *Text) []content.Notification {
	if t.Content == nil {
		return nil
	}
	return t.Content.IMDNs
}
