package sink

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Output is a Store and what it is to get.
type Output struct {
	Name   string // how the user called it, without passwords
	Store  Store
	Sample float64       // the share of successes that it gets, above 0 and up to 1; 0 is 1
	Every  time.Duration // how often it is flushed; 0 only at the end
	Skip   [tables]bool  // tables that it does not want
}

// Counts are what became of rows, exactly.
type Counts struct {
	Name    string
	Stored  uint64 // rows; those of files that have no name yet are not among them
	Full    uint64 // rows lost because the queue was full
	Refused uint64 // rows lost because the store would not have them, or was away for too long
	Tries   uint64 // writes that failed
}

// Lost is how many rows were lost.
func (c *Counts) Lost() uint64 { return c.Full + c.Refused }

// output is a Store with its queue. One goroutine writes to it.
type output struct {
	Output
	options Options
	limits  Limits
	below   uint64 // ids below this one are in the sample

	mutex   sync.Mutex
	changed sync.Cond // of what follows
	queue   []queued
	bytes   int
	closing bool
	failed  bool   // given up: it takes nothing more
	ranged  string // what files are named by that are flushed next: see Ranged
	due     bool   // it is time to flush, when what was queued then is written
	dueAt   uint64
	added   uint64 // rows that were queued in all
	taken   uint64 // of these, rows that were taken out
	kept    uint64 // of these, rows that were flushed or lost

	abandoned                    atomic.Bool
	stored, full, refused, tries atomic.Uint64

	unflushed uint64 // rows that Write has taken and Flush has not kept
	quiet     bool   // that the store is away has been said
	last      error  // why rows were lost
	ctx       context.Context
	cancel    context.CancelFunc
	done      chan struct{}
}

// queued is a row that waits.
type queued struct {
	Record
	bytes int
}

func newOutput(out Output, o Options, limits Limits) *output {
	if out.Sample <= 0 || out.Sample > 1 {
		out.Sample = 1
	}
	q := &output{Output: out, options: o, limits: limits, below: math.MaxUint64, done: make(chan struct{})}
	if out.Sample < 1 {
		q.below = uint64(out.Sample * math.MaxUint64)
	}
	q.changed.L = &q.mutex
	q.ctx, q.cancel = context.WithCancel(context.Background())
	go q.run()
	if out.Every > 0 {
		go q.tick()
	}
	return q
}

// tick says when it is time to flush.
func (q *output) tick() {
	t := time.NewTicker(q.Every)
	defer t.Stop()
	for {
		select {
		case <-q.done:
			return
		case <-t.C:
			q.mutex.Lock()
			q.ask()
			q.mutex.Unlock()
		}
	}
}

// ask makes it due to flush what is queued now.
func (q *output) ask() {
	q.due, q.dueAt = true, q.added
	q.changed.Broadcast()
}

// settle waits until what is queued now is flushed or lost.
func (q *output) settle() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.ask()
	for until := q.added; q.kept < until; {
		q.changed.Wait()
	}
}

// put takes rows of a delivery, unless they are in no sample.
func (q *output) put(whole bool, id ID, entries []entry) {
	sampled := !whole && q.Sample < 1
	if sampled && binary.BigEndian.Uint64(id[:]) >= q.below {
		return
	}
	q.mutex.Lock()
	defer q.mutex.Unlock()
	for _, e := range entries {
		if q.Skip[e.table] {
			continue
		}
		for _, row := range e.rows {
			if sampled {
				row = weighted(e.table, row, 1/q.Sample)
			}
			q.add(queued{Record{e.table, row}, sizeOf(row)})
		}
	}
	q.changed.Broadcast()
}

// weightColumn is where deliveries, transactions and texts have their weight.
const weightColumn = 2

func weighted(table int, row Row, weight float64) Row {
	if table > TextRows {
		return row
	}
	row = append(Row(nil), row...)
	row[weightColumn] = weight
	return row
}

// add takes a row if there is room for it, or when there is.
func (q *output) add(r queued) {
	for q.options.Wait && !q.failed && q.bytes > 0 && q.bytes+r.bytes > q.limits.QueueBytes {
		q.changed.Broadcast()
		q.changed.Wait()
	}
	switch {
	case q.failed:
		q.refused.Add(1)
	case q.bytes > 0 && q.bytes+r.bytes > q.limits.QueueBytes:
		q.full.Add(1)
	default:
		q.queue = append(q.queue, r)
		q.bytes += r.bytes
		q.added++
	}
}

// run writes what is queued until the end.
func (q *output) run() {
	defer close(q.done)
	for {
		b, flush, end := q.next()
		if len(b) > 0 {
			q.write(b)
		}
		if (flush || end) && !q.abandoned.Load() {
			q.flush()
		}
		if end {
			return
		}
	}
}

