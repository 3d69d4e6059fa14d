package report

import (
	"simplecap/analyze/result"
	"simplecap/internal/spool"
)

// Rows are kept by rank, then by number: of a large capture those that failed are
// shown first, and those that arrived only where there is room or somebody asks.
const (
	rankFailed = iota
	rankOpen   // unknown, or to be tried again
	rankDone
)

// rankShift is where a rank stands in the key of a row, above every number.
const rankShift = 62

// smallList is how many rows are shown as they came, whatever became of them.
const smallList = 40

// key is the key of a row in a spool. A list of all rows, and one that is printed as
// it comes, is in order of numbers alone.
func (o *Options) key(rank, id uint64) uint64 {
	if o.Rows == AllRows || o.Live {
		return id
	}
	return rank<<rankShift | id
}

// numberOf is the number of a row with a key.
func numberOf(key uint64) uint64 { return key & (1<<rankShift - 1) }

func outcomeRank(outcome result.Outcome) uint64 {
	switch outcome {
	case result.Success:
		return rankDone
	case result.Challenged, result.Pending:
		return rankOpen
	}
	return rankFailed
}

func verdictRank(v result.Verdict) uint64 {
	switch {
	case v.Failed():
		return rankFailed
	case v == result.Unknown:
		return rankOpen
	}
	return rankDone
}

// arrange decides which rows are shown: a small list in order of numbers, of a
// larger one no successes unless a number of rows was asked for.
func (o *Options) arrange(s *spool.Spool) {
	if o.Rows == AllRows || o.Live || s.Spilled() {
		return
	}
	small := s.Seen() <= smallList && s.Seen() <= uint64(o.Rows)
	s.Rekey(func(key uint64) (uint64, bool) {
		if small {
			return key & (1<<rankShift - 1), true
		}
		return key, o.asked || key>>rankShift < rankDone
	})
}
