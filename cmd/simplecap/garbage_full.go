//go:build full

package main

import (
	"math"
	"runtime/debug"
)

// garbageOfLegs sets the garbage collector where legs are joined. They lie on the heap, in
// no more than half of --limit-memory, and the other half is for garbage: looked through as
// often as what garbage sets for a capture, they took half of the processor time.
func garbageOfLegs() {
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(math.MaxInt64)
}
