package main

import (
	"math"
	"runtime/debug"
)

// garbagePercents say how much garbage may lie about, in percent of what lives
// (GOGC), while open transactions hold up to so many bytes outside the heap:
// collecting seldom saves a tenth of the processor time, and costs memory that
// is there as long as few transactions are open. All in all the command stays
// below 128 MiB with 400,000 transactions open.
var garbagePercents = []struct {
	state   int64
	percent int
}{{20 << 20, 300}, {36 << 20, 180}, {48 << 20, 100}, {math.MaxInt64, 55}}

// garbage returns a function that is told how much memory open transactions
// take and sets the garbage collector accordingly.
func garbage() func(state int64) {
	now := 0
	return func(state int64) {
		step := 0
		for state > garbagePercents[step].state {
			step++
		}
		if percent := garbagePercents[step].percent; percent != now {
			now = percent
			debug.SetGCPercent(percent)
		}
	}
}
