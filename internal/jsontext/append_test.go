package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"simplecap/internal/words"
)

// Every string comes back from encoding/json, apart from what is not UTF-8.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "Hello \"world\"\\", "\x00\x1f\x7f\u0080", "</script>", "\xff\xed\xa0\x80", "\u2028\U000e0001😀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := AppendString(nil, s)
		var got string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q became %s: %v", s, b, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); utf8.ValidString(s) && got != want {
			t.Errorf("%q became %s, which is %q", s, b, got)
		}
		for _, r := range string(b) {
			if words.Invisible(r) || r == '<' {
				t.Errorf("%q became %s, which holds %U", s, b, r)
			}
		}
	})
}

func TestAppendMillis(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0", 1: "0.000001", 357 * time.Microsecond: "0.357", 20 * time.Millisecond: "20.0",
		-1500 * time.Microsecond: "-1.5", 1<<63 - 1: "9223372036854.775807", -1 << 63: "-9223372036854.775808",
	} {
		if got := string(AppendMillis(nil, d)); got != want {
			t.Errorf("%d ns: %s, want %s", int64(d), got, want)
		}
	}
}
