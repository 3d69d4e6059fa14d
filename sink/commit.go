package sink

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"simplecap/analyze/result"
)

// Ranged is implemented by a Store whose files may be named by what their rows are of:
// written again, they have the same names.
type Ranged interface {
	// Range is called before Flush, with what the files of that are named by; "" for a
	// store that names them itself.
	Range(name string)
}

// At says because of which message of a bus comes what is handed on next. What is muted
// has been kept before: no rows are made of it, and nothing is counted.
func (s *Sink) At(seq uint64, muted bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.seq, s.muted = seq, muted
}

// versioned is a name whose version says at which message of the bus it was told.
func (s *Sink) versioned(n name) name {
	if s.seq > 0 {
		n.version = int(s.seq)
	}
	return n
}

// Pending is how many bytes of rows, about, were handed on since Commit.
func (s *Sink) Pending() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.pending
}

// Commit returns when everything that was handed on since the last time is kept for good
// or refused, with these findings, under the name of the messages of the bus that it is
// of. It is an error if the Sink was abandoned meanwhile.
func (s *Sink) Commit(first, last uint64, findings []result.Finding) error {
	s.mutex.Lock()
	ranged := fmt.Sprintf("%s-%012d-%012d", s.options.Run, first, last)
	s.run, s.part = ranged, 0
	for i := range findings {
		s.finding(&findings[i], 1)
	}
	s.tellMinutes()
	s.begun, s.pending = 0, 0
	s.mutex.Unlock()
	var all sync.WaitGroup
	errs := make([]error, len(s.outputs))
	for i, q := range s.outputs {
		all.Go(func() { errs[i] = q.commit(ranged) })
	}
	all.Wait()
	return errors.Join(errs...)
}

var errAbandoned = errors.New("given up before it was kept")

// commit waits until what is queued is flushed.
func (q *output) commit(ranged string) error {
	q.mutex.Lock()
	q.ranged = ranged
	q.mutex.Unlock()
	q.settle()
	if q.abandoned.Load() {
		return errAbandoned
	}
	return nil
}

// Abandon gives up what was not committed, and closes the stores. A Commit that waits
// returns.
func (s *Sink) Abandon() {
	for _, q := range s.outputs {
		q.abandon()
	}
}

func (q *output) abandon() {
	if q.abandoned.Swap(true) {
		<-q.done
		return
	}
	q.cancel()
	q.mutex.Lock()
	q.due = false
	q.closing, q.queue, q.bytes = true, nil, 0
	q.taken, q.kept = q.added, q.added
	q.changed.Broadcast()
	q.mutex.Unlock()
	<-q.done
	q.Store.Close()
}

// Shared is a store that several Sinks use. Close closes it for all, once each has.
type Shared struct {
	mutex sync.Mutex
	store Store
	users int
}

// NewShared returns a store to be used by so many.
func NewShared(store Store) *Shared { return &Shared{store: store} }

// User returns the store for one more.
func (s *Shared) User() Store {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.users++
	return user{s}
}

// Close closes the store.
func (s *Shared) Close() error { return s.store.Close() }

// user is a Shared in the hands of one.
type user struct{ *Shared }

// Write implements Store.
func (u user) Write(ctx context.Context, b Batch) error {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return u.store.Write(ctx, b)
}

// Flush implements Store.
func (u user) Flush(ctx context.Context) error {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return u.store.Flush(ctx)
}

// Close implements Store: the store is closed by who shared it.
func (u user) Close() error { return nil }
