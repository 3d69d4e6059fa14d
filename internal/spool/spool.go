// Package spool brings many rows into the order of their numbers in bounded memory.
package spool

import (
	"cmp"
	"os"
	"slices"
)

// Spool brings encoded rows into the order of their IDs. Transactions arrive in
// the order of closing, and there may be millions: what does not fit in memory
// is written to a temporary file as sorted runs, which each merges.
//
// Where two rows have one ID, the later one replaces the earlier one.
type Spool struct {
	keep  int   // rows with the smallest IDs to keep, 0 for all
	limit int64 // bytes of rows in memory

	rows  []row
	arena arena
	last  uint64 // with keep: IDs after it are not among the first; 0 while unknown
	seen  uint64 // rows offered

	file *os.File // sorted runs one after the other; nil until needed
	size int64    // bytes written to file
	runs []run
	err  error // the first error, after which rows are dropped
}

type row struct {
	id   uint64
	data []byte
}

// run is where a sorted run lies in the file.
type run struct{ offset, size int64 }

// rowOverhead is about what a row costs beside its bytes.
const rowOverhead = 32

// New makes a spool that keeps the rows with the smallest IDs, 0 for all, and holds at
// most limit bytes of them in memory.
func New(keep int, limit int64) *Spool {
	return &Spool{keep: keep, limit: limit}
}

// Wants counts a row and reports whether it can be among those that are kept,
// so that the others need not be encoded.
func (s *Spool) Wants(id uint64) bool {
	s.seen++
	return s.MayKeep(id)
}

// MayKeep is Wants without counting.
func (s *Spool) MayKeep(id uint64) bool { return s.last == 0 || id <= s.last }

// Seen is how many rows were offered to Wants.
func (s *Spool) Seen() uint64 { return s.seen }

// Held is how many rows are in memory.
func (s *Spool) Held() int { return len(s.rows) }

// Spilled reports whether rows are in a temporary file.
func (s *Spool) Spilled() bool { return len(s.runs) > 0 }

// Empty reports whether there is no row.
func (s *Spool) Empty() bool { return len(s.rows) == 0 && len(s.runs) == 0 }

// Rekey gives the rows in memory other IDs, or drops those for which f is false. It
// must not be called where rows have spilled.
func (s *Spool) Rekey(f func(id uint64) (uint64, bool)) {
	kept := s.rows[:0]
	for _, r := range s.rows {
		if id, keep := f(r.id); keep {
			kept = append(kept, row{id, r.data})
		}
	}
	s.rows = kept
}

// Add keeps a copy of a row.
func (s *Spool) Add(id uint64, data []byte) {
	s.rows = append(s.rows, row{id, s.arena.copy(data)})
	full := s.bytes() > s.limit
	if full || s.keep > 0 && len(s.rows) >= 2*s.keep+64 {
		s.shrink(full)
	}
}

func (s *Spool) bytes() int64 { return s.arena.used + rowOverhead*int64(len(s.rows)) }

// shrink drops rows that are not among the first and, where memory is full,
// writes the others to the file.
func (s *Spool) shrink(full bool) {
	s.sort()
	if s.keep > 0 && len(s.rows) > s.keep {
		s.rows = s.rows[:s.keep]
		s.last = s.rows[s.keep-1].id
	}
	if full {
		s.spill()
		return
	}
	var kept arena
	for i := range s.rows {
		s.rows[i].data = kept.copy(s.rows[i].data)
	}
	s.arena = kept
}

// sort orders the rows in memory by ID and keeps the last one of each.
func (s *Spool) sort() {
	slices.SortStableFunc(s.rows, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	kept := s.rows[:0]
	for i, r := range s.rows {
		if i+1 == len(s.rows) || s.rows[i+1].id != r.id {
			kept = append(kept, r)
		}
	}
	s.rows = kept
}

// Each calls f with the rows in the order of their IDs until f returns false.
// The row is valid until f returns. No row can be added afterwards.
func (s *Spool) Each(f func(row []byte) bool) error {
	return s.EachByID(func(_ uint64, row []byte) bool { return f(row) })
}

// EachByID is Each with the ID of each row.
func (s *Spool) EachByID(f func(id uint64, row []byte) bool) error {
	s.sort()
	if len(s.runs) == 0 {
		for i, r := range s.rows {
			if s.keep > 0 && i == s.keep || !f(r.id, r.data) {
				break
			}
		}
		return s.err
	}
	s.spill()
	if s.err != nil {
		return s.err
	}
	return s.merge(f)
}

// Close removes the temporary file.
func (s *Spool) Close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// arena holds the bytes of many rows in few allocations.
type arena struct {
	chunk []byte
	used  int64 // of the chunks, but for the room that the last one still has
}

const arenaChunk = 256 << 10

func (a *arena) copy(row []byte) []byte {
	if len(row) > cap(a.chunk)-len(a.chunk) {
		a.used += int64(cap(a.chunk) - len(a.chunk)) // which stays empty
		a.chunk = make([]byte, 0, max(arenaChunk, len(row)))
	}
	start := len(a.chunk)
	a.chunk = append(a.chunk, row...)
	a.used += int64(len(row))
	return a.chunk[start:len(a.chunk):len(a.chunk)]
}
