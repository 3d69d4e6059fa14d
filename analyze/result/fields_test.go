package result

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"simplecap/capture"
)

// wants are the Go types of what Get returns, by the type of the field.
var wants = map[FieldType]any{
	TextField: "", BytesField: "", EndpointField: "", NumberField: 0, ObjectsField: 0, MillisField: 0.0, DurationField: time.Duration(0),
	TimeField: time.Time{}, BoolField: false, NumbersField: []int(nil), IDsField: []int(nil), TextsField: []string(nil), FramesField: []capture.Ref(nil),
	ObjectField: false, FrameField: capture.Ref(0),
}

// A field has a name of its own and one getter, and Get returns what its type says, of a
// value that holds nothing too.
func TestFields(t *testing.T) {
	hold(t, "transaction", Fields())
	hold(t, "delivery", DeliveryFields())
	hold(t, "hop", HopFields())
	hold(t, "finding", FindingFields())
	hold(t, "text", TextFields())
	hold(t, "receipt", ReceiptFields())
	hold(t, "notification", NotificationFields())
	hold(t, "session", SessionFields())
}

func hold[T any](t *testing.T, what string, fields []FieldOf[T]) {
	t.Helper()
	names := make(map[string]bool)
	for i := range fields {
		f := &fields[i]
		if names[f.Name] || f.Doc == "" {
			t.Errorf("%s %s stands twice, or says nothing", what, f.Name)
		}
		names[f.Name] = true
		if got, want := typeName(f.Get(new(T))), typeName(wants[f.Type]); got != want {
			t.Errorf("%s %s, %s: Get returns %s, want %s", what, f.Name, f.Type, got, want)
		}
		hold(t, what+" "+f.Name, f.Fields)
	}
}

func typeName(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case int:
		return "int"
	case float64:
		return "float64"
	case time.Duration:
		return "duration"
	case time.Time:
		return "time"
	case bool:
		return "bool"
	case []int:
		return "[]int"
	case []string:
		return "[]string"
	case []capture.Ref:
		return "[]Ref"
	case capture.Ref:
		return "Ref"
	}
	return "?"
}

// Names in filters are unique, and every field says what it holds; of a text that holds
// nothing no getter fails, and lists are empty.
func TestAskedOfTexts(t *testing.T) {
	names := make(map[string]bool)
	for _, f := range AskedOfTexts() {
		if names[f.Name] || f.Doc == "" || f.Type == "" {
			t.Errorf("%s stands twice, or says nothing", f.Name)
		}
		names[f.Name] = true
		if v := reflect.ValueOf(f.Get(&Text{})); v.Kind() == reflect.Slice && v.Len() > 0 {
			t.Errorf("%s of nothing is %v", f.Name, v)
		}
		if !slices.ContainsFunc(AskedPrefixes(), func(p string) bool { return strings.HasPrefix(f.Name, p) }) {
			t.Errorf("%s has no prefix of its own", f.Name)
		}
	}
}

// What a filter sees of a field without a value is what its Doc says.
func TestFieldsWithoutValue(t *testing.T) {
	silent := Transaction{BodyCut: true, BodyBytes: 5, CSeq: 7}
	for name, want := range map[string]any{"status": 0, "rtt_ms": -1.0, "rtt": time.Duration(-1), "body_bytes": -1, "cseq": 0, "final": time.Time{}, "src": "", "body": ""} {
		for _, f := range Fields() {
			if f.Name == name && f.Get(&silent) != want {
				t.Errorf("%s is %v, want %v", name, f.Get(&silent), want)
			}
		}
	}
	for _, f := range TextFields() {
		if f.Name == "characters" && f.Get(&Text{}) != -1 {
			t.Errorf("characters of nothing are %v", f.Get(&Text{}))
		}
	}
}
