package sink

import (
	"time"

	"simplecap/internal/preset"
)

// Limits are the bounds of a Sink. A zero field means the default. What is given up
// because of one is counted in Counts.
type Limits struct {
	QueueBytes int           // of rows that wait for one store (default 16 MiB)
	BatchRows  int           // rows that a store is given at once (default 10,000)
	Waiting    int           // transactions whose delivery has not closed (default 65,536); of the oldest delivery beyond, rows are made of what is there
	Known      int           // deliveries, and texts, that later rows may name (default 65,536)
	Series     int           // rows of minutes that are summed up at a time (default 20,000)
	ValueBytes int           // of one text in a row, but for what people wrote (default 1024); a longer one is cut and ends in "…"
	BodyBytes  int           // of what people wrote (default 65,536)
	ListLength int           // values of one list (default 100)
	Patience   time.Duration // how long a store is tried that is away, where a file is read (default 30 s)
	Closing    time.Duration // the same at the end of a live capture (default 10 s)
	FirstPause time.Duration // before the first try again (default 1 s); it doubles
	LastPause  time.Duration // up to this (default 1 min)
}

// DefaultLimits are the bounds used where Options leaves them zero.
var DefaultLimits = Limits{
	QueueBytes: 16 << 20, BatchRows: 10000, Waiting: 65536, Known: 65536, Series: 20000, ValueBytes: 1024, BodyBytes: 65536, ListLength: 100,
	Patience: 30 * time.Second, Closing: 10 * time.Second, FirstPause: time.Second, LastPause: time.Minute,
}

func (l Limits) withDefaults() Limits {
	preset.Numbers(&l, DefaultLimits)
	return l
}
