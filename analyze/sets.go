package analyze

import (
	"math/bits"
	"slices"
)

// sets remember the latest values by the hash of a key. Keys with the same lowest bits
// share a set of four, in which the newest takes the place of the oldest, so some are
// forgotten before as many are remembered as there is room for. With a value of 8 bytes a
// set is one line of the processor's cache: every request comes here with a key of its
// own, and nothing but memory is slow about it.
type sets[V any] struct {
	limit int            // about how many there is room for
	lines [][4]member[V] // a power of two of them, the newest first in each; none before the first key
}

type member[V any] struct {
	key   uint64 // 0 where nothing is remembered
	value V
}

// line returns the set that a key is in, if anywhere; nil before the first key.
func (s *sets[V]) line(key uint64) *[4]member[V] {
	if s.lines == nil {
		return nil
	}
	return &s.lines[key&uint64(len(s.lines)-1)]
}

// room makes room for the sets.
func (s *sets[V]) room() {
	s.lines = make([][4]member[V], 1<<bits.Len(uint(max(1, s.limit/len([4]member[V]{}))-1)))
	clear(s.lines) // see reserve: most of it will be read first
}

// swap remembers a value, and returns what the key had before.
func (s *sets[V]) swap(key uint64, v V) (before V, known bool) {
	if s.lines == nil {
		s.room()
	}
	line := s.line(key)
	at := len(line) - 1
	for i := range line {
		if line[i].key == key {
			before, known, at = line[i].value, true, i
			break
		}
	}
	copy(line[1:at+1], line[:at])
	line[0] = member[V]{key, v}
	return before, known
}

// has reports whether a key is remembered.
func (s *sets[V]) has(key uint64) bool {
	line := s.line(key)
	return line != nil && slices.ContainsFunc(line[:], func(m member[V]) bool { return m.key == key })
}

// touch reads the set that a key is in: see analyzer.warm.
func (s *sets[V]) touch(key uint64) uint32 {
	if line := s.line(key); line != nil {
		return uint32(line[0].key)
	}
	return 0
}
