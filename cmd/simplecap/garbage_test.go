package main

import (
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"testing"
	"time"
)

func TestGarbagePercent(t *testing.T) {
	for _, test := range []struct {
		state, live int64 // MiB
		want        int
	}{
		{0, 0, mostGarbage},    // the beginning
		{10, 5, mostGarbage},   // few open transactions: more than there can be use for
		{25, 15, 112},          // 18 MiB of room for 16 that live
		{50, 8, leastGarbage},  // 400,000 open transactions
		{300, 8, leastGarbage}, // what --limit-memory allows beyond
		{10, 200, tightGarbage},
	} {
		if got := garbagePercent(test.state<<20, test.live<<20); got != test.want {
			t.Errorf("%d MiB of state, %d MiB of heap: %d%%, want %d%%", test.state, test.live, got, test.want)
		}
	}
}

// The parts of --limit-memory, and what the heap may take beside state, come to less
// than all of it.
func TestShares(t *testing.T) {
	for _, memory := range []int64{64 << 20, 128 << 20, defaultMemory, 1 << 30} {
		l := shares(memory)
		held := l.Memory + int64(l.Decode.StreamBytes+l.Decode.DatagramBytes+l.Decode.TLS.HeldBytes+l.Decode.SCTP.HeldBytes+l.Decode.WebSocketWindows*windowBytes)
		if l.Memory < memory/4 || held > memory*9/8 {
			t.Errorf("%d MiB: %d MiB of state, %d MiB in all", memory>>20, l.Memory>>20, held>>20)
		}
		if directions := int64(l.Decode.SCTP.Directions) * directionBytes; directions > memory/5 {
			t.Errorf("%d MiB: %d MiB of SCTP", memory>>20, directions>>20)
		}
		for state := int64(0); state <= l.Memory; state += 16 << 20 {
			if heap := heapLimit(memory, state); heap+state > memory {
				t.Errorf("%d MiB: %d MiB of heap beside %d MiB of state", memory>>20, heap>>20, state>>20)
			}
		}
	}
}

// What lives on the heap and is no transaction is known after a collection: connections of
// TLS that wait for keys were let lie three times as much garbage about.
func TestGarbageAfterCollection(t *testing.T) {
	percent := []runtimemetrics.Sample{{Name: "/gc/gogc:percent"}}
	runtimemetrics.Read(percent)
	defer debug.SetGCPercent(int(percent[0].Value.Uint64()))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	garbage(defaultMemory)
	live := make([]byte, memoryGoal+1)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		runtime.GC()
		if runtimemetrics.Read(percent); percent[0].Value.Uint64() == tightGarbage {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d%% of garbage beside %d MiB, want %d%%", percent[0].Value.Uint64(), len(live)>>20, tightGarbage)
		}
	}
	runtime.KeepAlive(live)
}
