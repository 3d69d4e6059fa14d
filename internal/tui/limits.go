package tui

import (
	"time"

	"simplecap/internal/preset"
)

// Limits bound what a Store and a Model hold. A zero field means the default.
type Limits struct {
	SpoolBytes int64         // temporary file with rows and messages (default 8 GiB); when it is full the lists begin anew
	Rows       int           // deliveries in the list (default 4,000,000); of more likewise
	Messages   int           // of one delivery (default 1000)
	Notes      int           // lines that would have gone to standard error (default 100)
	Repaint    time.Duration // between two frames (default 100 ms)
	Slice      time.Duration // of filtering at a time (default 40 ms)
	Saved      int           // deliveries in one file (default 100,000)
	Changed    int           // rows that have changed since the list looked (default 100,000); of more, it reads all again
	Sorted     int           // rows sorted by what has to be read of each (default 200,000); of more, the latest
}

// DefaultLimits are the bounds used where they are left zero.
var DefaultLimits = Limits{
	SpoolBytes: 8 << 30, Rows: 4_000_000, Messages: 1000, Notes: 100, Repaint: 100 * time.Millisecond, Slice: 40 * time.Millisecond, Saved: 100_000, Changed: 100_000, Sorted: 200_000,
}

func (l Limits) withDefaults() Limits {
	preset.Numbers(&l, DefaultLimits)
	return l
}
