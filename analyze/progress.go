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
	*run
	table      *table
	groups     *groups
	viewer     *viewer
	deliveries *deliveries
	ledger     *ledger

	handler    WaitingHandler // may be nil
	unanswered int            // open requests without a final response
	begun      queue          // requests by when they have waited for a while
}

// recount counts a transaction among those without an answer, or no longer.
func (p *progress) recount(r *record) {
	waits := r.is(isOpen) && r.is(hasRequest) && r.status == 0
	if waits == r.is(isUnanswered) {
		return
	}
	r.setIf(isUnanswered, waits)
	if waits {
		p.unanswered++
	} else {
		p.unanswered--
	}
}

// patience is how long after T1 a request that was not sent again is told of.
const patience = 100 * time.Millisecond

// await has a new request told of when it has waited for a while.
func (p *progress) await(h handle) {
	if p.handler == nil {
		return
	}
	for p.begun.len() >= p.limits.Watched {
		p.begun.pop()
	}
	tx := p.table.at(h)
	p.begun.push(deadline{at: tx.opened() + int64(p.timers.T1+patience), id: tx.id(), h: h})
}

// waited tells of the requests that have waited for a while and were not sent again.
func (p *progress) waited() {
	for d := p.begun.head(); d != nil && d.at < p.clock; d = p.begun.head() {
		h, id := d.h, d.id
		p.begun.pop()
		if !p.table.holds(h, id) {
			continue
		}
		if r := p.table.at(h).record; r.status == 0 && r.retransmissions == 0 {
			p.waits(h)
		}
	}
}

// toldOften is how many copies of a request are told one by one; of more, every
// toldOften-th is.
const toldOften = 16

// waits tells of a request that has no answer.
func (p *progress) waits(h handle) {
	if p.handler == nil {
		return
	}
	tx := p.table.at(h)
	if !tx.is(hasRequest) || tx.status != 0 || tx.retransmissions > toldOften && tx.retransmissions%toldOften != 0 {
		return
	}
	t := p.viewer.view(h)
	t.Closed = false
	if p.options.Where == nil || p.options.Where(t) {
		p.handler.Waiting(t, p.clock-tx.lag())
	}
}

// waitOn tells of the requests that were sent on a connection and wait there: it has
// ended.
func (p *progress) waitOn(conn uint32) {
	if p.handler == nil || conn == 0 {
		return
	}
	var found []handle
	for h := range p.table.latest {
		if tx := p.table.at(h); tx.is(hasRequest) && tx.status == 0 && tx.common().conn == conn {
			found = append(found, h)
		}
	}
	for _, h := range slices.Backward(found) {
		p.waits(h)
	}
}

// early hands a delivery on when the answer of its first leg decides its verdict: a
// challenge or a redirection does not.
func (p *progress) early(h handle) {
	if p.deliveries.handler == nil {
		return
	}
	r := p.table.at(h).record
	if r.delivery == 0 || r.parent != 0 {
		return
	}
	d, wanted := p.soFar(h)
	p.timeHops(&d.Delivery)
	root := lastAttempt(&d.Delivery)
	if o := root.Outcome; root.Status == 0 || o == result.Challenged || o == result.Redirected {
		return
	}
	judgeHops(&d.Delivery, p.timers)
	told := r.told()
	if r.group != 0 {
		told = p.groups.list[r.group].told
	}
	if !wanted || d.Verdict == result.Unknown || d.Verdict == told {
		return
	}
	d.Told, d.Closed = told, false
	if r.group != 0 {
		p.groups.list[r.group].told = d.Verdict
	} else {
		r.setTold(d.Verdict)
	}
	p.deliveries.handler.Delivery(&d.Delivery)
	p.ledger.answeredEarly(&d.Delivery)
}

// soFar collects the hops of a transaction's delivery, those that are open as they are
// now, and reports whether Options.Where keeps one of them. The result is scratch.
func (p *progress) soFar(h handle) (d *closing, wanted bool) {
	r := p.table.at(h).record
	d = &p.deliveries.scratch
	d.Delivery = result.Delivery{Hops: d.Hops[:0], CallIDs: d.CallIDs[:0]}
	open := []deadline{{id: p.table.idOf(h), h: h}}
	if r.group != 0 {
		open = p.groups.members[r.group]
		if closed := p.groups.list[r.group].closed; closed != nil {
			d.Sender, d.Recipient = closed.Sender, closed.Recipient
			d.Hops, d.CallIDs = append(d.Hops, closed.Hops...), append(d.CallIDs, closed.CallIDs...)
			wanted = p.groups.list[r.group].wanted
		}
	}
	for _, one := range open {
		if !p.table.holds(one.h, one.id) {
			continue
		}
		tx := p.table.at(one.h)
		t := p.viewer.view(one.h)
		t.Closed, d.ID = false, t.Delivery
		x := Exchange{Transaction: t, Unmatchable: tx.is(isUnmatchable)}
		d.take(p.deliveries.hopOf(tx, t, &x), t)
		wanted = wanted || p.options.Where == nil || p.options.Where(t)
	}
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
func (p *progress) ended(e *decode.ConnEvent) {
	if e.Kind == decode.ConnReset || e.Kind == decode.ConnClose {
		p.waitOn(uint32(e.Conn))
	}
}
