package words

import (
	"strings"
	"testing"
)

func TestDistance(t *testing.T) {
	long := strings.Repeat("x", maxWord)
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"MESSAGE", "MESSAGE", 0},
		{"MESAGE", "MESSAGE", 1},
		{"MESASGE", "MESSAGE", 2},
		{"message", "MESSAGE", 7},
		{"kitten", "sitting", 3},
		{long + "cut", long + "off", 0},
		{"", long + "off", maxWord},
	} {
		if a, b := Distance(test.a, test.b), Distance([]byte(test.b), test.a); a != test.want || b != test.want {
			t.Errorf("%q and %q: %d and %d, want %d", test.a, test.b, a, b, test.want)
		}
	}
	word := []byte("MESAGE")
	if n := testing.AllocsPerRun(100, func() { Distance(word, "MESSAGE") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
