package capture

import "testing"

func TestRef(t *testing.T) {
	r := MakeRef(2, 1<<40+3)
	if r.File() != 2 || r.Number() != 1<<40+3 || r.String() != "2#1099511627779" {
		t.Errorf("file %d, number %d, %s", r.File(), r.Number(), r)
	}
}
