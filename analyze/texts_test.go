package analyze

import "testing"

func TestTexts(t *testing.T) {
	const second = int64(1e9)
	begin := 1_800_000_000 * second
	sent := newTexts(64)
	if _, is := sent.repeats(1, begin, 10); is {
		t.Error("the first text repeats one")
	}
	for _, test := range []struct {
		name string
		key  uint64
		at   int64
		call uint32
		want bool
	}{
		{"same call", 1, begin + second, 10, false},
		{"another call", 1, begin + 2*second, 11, true},
		{"earlier, in a capture that is out of order", 1, begin + second, 12, true},
		{"another text", 2, begin + 3*second, 13, false},
		{"just within the time", 2, begin + 42*second, 14, true},
		{"too late", 2, begin + 83*second, 15, false},
	} {
		if _, got := sent.repeats(test.key, test.at, test.call); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestTextsKeepsTheLatest fills one set: the oldest of five is forgotten.
func TestTextsKeepsTheLatest(t *testing.T) {
	sent := newTexts(64)
	const sets = 64 / 4
	for i := range uint64(5) {
		sent.repeats(3+i*sets, int64(i)*1e9, 1)
	}
	for i := uint64(4); i > 0; i-- {
		if _, is := sent.repeats(3+i*sets, 5e9, 2); !is {
			t.Errorf("text %d is forgotten", i)
		}
	}
	if _, is := sent.repeats(3, 5e9, 2); is {
		t.Error("text 0 is remembered")
	}
}
