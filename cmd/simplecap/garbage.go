package main

import (
	"runtime/debug"
	runtimemetrics "runtime/metrics"
)

// Bounds of what garbage may lie about, in percent of what lives (GOGC):
// collecting seldom saves up to a tenth of the processor time.
const (
	leastGarbage = 100
	tightGarbage = 25 // where what lives on the heap alone is over memoryGoal: only hostile traffic gets there
	mostGarbage  = 300
)

// memoryGoal is what open transactions, which lie outside the heap, the heap and
// its garbage may take together, in bytes. With the program and its tables, which
// take 36 MB, the command stays below 128 MiB with 400,000 transactions open.
const memoryGoal = 80 << 20

// rootBytes are tables of libraries, which the collector looks through each time and
// counts as living.
const rootBytes = 1 << 20

// garbage returns a function that is told how many bytes open transactions take and
// sets the garbage collector accordingly.
func garbage() func(state int64) {
	heap := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	now := mostGarbage
	debug.SetGCPercent(now)
	return func(state int64) {
		runtimemetrics.Read(heap)
		percent := garbagePercent(state, int64(heap[0].Value.Uint64()))
		if percent*10 < now*9 || percent*10 > now*11 {
			now = percent
			debug.SetGCPercent(percent)
		}
	}
}

// garbagePercent is how much garbage there is room for.
func garbagePercent(state, live int64) int {
	if live > memoryGoal {
		return tightGarbage
	}
	room := memoryGoal - state - live
	return int(min(mostGarbage, max(leastGarbage, 100*room/(live+rootBytes))))
}
