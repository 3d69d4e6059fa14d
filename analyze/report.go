package analyze

import (
	"simplecap/analyze/result"
)

// Handler receives results as they come. What it is given is valid until the
// method returns.
type Handler interface {
	// Transaction is called when a transaction closes, in order of closing. Live
	// it is called before that too, at the first final response, with
	// Transaction.Closed false.
	Transaction(t *result.Transaction)
	// Finding is called when a rule is broken by a peer for the first time; its
	// final counts are in the Report.
	Finding(f *result.Finding)
}
