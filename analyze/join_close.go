package analyze

import (
	"cmp"
	"math"
	"slices"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/sip"
)

// refresh makes one transaction of what several hosts saw of it, and tells what is new.
func (j *Joiner) refresh(o *joined) {
	a := j.a
	before := o.t
	o.merge()
	tx := a.table.at(o.h)
	t := &o.t
	t.ID, t.Delivery = tx.id(), tx.deliveryID()
	answered := tx.status == 0 && t.Status != 0
	j.record(tx, o)
	if o.until = o.seen[0].Until; len(o.seen) > 1 {
		for _, s := range o.seen[1:] {
			o.until = max(o.until, s.Until)
		}
	}
	j.due.fix(o)
	if answered {
		j.answered(o)
	}
	if !a.options.Live {
		return
	}
	a.progress.recount(tx.record)
	switch {
	case answered && tx.is(hasRequest):
		a.totals.show(tx, a.viewer.view(o.h))
		a.progress.early(o.h)
	case tx.is(isShown) && (t.Status != before.Status || t.Retransmissions != before.Retransmissions || len(t.Findings) != len(before.Findings)):
		tx.set(isChanged)
	}
}

// record keeps in the store what joining asks of a transaction.
func (j *Joiner) record(tx txn, o *joined) {
	t := &o.t
	tx.status, tx.final = uint16(t.Status), t.Final
	tx.retransmissions = uint16(min(t.Retransmissions, math.MaxUint16))
	for _, s := range o.seen {
		if s.Head != nil {
			tx.latest = max(tx.latest, tx.since(s.LastSeen))
		}
		tx.setIf(isUnmatchable, tx.is(isUnmatchable) || s.Unmatchable)
		tx.setIf(isBounced, tx.is(isBounced) || s.Bounced)
		if s.Server != "" {
			j.a.totals.peers.agents.put(s.Transaction.Dst, s.Server)
		}
	}
	if len(t.ResponseFrames) > 0 {
		tx.response = t.ResponseFrames[0]
	}
}

// answered takes the first final response.
func (j *Joiner) answered(o *joined) {
	a, t := j.a, &o.t
	a.hosts.sightings.add(t.Dst, t.Src)
	j.tellAnswer(o)
	for _, s := range o.seen {
		var m decode.Message
		if s.Answer == nil || !m.Scan(s.Answer) || m.Kind != sip.Response {
			continue
		}
		m.Src, m.Dst, m.Transport, m.Time, m.HasTime = t.Dst, t.Src, t.Transport, t.Final, t.HasTime
		if len(t.ResponseFrames) > 0 {
			m.Frame = t.ResponseFrames[0]
		}
		a.ledger.answered(&m, a.options.carries(&m, new(content.Memory)), o.h)
		return
	}
}

// merge makes the transaction of all sights.
func (o *joined) merge() {
	o.t = o.seen[0].Transaction.Clone()
	o.t.Closed = false
	for _, s := range o.seen[1:] {
		meet(&o.t, &s.Transaction)
	}
	slices.Sort(o.t.Findings)
	o.t.Findings = slices.Compact(o.t.Findings)
}

// meet adds another host's sight of the same transaction. What one saw, another one's
// sight of it is a copy of; times are on the clock of the first, unless only the other
// saw the answer.
func meet(t *result.Transaction, other *result.Transaction) {
	copies := other.Duplicates + len(other.RequestFrames) + len(other.ResponseFrames)
	t.Retransmissions = max(t.Retransmissions, other.Retransmissions)
	t.Findings = append(t.Findings, other.Findings...)
	if t.Status == 0 && (other.Status != 0 || orderOf(other.Outcome) < orderOf(t.Outcome)) {
		copies -= len(other.ResponseFrames)
		t.Outcome, t.Cause, t.LeftBySender = other.Outcome, other.Cause, other.LeftBySender
		t.Status, t.Reason, t.Final, t.Provisional, t.ResponseFrames = other.Status, other.Reason, other.Final, other.Provisional, other.ResponseFrames
		t.RTT, t.RTTLast, t.HasRTT = other.RTT, other.RTTLast, other.HasRTT
		if t.Status != 0 {
			t.Outcome = result.OutcomeOf(t.Status)
		}
		if !t.HasRTT && t.Status != 0 && t.FirstRequest != 0 && t.HasTime && t.Final >= t.FirstRequest {
			t.HasRTT = true
			t.RTT, t.RTTLast = time.Duration(t.Final-t.FirstRequest), time.Duration(t.Final-t.LastRequest)
		}
	}
	t.Duplicates += copies
}

// orderOf orders the outcomes without a final response: what says most comes first.
func orderOf(o result.Outcome) int {
	return slices.Index([]result.Outcome{result.Unreachable, result.Timeout, result.Pending, result.Orphan}, o)
}

// close judges a transaction that is over, and hands it on.
func (j *Joiner) close(o *joined) {
	a := j.a
	tx := a.table.at(o.h)
	t := &o.t
	t.Closed = true
	if tx.is(isUnanswered) {
		a.progress.unanswered--
	}
	if t.Outcome == result.Pending && j.missing != "" {
		t.Cause = joinCauses(t.Cause, j.missing)
	}
	j.offsets.learn(o)
	x := j.judge(o, tx)
	t.Again, t.Changed = tx.is(isShown), tx.is(isShown) && tx.is(isChanged)
	a.pairing.copies += uint64(t.Duplicates)
	j.left(o, tx.group, func() { a.deliveries.leave(tx, t, x) })
	a.table.remove(o.h)
	j.forget(o)
}

