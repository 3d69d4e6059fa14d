package analyze

import (
	"slices"

	"simplecap/analyze/result"
)

// closer says when a transaction is over: nothing can join it any more, or there is no
// room for it.
type closer struct {
	*run
	table      *table
	hosts      *hosts
	groups     *groups
	blame      *blame
	watch      *watch
	viewer     *viewer
	ledger     *ledger
	deliveries *deliveries
	legs       *legs
	progress   *progress

	settled queue    // answered transactions over reliable transports, by when they close
	begun   int      // transactions begun since the clock moved
	blind   uint64   // unanswered transactions whose answer the capture cannot have seen
	judged  Exchange // the closing transaction, for its rules
	facts   []fact   // scratch
}

// advance moves the capture's clock and closes what nothing can join any more.
func (cl *closer) advance(clock int64) {
	if clock <= cl.clock {
		return
	}
	cl.clock, cl.blame.findings.clock, cl.begun = clock, clock, 0
	cl.progress.waited()
	cl.legs.waited()
	for {
		d := cl.settled.head()
		if d == nil || d.at >= clock {
			break
		}
		h, id := d.h, d.id
		cl.settled.pop()
		if cl.table.holds(h, id) && !cl.hosts.answerNotTaken(cl.table.at(h)) { // which is not over before Timer F
			cl.close(h)
		}
	}
	for {
		h := cl.table.oldest()
		if h == 0 {
			return
		}
		if tx := cl.table.at(h); tx.opened()+int64(cl.timers.Lasts()) >= clock {
			return
		}
		cl.close(h)
	}
}

// bound closes the oldest transactions where the state takes more memory than
// it may, or where time does not.
func (cl *closer) bound() {
	for cl.held() > cl.limits.Memory && cl.table.open > chunkRecords {
		cl.evicted++
		cl.giveUp(cl.table.oldest())
	}
	if cl.begun++; cl.begun > cl.limits.Standstill && cl.table.open > 1 {
		h := cl.table.oldest()
		if tx := cl.table.at(h); tx.status == 0 && tx.is(hasTime) {
			cl.evicted++
		}
		cl.giveUp(h)
	}
}

// giveUp closes a transaction that something could join still.
func (cl *closer) giveUp(h handle) {
	cl.viewer.givenUp = true
	cl.close(h)
	cl.viewer.givenUp = false
}

// held is what the state takes that Limits.Memory bounds, in bytes.
func (cl *closer) held() int64 {
	return cl.table.size + cl.table.byBranch.size() + cl.table.byCall.size() + cl.settled.size() + cl.progress.begun.size() +
		cl.groups.held + cl.ledger.open.held + cl.ledger.plain.held + cl.blame.findings.held + cl.blame.noted.held + cl.blame.heldOf + cl.legs.waiting.size()
}

// dropSettled takes out of the queue what has closed for another reason, so that it
// is no longer than what is open where the clock stands still.
func (cl *closer) dropSettled() {
	for d := cl.settled.head(); d != nil && !cl.table.holds(d.h, d.id); d = cl.settled.head() {
		cl.settled.pop()
	}
}

// close judges a transaction that nothing can join any more, hands it on and
// forgets it.
func (cl *closer) close(h handle) { cl.closeViewed(h, cl.viewer.view(h)) }

// closeViewed is close where the record has been viewed already, as t.
func (cl *closer) closeViewed(h handle, t *result.Transaction) {
	t.Closed = true
	x := cl.examine(h, t)
	tx := cl.table.at(h)
	t.Again, t.Changed = tx.is(isShown), tx.is(isShown) && tx.is(isChanged)
	if tx.is(isUnanswered) {
		cl.progress.unanswered--
	}
	cl.legs.closed(h, t, x)
	cl.deliveries.leave(tx, t, x)
	cl.table.remove(h)
}

