package html

import (
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/redact"
)

// queue hands what a run hands on to a list that works on a goroutine of its own, in the
// same order, so that rows are made beside the pairing. What it hands on has pseudonyms
// and memory of its own, in batches, which are used again.
type queue struct {
	list     *list
	waiting  *waiting // whose transactions are given back once their row is made
	redactor *redact.Redactor

	now   *batch
	free  chan *batch // empty but for transactions to give back
	full  chan *batch // to the goroutine, which ends when this is closed
	ended chan struct{}
}

// batch is what a list is told, in order.
type batch struct {
	entries []entry
	bytes   int // that entries hold
}

// entry is one thing that a list is told.
type entry struct {
	kind     entryKind
	hasTime  bool
	rtt      time.Duration
	first    int64 // of the transaction's request
	delivery result.Delivery
	of       *legs        // of the delivery, or the one transaction without one
	text     *result.Text // or nil
}

type entryKind uint8

const (
	entryRTT entryKind = iota
	entryDelivery
	entryOrphan
	entryText
)

// Bounds of what lies in batches: as many as that, of so many entries, with so many bytes
// before the last one of each. An entry keeps memory for so many hops and Call-IDs.
const (
	batches      = 4
	batchEntries = 256
	batchBytes   = 256 << 10
	keptHops     = 32
	keptSize     = 16 << 10 // of what these hold
)

// newQueue begins the goroutine, which end ends.
func newQueue(l *list, w *waiting, r *redact.Redactor) *queue {
	q := &queue{list: l, waiting: w, redactor: r, free: make(chan *batch, batches), full: make(chan *batch, batches), ended: make(chan struct{})}
	for range batches {
		q.free <- new(batch)
	}
	q.now = <-q.free
	go q.work()
	return q
}

// work tells the list what is in the batches.
func (q *queue) work() {
	defer close(q.ended)
	for b := range q.full {
		for i := range b.entries {
			b.entries[i].tell(q.list)
		}
		q.free <- b
	}
}

func (e *entry) tell(l *list) {
	switch e.kind {
	case entryRTT:
		l.closed(e.rtt, e.first, e.hasTime)
	case entryDelivery:
		l.delivery(&e.delivery, e.of)
	case entryOrphan:
		l.orphan(&e.of.all[0])
	case entryText:
		l.text(e.text)
	}
}

// end waits until the list has been told all.
func (q *queue) end() {
	q.full <- q.now
	close(q.full)
	<-q.ended
}

// next hands a batch that is full on, and returns the next entry.
func (q *queue) next(kind entryKind) *entry {
	if len(q.now.entries) == batchEntries || q.now.bytes > batchBytes {
		q.full <- q.now
		q.now = <-q.free
		q.now.reset(q.waiting)
	}
	b := q.now
	if n := len(b.entries); n < cap(b.entries) {
		b.entries = b.entries[:n+1]
	} else {
		b.entries = append(b.entries, entry{})
	}
	e := &b.entries[len(b.entries)-1]
	e.kind = kind
	return e
}

// reset gives back what a batch has, but for the memory of deliveries, if it is not much.
func (b *batch) reset(w *waiting) {
	for i := range b.entries {
		e := &b.entries[i]
		w.release(e.of)
		e.of, e.text = nil, nil
		if d := &e.delivery; cap(d.Hops) > keptHops || cap(d.CallIDs) > keptHops || d.Size() > keptSize {
			*d = result.Delivery{}
		}
	}
	b.entries, b.bytes = b.entries[:0], 0
}

// closed tells how long a transaction took.
func (q *queue) closed(t *result.Transaction) {
	if t.HasRTT {
		e := q.next(entryRTT)
		e.rtt, e.first, e.hasTime = t.RTT, t.FirstRequest, t.HasTime
	}
}

// delivery tells of a delivery, and of its transactions, which are the queue's from now on.
func (q *queue) delivery(d *result.Delivery, of *legs) {
	e := q.next(entryDelivery)
	e.of = of
	q.legs(of)
	shown := analyze.RedactedDelivery(q.redactor, d)
	shown.CopyTo(&e.delivery)
	q.now.bytes += shown.Size()
}

// orphan tells of a transaction without a delivery.
func (q *queue) orphan(t *result.Transaction) {
	e := q.next(entryOrphan)
	e.of = reused(&q.waiting.free)
	e.of.add(t)
	q.legs(e.of)
}

// legs gives transactions pseudonyms, and counts what they hold.
func (q *queue) legs(of *legs) {
	for i := range of.each() {
		t := &of.all[i]
		if q.redactor != nil {
			*t = analyze.Redacted(q.redactor, t)
		}
		q.now.bytes += t.Size()
	}
}

// text tells of a text.
func (q *queue) text(t *result.Text) {
	e := q.next(entryText)
	shown := analyze.RedactedText(q.redactor, t)
	e.text = &shown
	q.now.bytes += shown.Size()
}
