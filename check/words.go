package check

import (
	"fmt"
	"time"
)

// plural writes "1 frame", "2 frames".
func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// has writes "1 MESSAGE has", "2 MESSAGEs have".
func has(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun + " has"
	}
	return plural(n, noun) + " have"
}

// ofTotal writes "3 of 12".
func ofTotal(n, total uint64) string { return fmt.Sprintf("%d of %d", n, total) }

// round writes a duration to the microsecond.
func round(d time.Duration) string { return formatDuration(d.Round(time.Microsecond)) }
