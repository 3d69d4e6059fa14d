package analyze

import (
	"slices"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// This file tells, live, what is known before a transaction closes: that a request
// waits, and what became of a delivery whose first leg has its answer.

// WaitingHandler is implemented by a Handler that wants to know, live, what has no
// answer yet.
type WaitingHandler interface {
	// Waiting is called when a request without a final response is sent again, when it has
	// waited for a little longer than T1, and when an ICMP error or the end of its
	// connection says that it was in vain. The outcome of t is Pending or Unreachable, now a
	// time on the clock that its times are on; t is valid until the method returns.
	Waiting(t *result.Transaction, now int64)
}

// progress is what is told before transactions close.
type progress struct {
	handler    WaitingHandler        // may be nil
	unanswered int                   // open requests without a final response
	members    map[uint32][]deadline // open transactions of deliveries with several, by group
	begun      queue                 // requests by when they have waited for a while
}

func (p *progress) init(h Handler) {
	p.handler, _ = h.(WaitingHandler)
	p.members = make(map[uint32][]deadline)
}

// recount counts a transaction among those without an answer, or no longer.
func (a *analyzer) recount(r *record) {
	waits := r.is(isOpen) && r.is(hasRequest) && r.status == 0
	if waits == r.is(isUnanswered) {
		return
	}
	r.setIf(isUnanswered, waits)
	if waits {
		a.progress.unanswered++
	} else {
		a.progress.unanswered--
	}
}

// joinedGroup notes that transactions are of one delivery.
func (a *analyzer) joinedGroup(group uint32, handles ...handle) {
	if !a.options.Live {
		return
	}
	list := a.progress.members[group]
	for _, h := range handles {
		one := deadline{id: a.idOf(h), h: h}
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	a.progress.members[group] = list
}

// patience is how long after T1 a request that was not sent again is told of.
const patience = 100 * time.Millisecond

// await has a new request told of when it has waited for a while.
func (a *analyzer) await(h handle) {
	if a.progress.handler == nil {
		return
	}
	for a.progress.begun.len() >= a.limits.Watched {
		a.progress.begun.pop()
	}
	tx := a.store.at(h)
	a.progress.begun.push(deadline{at: tx.opened() + int64(a.timers.T1+patience), id: tx.id(), h: h})
}

// waited tells of the requests that have waited for a while and were not sent again.
func (a *analyzer) waited() {
	for d := a.progress.begun.head(); d != nil && d.at < a.clock; d = a.progress.begun.head() {
		h, id := d.h, d.id
		a.progress.begun.pop()
		if !a.holds(h, id) {
			continue
		}
		if r := a.store.at(h).record; r.status == 0 && r.retransmissions == 0 {
			a.waits(h)
		}
	}
}

// toldOften is how many copies of a request are told one by one; of more, every
// toldOften-th is.
const toldOften = 16

// waits tells of a request that has no answer.
func (a *analyzer) waits(h handle) {
	if a.progress.handler == nil {
		return
	}
	tx := a.store.at(h)
	if !tx.is(hasRequest) || tx.status != 0 || tx.retransmissions > toldOften && tx.retransmissions%toldOften != 0 {
		return
	}
	t := a.view(h)
	t.Closed = false
	if a.options.Where == nil || a.options.Where(t) {
		a.progress.handler.Waiting(t, a.clock-tx.lag())
	}
}

// waitOn tells of the requests that were sent on a connection and wait there: it has
// ended.
func (a *analyzer) waitOn(conn uint32) {
	if a.progress.handler == nil || conn == 0 {
		return
	}
	var found []handle
	for h := range a.latest {
		if tx := a.store.at(h); tx.is(hasRequest) && tx.status == 0 && tx.common().conn == conn {
			found = append(found, h)
		}
	}
	for _, h := range slices.Backward(found) {
		a.waits(h)
	}
}

// early hands a delivery on when the answer of its first leg decides its verdict: a
// challenge or a redirection does not.
func (a *analyzer) early(h handle) {
	if a.deliveries.handler == nil {
		return
	}
	r := a.store.at(h).record
	if r.delivery == 0 || r.parent != 0 {
		return
	}
	d, wanted := a.soFar(h)
	timeHops(&d.Delivery)
	root := lastAttempt(&d.Delivery)
	if o := root.Outcome; root.Status == 0 || o == result.Challenged || o == result.Redirected {
		return
	}
	judgeHops(&d.Delivery, a.timers)
	told := r.told()
	if r.group != 0 {
		told = a.deliveries.groups[r.group].told
	}
	if !wanted || d.Verdict == result.Unknown || d.Verdict == told {
		return
	}
	d.Told, d.Closed = told, false
	if r.group != 0 {
		a.deliveries.groups[r.group].told = d.Verdict
	} else {
		r.setTold(d.Verdict)
	}
	a.deliveries.handler.Delivery(&d.Delivery)
}

// soFar collects the hops of a transaction's delivery, those that are open as they are
// now, and reports whether Options.Where keeps one of them. The result is scratch.
func (a *analyzer) soFar(h handle) (d *closing, wanted bool) {
	r := a.store.at(h).record
	d = &a.deliveries.scratch
	d.Delivery = result.Delivery{ID: 0, Hops: d.Hops[:0], CallIDs: d.CallIDs[:0]}
	open := []deadline{{id: a.idOf(h), h: h}}
	if r.group != 0 {
		open = a.progress.members[r.group]
		if closed := a.deliveries.groups[r.group].closed; closed != nil {
			d.Sender, d.Recipient = closed.Sender, closed.Recipient
			d.Hops, d.CallIDs = append(d.Hops, closed.Hops...), append(d.CallIDs, closed.CallIDs...)
			wanted = a.deliveries.groups[r.group].wanted
		}
	}
	for _, one := range open {
		if !a.holds(one.h, one.id) {
			continue
		}
		tx := a.store.at(one.h)
		t := a.view(one.h)
		t.Closed, d.ID = false, t.Delivery
		x := Exchange{Transaction: t, Unmatchable: tx.is(isUnmatchable)}
		d.take(a.hopOf(tx, t, &x), t)
		wanted = wanted || a.options.Where == nil || a.options.Where(t)
	}
	slices.SortFunc(d.Hops, func(a, b result.Hop) int { return int(int64(a.Transaction) - int64(b.Transaction)) })
	return d, wanted
}

// The verdict that was told of a delivery of one transaction is kept in its record's
// flags.
const (
	toldShift = 24
	toldMask  = flags(0xf) << toldShift
)

func (r *record) told() result.Verdict { return result.Verdict(r.flags & toldMask >> toldShift) }

func (r *record) setTold(v result.Verdict) {
	r.flags = r.flags&^toldMask | flags(v)<<toldShift&toldMask
}

// ended tells, live, of what waits on a connection that has ended.
func (a *analyzer) ended(e *decode.ConnEvent) {
	if a.options.Live && e.Kind != decode.ConnGap {
		a.waitOn(uint32(e.Conn))
	}
}