// examine applies the rules for closed transactions.
func (cl *closer) examine(h handle, t *result.Transaction) *Exchange {
	tx := cl.table.at(h)
	x := &cl.judged
	x.Transaction, x.Unmatchable, x.Looped, x.Blind = t, tx.is(isUnmatchable), tx.is(isLooped), false
	x.Agent, x.Refused, x.Spared, x.NotTheType = "", "", false, tx.is(isNotTheType|isHeadCut)
	if tx.is(isReported) && tx.status != 0 {
		x.Agent = cl.hosts.agentName(tx.answerAgent)
	}
	if t.Outcome == result.Orphan {
		x.Blind = cl.beganBefore(tx) || !cl.hosts.sightings.heard(t.Src)
	}
	cl.watch.closed(tx, t.Outcome)
	x.Detail = ""
	if t.Outcome == result.Timeout {
		x.Detail = cl.otherHosts(t)
		cl.explain(tx, t, x)
		conn, _ := cl.hosts.connOf(tx)
		unseen := !t.Transport.Reliable() && cl.stoppedEarly(tx, t) && !cl.hosts.sightings.seen(t.Dst, t.Src) && !cl.groups.gaveUpBefore(tx)
		if unseen && t.Cause == noResponse {
			t.Cause += cl.notSeen(t)
		}
		x.Blind = conn.gap || unseen || cl.hosts.behindCut(tx, t)
		x.Spared = tx.retransmissions == 0 && cl.groups.isSpared(tx)
		if x.Blind {
			cl.blind++
		}
	}
	if t.Outcome == result.Rejected && t.Status >= 500 && t.Status < 600 {
		cl.explain(tx, t, x)
	}
	cl.facts = cl.facts[:0]
	if !cl.options.noRules {
		cl.facts = apply(closedRules, cl.facts, x)
	}
	if cl.hosts.answerNotTaken(tx) && cl.clock-tx.lag()-tx.final >= int64(cl.timers.T4) {
		cl.notTaken(tx, t, x)
	}
	for _, f := range cl.facts {
		tx.push(nodeFinding, uint64(f.rule))
		if !cl.deliveries.hold(f, tx.record, x) {
			cl.blame.addClosed(f, x)
		}
		tx.set(isChanged)
	}
	t.Findings = ruleIDs(t.Findings[:0], tx)
	return x
}

// notSeen says of what the capture has had nothing so far: the answer may have been there. What
// comes later may be of it.
func (cl *closer) notSeen(t *result.Transaction) string {
	text := "; no SIP from " + t.Dst.Host()
	if cl.hosts.sightings.heard(t.Dst) {
		text += " to " + t.Src.Host()
	}
	return text + " until then"
}

// notTaken notes that the final response of a transaction did not arrive over TCP.
func (cl *closer) notTaken(tx txn, t *result.Transaction, x *Exchange) {
	tx.set(isBounced | isChanged)
	if rule := responseUnreachable.index(); !cl.options.noRules {
		x.Detail = t.Dst.String() + " sent it again over TCP, and nobody acknowledged it"
		cl.facts = append(cl.facts, fact{rule: rule, severity: catalogue[rule].level(x)})
	}
}

// stoppedEarly reports whether the sender of an unanswered request stopped to send it again
// as one does that has its answer: at once, or sooner than it does with other requests.
func (cl *closer) stoppedEarly(tx txn, t *result.Transaction) bool {
	if tx.retransmissions == 0 {
		return true
	}
	most, _ := cl.hosts.sightings.asks.get(t.Src.IP)
	due := tx.at(tx.latest) + cl.nextTimerE(tx)
	return tx.retransmissions < most && due+crossing < tx.first+int64(cl.timers.F())
}

// ruleIDs appends the ids of the rules that the transaction breaks, sorted.
func ruleIDs(ids []string, tx txn) []string {
	tx.each(nodeFinding, func(v uint64) { ids = append(ids, catalogue[v].ID) })
	slices.Sort(ids)
	return slices.Compact(ids)
}
