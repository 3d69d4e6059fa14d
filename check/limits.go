package check

import "simplecap/internal/preset"

// Limits are the bounds of a Judge and of what it reads. A zero field means the
// default. What is beyond them is counted and not listed.
type Limits struct {
	Transactions int // transactions kept of each check, to name them (default 100)
	Frames       int // frames kept of each of them (default 100)
	Ignored      int // transactions remembered for each ignore with a filter (default 1,000,000)
	Failures     int // deliveries and texts that failed and are remembered, in case a receipt or another attempt makes them good (default 65,536)
	PolicyBytes  int // size of a policy file (default 1 MiB)
	ReportBytes  int // size of an earlier report (default 256 MiB)
}

// DefaultLimits are the bounds used where Limits leave them zero.
var DefaultLimits = Limits{
	Transactions: 100, Frames: 100, Ignored: 1_000_000, Failures: 1 << 16, PolicyBytes: 1 << 20, ReportBytes: 256 << 20,
}

// withDefaults replaces zero fields.
func (l Limits) withDefaults() Limits {
	preset.Numbers(&l, DefaultLimits)
	return l
}
