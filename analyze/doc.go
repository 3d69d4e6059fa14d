// Package analyze pairs SIP MESSAGE requests with their responses, hop by hop,
// and says what became of each: which were answered, by what and how fast, which
// never were and why, and what on the wire breaks the standards.
//
// Run is the way in. It reads a capture.Source to its end, hands each
// transaction to a Handler as it closes, and returns a Report with the sums.
//
// # A frame's way
//
// One goroutine reads and decodes (package decode). Messages travel in batches
// (batch.go) to workers, which ask sipgo's parser for its opinion and apply the
// rules for single messages (engine.go). The caller's goroutine takes the
// batches in the order of the capture, joins each message to its transaction
// (pairing.go, match.go) and transactions to deliveries (groups.go), closes them
// by the capture's clock (closer.go), and judges them (delivery.go, verdict.go,
// the rules). analyzer.go lists the parts and says which takes what. Nothing that
// comes out depends on the number of workers or on the time of day.
//
// # State
//
// Open transactions are records without pointers in chunks outside the garbage
// collector's heap (store.go, chunk.go, record.go), older ones packed (pack.go):
// millions may be open within Timer F.
// All state has a bound in Limits; what is given up is counted in
// Quality.Evicted.
//
// # Rules
//
// A rule is a value in one of the rules_*.go files: its text for people, what it
// stands on, and a check. samples/ holds exchanges that break it, that do not,
// and that only look like it.
package analyze
