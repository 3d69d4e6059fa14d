package analyze

import (
	"math/bits"
	"slices"
)

// sets remember the latest values by the hash of a key. Keys with the same lowest bits
// share a set of four, in which the newest takes the place of the oldest, so some are
// forgotten before as many are remembered as there is room for. With a value of 8 bytes a
// set is one line of the processor's cache: every request comes here with a key of its
// own, and nothing but memory is slow about it. They lie outside the garbage collector's
// heap, so a value has no pointer, and whoever has them closes them.
type sets[V any] struct {
	limit  int      // about how many there is room for
	used   int      // how many are remembered
	lines  []set[V] // a power of two of them; none before the first key
	memory []byte   // what lines is in
}

// set is what keys with the same lowest bits share, the newest first.
type set[V any] [4]member[V]

type member[V any] struct {
	key   uint64 // 0 where nothing is remembered
	value V
}

// put puts a member first. Those before the place at move on to there.
func (s *set[V]) put(at int, m member[V]) {
	copy(s[1:at+1], s[:at])
	s[0] = m
}

// line returns the set that a key is in, if anywhere; nil before the first key.
func (s *sets[V]) line(key uint64) *set[V] {
	if s.lines == nil {
		return nil
	}
	return &s.lines[key&uint64(len(s.lines)-1)]
}

// minLines is how many sets there are at first.
const minLines = 64

// grow makes room: from the first key on, as long as there is less than limit.
func (s *sets[V]) grow() {
	old, memory := s.lines, s.memory
	s.memory, s.lines = reserveOf[set[V]](max(min(minLines, s.most()), 2*len(old)))
	clear(s.lines) // see reserve: most of it will be read first
	for i := range old {
		for j := range old[i] {
			if m := &old[i][len(old[i])-1-j]; m.key != 0 {
				s.line(m.key).put(len(old[i])-1, *m)
			}
		}
	}
	giveBack(memory)
}

// size is how many bytes the sets take.
func (s *sets[V]) size() int64 { return int64(len(s.memory)) }

// close forgets everything and gives the memory back.
func (s *sets[V]) close() {
	giveBack(s.memory)
	s.used, s.lines, s.memory = 0, nil, nil
}

// most is how many sets there may be: a power of two.
func (s *sets[V]) most() int { return 1 << bits.Len(uint(max(1, s.limit/len(set[V]{}))-1)) }

// swap remembers a value, and returns what the key had before.
func (s *sets[V]) swap(key uint64, v V) (before V, known bool) {
	if s.used >= 2*len(s.lines) && len(s.lines) < s.most() {
		s.grow()
	}
	line := s.line(key)
	at := len(line) - 1
	for i := range line {
		if line[i].key == key {
			before, known, at = line[i].value, true, i
			break
		}
	}
	if line[at].key == 0 {
		s.used++
	}
	line.put(at, member[V]{key, v})
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
