package analyze

import (
	"reflect"
	"testing"
)

// TestPartsUseThoseAbove holds the order of the analyzer's parts: each owns its state,
// and points to parts before it alone.
func TestPartsUseThoseAbove(t *testing.T) {
	place := make(map[reflect.Type]int)
	all := reflect.TypeFor[analyzer]()
	for i := range all.NumField() {
		place[all.Field(i).Type] = i
	}
	uses := 0
	for i := range all.NumField() {
		part := all.Field(i)
		if part.Type.Kind() != reflect.Struct {
			continue
		}
		for j := range part.Type.NumField() {
			field := part.Type.Field(j)
			if field.Type.Kind() != reflect.Pointer {
				continue
			}
			if field.Type.Elem() == all {
				t.Errorf("%s points back to the analyzer", part.Name)
			}
			at, isPart := place[field.Type.Elem()]
			if isPart && at >= i {
				t.Errorf("%s uses %s, which stands below it", part.Name, field.Name)
			}
			if isPart {
				uses++
			}
		}
	}
	if uses < 40 {
		t.Errorf("%d uses of parts found: is this still their shape?", uses)
	}
}
