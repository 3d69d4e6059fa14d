package sink

import (
	"context"
	"errors"
)

// Store is where rows are kept: a database, files. One goroutine calls its methods.
type Store interface {
	// Write takes rows, all of them or none. It may be given the same rows again after an
	// error, and other ones of the same names later, which replace them.
	Write(ctx context.Context, b Batch) error
	// Flush makes what Write has taken stay for good: files get their names.
	Flush(ctx context.Context) error
	// Close gives up what is held. What was not flushed may be lost.
	Close() error
}

// Record is a row of a table.
type Record struct {
	Table int
	Row   Row
}

// Batch is rows in the order in which they came.
type Batch []Record

// Of returns the rows of a table.
func (b Batch) Of(table int) (rows []Row) {
	for i := range b {
		if b[i].Table == table {
			rows = append(rows, b[i].Row)
		}
	}
	return rows
}

// Lost is an error of a Store that holds rows back: it says exactly how many rows are
// lost, of those that Write took before and of those that it was given now.
type Lost struct {
	Rows uint64
	Err  error
}

// Error implements error.
func (l *Lost) Error() string { return l.Err.Error() }

// Unwrap returns what was wrong.
func (l *Lost) Unwrap() error { return l.Err }

// lostOf is how many rows an error means, at most all: those of the call, unless it says.
func lostOf(err error, ofCall, all uint64) uint64 {
	if l := (*Lost)(nil); errors.As(err, &l) {
		return min(l.Rows, all)
	}
	return ofCall
}

// permanent is an error that another try does not mend.
type permanent struct{ error }

// Permanent says of an error of a Store that the same rows will meet it again.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// IsPermanent reports whether an error was made by Permanent.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

func (p permanent) Unwrap() error { return p.error }
