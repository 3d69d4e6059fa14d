package report

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, test := range []struct {
		in, want string
		max      int
	}{
		{"sip:alice@example.com", "sip:alice@example.com", 0},
		{"sip:alice@example.com", "sip:alice…", 10},
		{"\x1b]0;title\x07", `\x1b]0;title\x07`, 0},
		{"a\r\nb\tc\x00", `a\x0d\x0ab\x09c\x00`, 0},
		{"\x7f", `\x7f`, 0},
		{"a\u202eb\u2066c", `a\u202eb\u2066c`, 0},
		{"\u009b31m", `\u009b31m`, 0},
		{"\xff\xfe", `\xff\xfe`, 0},
		{"zero\u200bwidth\ufeff", `zero\u200bwidth\ufeff`, 0},
		{"tag\U000e0001", `tag\U000e0001`, 0},
		{"a\u00a0b", `a\u00a0b`, 0},
		{"filler\u3164", `filler\u3164`, 0},
		{"Grüße 日本", "Grüße 日本", 0},
		{"日本日本", "日…", 4},
		{"e\u0301", "e\u0301", 0},
		{"\u0301e", `\u0301e`, 0},
		{"e\u0301\u0301\u0301\u0301\u0301", "e\u0301\u0301\u0301\u0301" + `\u0301`, 0},
		{"", "", 5},
	} {
		if got := Clean(test.in, test.max); got != test.want {
			t.Errorf("Clean(%q, %d) = %q, want %q", test.in, test.max, got, test.want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		in, want string
		max      int
	}{
		{"alice@example.com", "alice@example.com", 17},
		{"alice@example.com", "alice@ex…ple.com", 16},
		{"alice@example.com", "alice…e.com", 11},
		{"alice@example.com", "…", 1},
		{"日本日本日本", "日本…本", 8},
		{"alice", "alice", 0},
	} {
		if got := shorten(test.in, test.max); got != test.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", test.in, test.max, got, test.want)
		}
	}
}

func TestFitFrames(t *testing.T) {
	for width, want := range map[int]string{11: "12 20 → 31", 10: "12 20 → 31", 8: "12 20 …", 6: "12 …", 3: "…"} {
		if got := fitFrames("12 20 → 31", width); got != want {
			t.Errorf("width %d: %q, want %q", width, got, want)
		}
	}
}

// Whatever is on the wire, what is printed cannot move the cursor, reorder text
// or hide, and stays within its columns.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"sip:alice@example.com", "\x1b[2J", "\u202e\u0301", "\xff\x00", "👩‍👩‍👧", "🇩🇪🇩", "日本\u0e33", "\u1100\u1161\u11a8"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, max int) {
		max = max%300 + 1
		if max < 1 {
			max = 1
		}
		for _, got := range []string{Clean(s, max), shorten(Clean(s, 0), max)} {
			if displayWidth(got) > max {
				t.Errorf("%q is wider than %d: %q", s, max, got)
			}
			checkVisible(t, s, got)
		}
	})
}

func checkVisible(t *testing.T, s, got string) {
	t.Helper()
	if !utf8.ValidString(got) {
		t.Errorf("%q became %q, which is not UTF-8", s, got)
	}
	for _, r := range got {
		if r < 0x20 || r >= 0x7f && r <= 0x9f || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			t.Errorf("%q became %q, which holds %U", s, got, r)
		}
	}
}
