package main

import "testing"

func TestGarbagePercent(t *testing.T) {
	for _, test := range []struct {
		state, live int64 // MiB
		want        int
	}{
		{0, 0, mostGarbage},    // the beginning
		{10, 5, mostGarbage},   // few open transactions: more than there can be use for
		{40, 15, 156},          // 25 MiB of room for 16 that live
		{70, 8, leastGarbage},  // 400,000 open transactions
		{300, 8, leastGarbage}, // what --limit-memory allows beyond
		{10, 200, tightGarbage},
	} {
		if got := garbagePercent(test.state<<20, test.live<<20); got != test.want {
			t.Errorf("%d MiB of state, %d MiB of heap: %d%%, want %d%%", test.state, test.live, got, test.want)
		}
	}
}
