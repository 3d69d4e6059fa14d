package analyze

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestTexts(t *testing.T) {
	const second = int64(1e9)
	begin := 1_800_000_000 * second
	sent := newTexts(64)
	if _, is := sent.repeats(1, begin, 10); is {
		t.Error("the first text repeats one")
	}
	for _, test := range []struct {
		name string
		key  uint64
		at   int64
		call uint64
		want bool
	}{
		{"same call", 1, begin + second, 10, false},
		{"another call", 1, begin + 2*second, 11, true},
		{"earlier, in a capture that is out of order", 1, begin + second, 12, true},
		{"another text", 2, begin + 3*second, 13, false},
		{"just within the time", 2, begin + 42*second, 14, true},
		{"too late", 2, begin + 83*second, 15, false},
	} {
		if _, got := sent.repeats(test.key, test.at, test.call); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestTextsKeepsTheLatest wants as many as half of the limit known whatever their hashes,
// which differ from run to run, and the same capture has to give the same findings.
func TestTextsKeepsTheLatest(t *testing.T) {
	const limit = 1 << 12
	for seed := range uint64(20) {
		hashes, sent := rand.New(rand.NewPCG(seed, 1)), newTexts(limit)
		defer sent.close()
		var keys []uint64
		for n := range 3 * limit {
			keys = append(keys, hashes.Uint64()|1)
			sent.repeats(keys[n], int64(1e9), 1)
			if i := max(0, n+1-limit/2); !sent.has(keys[i]) {
				t.Fatalf("seed %d: after %d texts number %d is forgotten", seed, n+1, i+1)
			}
			if n >= limit && sent.has(keys[n-limit]) {
				t.Fatalf("seed %d: after %d texts number %d is remembered", seed, n+1, n-limit+1)
			}
		}
	}
}

// TestLatest holds latest against two Go maps.
func TestLatest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := latest[int]{limit: rapid.IntRange(1, 40).Draw(t, "limit")}
		defer l.close()
		young, old := make(map[uint64]int), make(map[uint64]int)
		for step := range rapid.IntRange(1, 300).Draw(t, "steps") {
			k := rapid.Uint64Range(1, 60).Draw(t, "key") << rapid.SampledFrom([]int{0, 58}).Draw(t, "shift")
			want, known := young[k]
			if !known {
				want, known = old[k]
				if len(young) == max(1, l.limit/2) {
					young, old = make(map[uint64]int), young
				}
			}
			young[k] = step
			if got, ok := l.swap(k, step); got != want || ok != known {
				t.Fatalf("%d had %d, %v; want %d, %v", k, got, ok, want, known)
			}
			if !l.has(k) {
				t.Fatalf("%d is forgotten", k)
			}
		}
	})
}