// judge applies the rules for closed transactions, and counts what messages have broken.
func (j *Joiner) judge(o *joined, tx txn) *Exchange {
	a, first := j.a, o.seen[0]
	x := &a.closer.judged
	x.Transaction, x.Detail, x.Refused, x.Agent = &o.t, first.Detail, first.Refused, first.Reporter
	x.Unmatchable, x.Looped, x.NotTheType, x.Blind = tx.is(isUnmatchable), false, false, true
	for _, s := range o.seen {
		x.Looped, x.NotTheType, x.Blind = x.Looped || s.Looped, x.NotTheType || s.NotTheType, x.Blind && s.Blind
	}
	if x.Blind && o.t.Outcome == result.Timeout {
		a.closer.blind++
	}
	a.closer.facts = apply(closedRules, a.closer.facts[:0], x)
	for _, f := range a.closer.facts {
		tx.push(nodeFinding, uint64(f.rule))
		if !a.deliveries.hold(f, tx.record, x) {
			a.blame.addClosed(f, x)
		}
	}
	j.count(o)
	o.t.Findings = ruleIDs(o.t.Findings, tx)
	return x
}

// count counts what messages of the hop have broken: what two hosts saw, once.
func (j *Joiner) count(o *joined) {
	var all []Found
	for _, s := range o.seen {
		for _, f := range s.Found {
			at := slices.IndexFunc(all, func(g Found) bool { return g.Rule == f.Rule && g.Peer == f.Peer && g.Status == f.Status })
			if at < 0 {
				all = append(all, f)
			} else {
				all[at].Count = max(all[at].Count, f.Count)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Found) int { return cmp.Compare(a.Rule, b.Rule) })
	for i := range all {
		j.found(&all[i], &o.t)
	}
}

// found counts a finding of the messages of a transaction.
func (j *Joiner) found(f *Found, t *result.Transaction) {
	index := slices.IndexFunc(catalogue, func(rule Rule) bool { return rule.ID == f.Rule })
	if index < 0 || f.Severity < result.Info || f.Severity > result.Error || judgedJoined()[index] {
		return // another version of simplecap
	}
	all := &j.a.blame.findings
	one := all.find(group{index, f.Severity, f.Peer, f.Status})
	if one == nil || f.Count == 0 {
		return
	}
	if one.Count == 0 {
		one.Message, one.UserAgent = f.Message, f.UserAgent
	} else if one.Message != f.Message {
		one.differs = true
	}
	j.a.blame.belongs(one, t.ID)
	frame := capture.Ref(0)
	if f.Status != 0 && len(t.ResponseFrames) > 0 {
		frame = t.ResponseFrames[0]
	} else if len(t.RequestFrames) > 0 {
		frame = t.RequestFrames[0]
	}
	all.add(one, frame)
	one.Count += f.Count - 1
}

// onto adds to a hop what only those know who saw it.
func (j *Joiner) onto(hop *result.Hop, o *joined) {
	hop.SeenUntil, hop.Sealed, hop.Undecided = 0, j.missing, false
	if slices.ContainsFunc(o.seen, func(s *sight) bool { return s.Head != nil && s.Transaction.Status != 0 }) {
		hop.StillRetransmits = false // a host that saw both can tell better, by one clock
	}
	for _, s := range o.seen {
		hop.Forwarder = hop.Forwarder || s.Forwards
		hop.StillRetransmits = hop.StillRetransmits || s.Again
		hop.Sealed, hop.Refused = cmp.Or(s.Sealed, hop.Sealed), cmp.Or(hop.Refused, s.Refused)
		hop.SeenUntil = max(hop.SeenUntil, s.Seen, min(j.a.clock, s.Until))
		hop.Times = append(hop.Times, result.HostTime{Host: s.Agent, First: s.Transaction.FirstRequest, Final: s.Transaction.Final, Bound: s.Bound})
	}
}

// forget drops what is held of a transaction.
func (j *Joiner) forget(o *joined) {
	delete(j.byHandle, o.h)
	j.due.remove(o)
	for _, s := range o.seen {
		id := legID{s.Agent, s.Epoch, s.Transaction.ID}
		delete(j.byLeg, id)
		j.unname(s)
		j.gone.put(id, true)
		j.held -= s.bytes
	}
	j.byHop.drop(o.key, &o.same)
}

// End joins and closes what is left, at the end of all captures.
func (j *Joiner) End() {
	for len(j.pending) > 0 {
		j.enter(j.pending[0], 0)
	}
	for h := j.a.table.oldest(); h != 0; h = j.a.table.oldest() {
		j.close(j.byHandle[h])
	}
	j.a.ledger.end()
}

// Report is what was found so far; inputs and stats are what the agents say of what they
// read.
func (j *Joiner) Report(inputs []capture.Input, stats decode.Stats) *result.Report {
	r := j.a.report(inputs, stats)
	r.Open, r.Held, r.Now = j.a.progress.unanswered, j.open(), j.a.clock
	return r
}
