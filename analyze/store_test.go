package analyze

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// spread makes hashes of numbers that differ in their upper halves alone, too.
func spread(n uint32) uint64 { return uint64(n>>1)<<32 | uint64(n&(1<<26)) }

// TestStore holds the store and its indexes against a map: whatever is added
// and removed, each hash finds exactly its open records, the latest first, and
// the oldest open record is the one created first.
func TestStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s store
		s.init(DefaultLimits.Unpacked, nil)
		s.byBranch.hash = func(tx txn) uint64 { return spread(tx.cseq) }
		s.byCall.hash = func(tx txn) uint64 { return spread(tx.cseq / 2) }
		type entry struct {
			h    handle
			hash uint32
		}
		var open []entry
		for range rapid.IntRange(1, 3000).Draw(t, "steps") {
			if len(open) == 0 || rapid.IntRange(0, 2).Draw(t, "what") > 0 {
				h, tx := s.add()
				hash := uint32(rapid.IntRange(0, 40).Draw(t, "hash")) << 26 // few homes: long probes
				tx.cseq = hash
				s.byBranch.link(&s, h, spread(hash))
				s.byCall.link(&s, h, spread(hash/2))
				open = append(open, entry{h, hash})
				continue
			}
			i := rapid.IntRange(0, len(open)-1).Draw(t, "victim")
			s.remove(open[i].h)
			open = append(open[:i], open[i+1:]...)
		}
		var oldest handle
		if len(open) > 0 {
			oldest = open[0].h
		}
		if got := s.oldest(); got != oldest || s.open != len(open) {
			t.Fatalf("oldest %d of %d, want %d of %d", got, s.open, oldest, len(open))
		}
		for home := range uint32(41) {
			h := s.byBranch.find(spread(home << 26))
			for i := len(open) - 1; i >= 0; i-- {
				if open[i].hash != home<<26 {
					continue
				}
				if h != open[i].h {
					t.Fatalf("hash %d: got %d, want %d", home, h, open[i].h)
				}
				r := s.at(h).record
				h = r.branchLinks.next
			}
			if h != 0 {
				t.Fatalf("hash %d: %d is one too many", home, h)
			}
		}
	})
}

func TestChunkText(t *testing.T) {
	var s store
	s.init(DefaultLimits.Unpacked, nil)
	c := s.grow()
	defer s.close()
	long := bytes.Repeat([]byte("x"), 2*maxText)
	for _, b := range [][]byte{nil, []byte("a"), []byte("sip:bob@example.com"), long} {
		first, again, own := c.intern(b), c.intern(b), c.put(b)
		if first != again {
			t.Errorf("%.10q is interned twice", b)
		}
		if !bytes.Equal(c.get(first), cut(b)) || !bytes.Equal(c.get(own), cut(b)) {
			t.Errorf("%.10q comes back as %.10q", b, c.get(first))
		}
	}
}

// TestStoreEmptiesFullChunk closes all that is open where a chunk is full and the next one
// has not begun.
func TestStoreEmptiesFullChunk(t *testing.T) {
	var s store
	s.init(DefaultLimits.Unpacked, nil)
	defer s.close()
	for round := range 4 {
		var open []handle
		for range chunkRecords + round%2 {
			h, _ := s.add()
			open = append(open, h)
		}
		for _, h := range open {
			if got := s.oldest(); got != h {
				t.Fatalf("round %d: oldest %d, want %d", round, got, h)
			}
			s.remove(h)
		}
		if got, chunks := s.oldest(), len(s.list()); got != 0 || chunks > 1 {
			t.Fatalf("round %d: oldest %d, %d chunks", round, got, chunks)
		}
	}
}

// TestStoreGivesMemoryBack adds and removes many times what is open at once.
func TestStoreGivesMemoryBack(t *testing.T) {
	var s store
	s.init(DefaultLimits.Unpacked, nil)
	var open []handle
	most := int64(0)
	for n := range 200 * chunkRecords {
		h, tx := s.add()
		tx.callID = tx.put([]byte("a call id that takes some room"))
		s.account(tx.chunk)
		open = append(open, h)
		if len(open) > 2*chunkRecords {
			s.remove(open[0])
			open = open[1:]
		}
		if n > 10*chunkRecords {
			most = max(most, s.size)
		}
	}
	if limit := int64(5 * chunkRecords * (recordBytes + 100)); most > limit {
		t.Errorf("%d bytes for %d open records, want at most %d", most, len(open), limit)
	}
}

// TestStoreCloses runs many analyses and wants their memory back, which the
// garbage collector does not see.
func TestStoreCloses(t *testing.T) {
	resident := func() (pages int) {
		data, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			t.Skip("no /proc to read the size of the process from")
		}
		if _, err := fmt.Sscan(string(data), &pages); err != nil {
			t.Fatal(err)
		}
		return pages
	}
	before := resident()
	for range 200 {
		var s store
		s.init(DefaultLimits.Unpacked, nil)
		s.add()
		s.close()
		sent := newTexts(1 << 16)
		for key := range uint64(1 << 12) {
			sent.repeats(key+1, 0, 0)
		}
		if sent.close(); sent.size() != 0 || sent.has(1) {
			t.Fatal("texts are remembered that nobody has room for")
		}
	}
	if grown := (resident() - before) * os.Getpagesize(); grown > 100*textBytes {
		t.Errorf("%d bytes of address space are not given back", grown)
	}
}

// TestRecent holds recent against a Go map and a list of its keys.
func TestRecent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		r, want := newRecent[int, int](limit), make(map[int]int)
		var keys []int // oldest first
		for step := range rapid.IntRange(1, 300).Draw(t, "steps") {
			k := rapid.IntRange(0, 60).Draw(t, "key")
			before, known := want[k]
			if got, ok := r.swap(k, step); got != before || ok != known {
				t.Fatalf("%d had %d, %v; want %d, %v", k, got, ok, before, known)
			}
			if want[k] = step; known {
				continue
			}
			if keys = append(keys, k); len(keys) > limit {
				delete(want, keys[0])
				keys = keys[1:]
			}
		}
		for k := range 61 {
			value, known := want[k]
			if got, ok := r.get(k); got != value || ok != known {
				t.Fatalf("%d is %d, %v; want %d, %v", k, got, ok, value, known)
			}
		}
	})
}
