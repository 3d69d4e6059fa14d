package report

import (
	"strconv"
	"strings"
	"time"
)

// number writes n with thousands separators: 12,345.
func number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes "1 packet", "2 packets". noun is singular; its plural adds an s
// unless given.
func count(n uint64, noun string, plural ...string) string {
	switch {
	case n == 1:
	case len(plural) > 0:
		noun = plural[0]
	default:
		noun += "s"
	}
	return number(n) + " " + noun
}

// plural chooses a word by number.
func plural(n uint64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// list joins "a", "b and c", "a, b and c".
func list(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

// human writes a duration with three digits or so: 0.357 ms, 20.1 ms, 1.204 s.
func human(d time.Duration) string {
	ms := float64(d) / 1e6
	switch a := max(ms, -ms); {
	case a < 10:
		return strconv.FormatFloat(ms, 'f', 3, 64) + " ms"
	case a < 100:
		return strconv.FormatFloat(ms, 'f', 2, 64) + " ms"
	case a < 1000:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(ms/1000, 'f', 3, 64) + " s"
}
