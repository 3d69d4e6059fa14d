package main

import (
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"sync"

	"simplecap/analyze"
	"simplecap/decode"
	"simplecap/decode/sctp"
	"simplecap/decode/tls"
)

// Bounds of what garbage may lie about, in percent of what lives (GOGC):
// collecting seldom saves up to a tenth of the processor time.
const (
	leastGarbage = 75
	tightGarbage = 25 // where what lives on the heap alone is over memoryGoal: only hostile traffic gets there
	mostGarbage  = 300
)

// memoryGoal is what open transactions, which lie outside the heap, the heap and
// its garbage may take together, in bytes. With the program and its tables, which
// take 36 MB, the command takes about 100 MiB with 400,000 transactions open.
const memoryGoal = 58 << 20

// rootBytes are tables of libraries, which the collector looks through each time and
// counts as living.
const rootBytes = 1 << 20

// defaultMemory is what --limit-memory is unless given.
const defaultMemory = 256 << 20

// collectorMemory is what it is of a collector: legs of all hosts are open at once.
const collectorMemory = 1 << 30

// leastState is what open transactions take before it is asked what lives on the heap:
// to ask takes as long as a small capture.
const leastState = 1 << 20

// shares divides the memory of --limit-memory. What is left is for the program, its
// garbage and the report.
func shares(memory int64) (l analyze.Limits) {
	part := func(most int, share int64) int { return int(max(1<<20, min(int64(most), memory/share))) }
	d := &decode.DefaultLimits
	l.Memory = max(1<<20, memory/2)
	l.Decode.StreamBytes = part(d.StreamBytes, 4)
	l.Decode.DatagramBytes = part(d.DatagramBytes, 16)
	l.Decode.TLS.HeldBytes = part(tls.DefaultLimits.HeldBytes, 8)
	l.Decode.TLS.StateBytes = part(tls.DefaultLimits.StateBytes, 2)
	l.Decode.TLS.UnreadBytes = part(tls.DefaultLimits.UnreadBytes, 8)
	l.Decode.SCTP.HeldBytes = part(sctp.DefaultLimits.HeldBytes, 16)
	l.Decode.SCTP.Directions = part(sctp.DefaultLimits.Directions*directionBytes, 6) / directionBytes
	l.Decode.WebSocketWindows = part(d.WebSocketWindows*windowBytes, 8) / windowBytes
	if memory < defaultMemory {
		l.Decode.Flows = max(1024, int(int64(d.Flows)*(memory>>20)/(defaultMemory>>20)))
	}
	return l
}

// directionBytes is about what a direction of an SCTP association takes.
const directionBytes = 3 << 10

// windowBytes is what a direction of a compressed WebSocket remembers.
const windowBytes = 32 << 10

// heapLimit is what the collector keeps the heap and its garbage below, as far as what
// lives leaves room, where open transactions take state bytes outside of it. The rest
// of the program's memory is code, stacks and tables.
func heapLimit(memory, state int64) int64 {
	const program, least = 32 << 20, 32 << 20
	return max(least, memory-program-state)
}

// garbage returns a function that is told how many bytes open transactions take and
// sets the garbage collector accordingly, so that all takes no more than memory. After each
// collection it is set by what that has found alive, too: connections that wait for their
// keys live on the heap, where no transaction tells of them.
func garbage(memory int64) func(state int64) {
	c := &garbageSetting{memory: memory, now: mostGarbage, limit: heapLimit(memory, 0), live: []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}}
	debug.SetGCPercent(c.now)
	debug.SetMemoryLimit(c.limit)
	c.watch()
	return c.told
}

// garbageSetting is how the garbage collector is set.
type garbageSetting struct {
	memory int64

	mu    sync.Mutex
	state int64 // told last
	now   int   // percent
	limit int64
	live  []runtimemetrics.Sample
}

// watch sets the percentage after each collection: the cleanup of what nothing refers to is
// called then.
func (c *garbageSetting) watch() {
	runtime.AddCleanup(new([32]byte), func(c *garbageSetting) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.set()
		c.watch()
	}, c)
}

// told takes what open transactions take.
func (c *garbageSetting) told(state int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = state
	if to := heapLimit(c.memory, state); to*50 < c.limit*49 || to*10 > c.limit*11 {
		c.limit = to
		debug.SetMemoryLimit(to)
	}
	if state >= leastState {
		c.set()
	}
}

// set sets the percentage where it has changed much.
func (c *garbageSetting) set() {
	runtimemetrics.Read(c.live)
	percent := garbagePercent(c.state, int64(c.live[0].Value.Uint64()))
	if percent*10 < c.now*9 || percent*10 > c.now*11 {
		c.now = percent
		debug.SetGCPercent(percent)
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