// next waits for rows, for the time to flush, or for the end.
func (q *output) next() (b Batch, flush, end bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	for len(q.queue) == 0 && !q.closing && !(q.due && q.taken >= q.dueAt) {
		q.changed.Wait()
	}
	n := min(len(q.queue), q.limits.BatchRows)
	b = make(Batch, 0, n)
	for _, r := range q.queue[:n] {
		b = append(b, r.Record)
		q.bytes -= r.bytes
	}
	clear(q.queue[:n])
	if q.queue = q.queue[n:]; len(q.queue) == 0 {
		q.queue = nil // its array goes
	}
	q.taken += uint64(n)
	if flush = q.due && q.taken >= q.dueAt; flush {
		q.due = false
	}
	q.changed.Broadcast()
	return b, flush, q.closing && len(q.queue) == 0
}

// write gives rows to the store until it has them or there is no hope.
func (q *output) write(b Batch) {
	n := uint64(len(b))
	q.unflushed += n
	if err := q.try(n, func() error { return q.Store.Write(q.ctx, b) }); err != nil {
		lost := lostOf(err, n, q.unflushed)
		q.unflushed -= lost
		q.lose(lost, err)
	}
}

func (q *output) flush() {
	if files, ok := q.Store.(Ranged); ok {
		q.mutex.Lock()
		files.Range(q.ranged)
		q.mutex.Unlock()
	}
	n := q.unflushed
	q.unflushed = 0
	if err := q.try(n, func() error { return q.Store.Flush(q.ctx) }); err != nil {
		lost := lostOf(err, n, n)
		q.lose(lost, err)
		n -= lost
	}
	q.stored.Add(n)
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.kept = q.taken
	q.changed.Broadcast()
}

// lose counts rows that are lost for good. Where a file is read and the store is away,
// that is the end: the rest would wait for nothing.
func (q *output) lose(n uint64, err error) {
	q.refused.Add(n)
	if q.last == nil {
		q.last = err
	}
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.options.Wait && !q.failed && !IsPermanent(err) {
		q.failed = true
		q.refused.Add(uint64(len(q.queue)))
		q.taken += uint64(len(q.queue))
		q.queue, q.bytes, q.kept = nil, 0, q.taken
		q.changed.Broadcast()
	}
}

// try does what may fail again and again, with longer and longer pauses. It is about so many
// rows: a store that has none to flush has not shown that it takes any.
func (q *output) try(rows uint64, what func() error) error {
	pause, begun := q.limits.FirstPause, time.Now()
	for {
		err := what()
		if err == nil {
			if rows > 0 {
				q.back()
			}
			return nil
		}
		q.tries.Add(1)
		q.away(err)
		if IsPermanent(err) || q.hopeless(begun) || !q.sleep(pause) {
			return err
		}
		pause = min(2*pause, q.limits.LastPause)
	}
}

// hopeless reports whether to give up what was begun then.
func (q *output) hopeless(begun time.Time) bool {
	return q.failed || q.options.Wait && !q.options.Forever && time.Since(begun) >= q.limits.Patience
}

// sleep reports whether to go on after a pause. Close ends it.
func (q *output) sleep(pause time.Duration) bool {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-q.ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// away says that the store takes nothing, once.
func (q *output) away(err error) {
	if q.quiet || q.options.Say == nil || q.ctx.Err() != nil {
		return
	}
	q.quiet = true
	then := "it is tried again"
	if IsPermanent(err) {
		then = "these rows are lost"
	}
	q.options.Say(fmt.Sprintf("%s takes no rows: %v; %s", q.Name, err, then))
}

// back says that it does again.
func (q *output) back() {
	if q.quiet {
		q.quiet = false
		q.options.Say(fmt.Sprintf("%s takes rows again", q.Name))
	}
}

// counts may be called at any time.
func (q *output) counts() Counts {
	return Counts{q.Name, q.stored.Load(), q.full.Load(), q.refused.Load(), q.tries.Load()}
}

// closeAll writes what is queued, side by side, and says what was lost.
func closeAll(outputs []*output) error {
	var all sync.WaitGroup
	errs := make([]error, len(outputs))
	for i, q := range outputs {
		all.Go(func() { errs[i] = q.close() })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (q *output) close() error {
	q.mutex.Lock()
	q.closing = true
	q.changed.Broadcast()
	q.mutex.Unlock()
	q.finish()
	q.cancel()
	err := q.Store.Close()
	c := q.counts()
	if lost := c.Lost(); lost > 0 {
		if q.last == nil {
			q.last = errors.New("it is too slow")
		}
		return fmt.Errorf("%s: %d rows were lost, %d were stored: %w", q.Name, lost, c.Stored, q.last)
	}
	return err
}

// finish waits for the goroutine that writes; of a live capture not for long.
func (q *output) finish() {
	if q.options.Wait {
		<-q.done
		return
	}
	t := time.NewTimer(q.limits.Closing)
	defer t.Stop()
	select {
	case <-q.done:
	case <-t.C:
		q.cancel()
		<-q.done
	}
}

// Counts says what became of the rows of each output, and how many transactions were
// written without their delivery since too many waited. It may be called at any time.
func (s *Sink) Counts() (outputs []Counts, early uint64) {
	for _, q := range s.outputs {
		outputs = append(outputs, q.counts())
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return outputs, s.early
}
