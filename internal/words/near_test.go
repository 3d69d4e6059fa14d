package words

import "testing"

func TestNear(t *testing.T) {
	known := []string{"status", "port", "utc", "show", "read"}
	for misspelt, want := range map[string]string{
		"stauts": "status", "STATUS": "status", "shw": "show", "raed": "read", "prt": "port",
		"format": "", "out": "", "": "", "x": "",
	} {
		if near := Near(misspelt, known); near != want {
			t.Errorf("%q is near %q, want %q", misspelt, near, want)
		}
	}
}
