package report

import (
	"cmp"
	"os"
	"slices"
)

// spool brings encoded rows into the order of their IDs. Transactions arrive in
// the order of closing, and there may be millions: what does not fit in memory
// is written to a temporary file as sorted runs, which each merges.
//
// Where two rows have one ID, the later one replaces the earlier one.
type spool struct {
	keep  int   // rows with the smallest IDs to keep, 0 for all
	limit int64 // bytes of rows in memory

	rows  []spoolRow
	arena arena
	last  uint64 // with keep: IDs after it are not among the first; 0 while unknown
	seen  uint64 // rows offered

	file *os.File // sorted runs one after the other; nil until needed
	size int64    // bytes written to file
	runs []run
	err  error // the first error, after which rows are dropped
}

type spoolRow struct {
	id   uint64
	data []byte
}

// run is where a sorted run lies in the file.
type run struct{ offset, size int64 }

// rowOverhead is about what a row costs beside its bytes.
const rowOverhead = 32

func newSpool(keep int, limit int64) *spool {
	return &spool{keep: keep, limit: limit}
}

// wants counts a row and reports whether it can be among those that are kept,
// so that the others need not be encoded.
func (s *spool) wants(id uint64) bool {
	s.seen++
	return s.mayKeep(id)
}

// mayKeep is wants without counting.
func (s *spool) mayKeep(id uint64) bool { return s.last == 0 || id <= s.last }

// add keeps a copy of row.
func (s *spool) add(id uint64, row []byte) {
	s.rows = append(s.rows, spoolRow{id, s.arena.copy(row)})
	full := s.bytes() > s.limit
	if full || s.keep > 0 && len(s.rows) >= 2*s.keep+64 {
		s.shrink(full)
	}
}

func (s *spool) bytes() int64 { return s.arena.used + rowOverhead*int64(len(s.rows)) }

// shrink drops rows that are not among the first and, where memory is full,
// writes the others to the file.
func (s *spool) shrink(full bool) {
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
func (s *spool) sort() {
	slices.SortStableFunc(s.rows, func(a, b spoolRow) int { return cmp.Compare(a.id, b.id) })
	kept := s.rows[:0]
	for i, r := range s.rows {
		if i+1 == len(s.rows) || s.rows[i+1].id != r.id {
			kept = append(kept, r)
		}
	}
	s.rows = kept
}

// each calls f with the rows in the order of their IDs until f returns false.
// The row is valid until f returns. No row can be added afterwards.
func (s *spool) each(f func(row []byte) bool) error {
	s.sort()
	if len(s.runs) == 0 {
		for i, r := range s.rows {
			if s.keep > 0 && i == s.keep || !f(r.data) {
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

// close removes the temporary file.
func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// arena holds the bytes of many rows in few allocations.
type arena struct {
	chunk []byte
	used  int64
}

const arenaChunk = 256 << 10

func (a *arena) copy(row []byte) []byte {
	if len(row) > cap(a.chunk)-len(a.chunk) {
		a.chunk = make([]byte, 0, max(arenaChunk, len(row)))
	}
	start := len(a.chunk)
	a.chunk = append(a.chunk, row...)
	a.used += int64(len(row))
	return a.chunk[start:len(a.chunk):len(a.chunk)]
}
