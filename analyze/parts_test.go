package analyze

import (
	"reflect"
	"testing"
)

// TestPartsUseThoseAbove holds the order of the analyzer's parts, and of those of its
// ledger: each owns its state, and points to parts before it alone.
func TestPartsUseThoseAbove(t *testing.T) {
	all := reflect.TypeFor[analyzer]()
	if uses := partsOf(t, all, make(map[reflect.Type]int)); uses < 40 {
		t.Errorf("%d uses of parts found: is this still their shape?", uses)
	}
	above := make(map[reflect.Type]int)
	ledger, _ := all.FieldByName("ledger")
	for i := range all.NumField() {
		if above[all.Field(i).Type] = -1; i >= ledger.Index[0] {
			above[all.Field(i).Type] = ledger.Type.NumField() // below all of its parts
		}
	}
	if uses := partsOf(t, ledger.Type, above); uses < 20 {
		t.Errorf("%d uses of parts of the ledger found: is this still their shape?", uses)
	}
}

// partsOf counts where a part of a type uses another one, or one of the places that are
// given, and says which stand at or below its own.
func partsOf(t *testing.T, all reflect.Type, place map[reflect.Type]int) (uses int) {
	for i := range all.NumField() {
		place[all.Field(i).Type] = i
	}
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
				t.Errorf("%s points back to the %s", part.Name, all.Name())
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
	return uses
}
