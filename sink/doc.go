// Package sink keeps what an analysis finds in stores that outlive it: files of rows,
// databases, trace stores. A Sink is an analyze.Handler; it makes rows of what it is
// handed and gives them to an output for each store.
//
// # Rows
//
// There are five tables (Tables): deliveries, the transactions that they consist of,
// texts, minutes, and findings. Their columns come from the same tables of fields as the
// report, so that a field that is added there is a column here.
//
// The id of a row is made of what the capture shows and not of numbers of a run. The
// same capture that is read again has the same ids; a delivery that is told again, since
// something came late, has a higher version under the same id and replaces its row in
// databases. In files, the row with the highest version counts.
//
// # Sampling
//
// Where a store takes a sample of successes, failures come whole, and minutes count
// all: round-trip times are in histograms there. A row of a sample has the weight of the
// deliveries that it stands for, so that sums of weights are right on the average.
//
// # Pressure
//
// An output has a goroutine and a queue with a bound (Limits). Live, what finds no room
// is dropped and counted; the analysis never waits. A file that is read waits for its
// store. A store that is away is tried again, at longer and longer intervals.
package sink
