package analyze

import (
	"slices"
	"strconv"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// close judges a transaction that nothing can join any more, hands it on and
// forgets it.
func (a *analyzer) close(h handle) { a.closeViewed(h, a.view(h)) }

// closeViewed is close where the record has been viewed already, as t.
func (a *analyzer) closeViewed(h handle, t *result.Transaction) {
	t.Closed = true
	x := a.judge(h, t)
	tx := a.store.at(h)
	t.Again, t.Changed = tx.is(isShown), tx.is(isShown) && tx.is(isChanged)
	if tx.is(isUnanswered) {
		a.progress.unanswered--
	}
	a.legClosed(h, t, x)
	a.leave(tx, t, x)
	a.store.remove(h)
}

// settle counts a closed transaction and hands it on, unless Options.Where leaves
// it out: then it reports false.
func (a *analyzer) settle(t *result.Transaction) (wanted bool) {
	if !a.wants(t) {
		return false
	}
	a.summary.Add(t.Outcome, t.Retransmissions)
	a.statuses.add(t.Status)
	a.peers.add(t)
	if t.HasRTT {
		a.rtt.add(t.RTT)
	}
	a.handler.Transaction(t)
	return true
}

// wants reports whether Options.Where keeps the transaction, and remembers it so
// that findings about others can be left out.
func (a *analyzer) wants(t *result.Transaction) bool {
	if a.options.Where == nil {
		return true
	}
	if !a.options.Where(t) {
		return false
	}
	a.kept.put(t.ID, true)
	return true
}

// show hands on a transaction that is still open.
func (a *analyzer) show(h handle) {
	t := a.view(h)
	t.Closed = false
	if a.wants(t) {
		r := a.store.at(h).record
		r.setIf(isChanged, false)
		r.set(isShown)
		if t.HasRTT {
			a.minute.add(t.RTT, a.clock)
		}
		a.handler.Transaction(t)
	}
}

// judge applies the rules for closed transactions.
func (a *analyzer) judge(h handle, t *result.Transaction) *Exchange {
	tx := a.store.at(h)
	x := &a.judged
	x.Transaction, x.Unmatchable, x.Looped, x.Blind = t, tx.is(isUnmatchable), tx.is(isLooped), false
	x.Agent, x.Refused = "", ""
	if tx.is(isReported) && tx.status != 0 {
		x.Agent = a.agentName(tx.answerAgent)
	}
	if t.Outcome == result.Orphan {
		x.Blind = a.beganBefore(tx)
	}
	if t.Outcome.Missing() || t.Outcome == result.Rejected {
		a.gaveUp(tx)
	}
	x.Detail = ""
	if t.Outcome == result.Timeout {
		x.Detail = a.otherHosts(t)
		a.explain(tx, t, x)
		conn, _ := a.connOf(tx)
		x.Blind = conn.gap || !t.Transport.Reliable() && tx.retransmissions == 0 && !a.sightings.seen(t.Dst, t.Src) && !a.gaveUpBefore(tx)
		if x.Blind {
			a.blind++
		}
	}
	if t.Outcome == result.Rejected && t.Status >= 500 && t.Status < 600 {
		a.explain(tx, t, x)
	}
	a.facts = a.facts[:0]
	if !a.options.noRules {
		a.facts = apply(closedRules, a.facts, x)
	}
	for _, f := range a.facts {
		tx.push(nodeFinding, uint64(f.rule))
		if !a.hold(f, tx.record, x) {
			a.addClosed(f, x)
		}
		tx.set(isChanged)
	}
	t.Findings = ruleIDs(t.Findings[:0], tx)
	return x
}

// beganBefore reports whether the request of an orphan may be from before the capture.
func (a *analyzer) beganBefore(tx txn) bool {
	return tx.opened()-a.firstSIP < int64(a.timers.F())
}

// ruleIDs appends the ids of the rules that the transaction breaks, sorted.
func ruleIDs(ids []string, tx txn) []string {
	tx.each(nodeFinding, func(v uint64) { ids = append(ids, catalogue[v].ID) })
	slices.Sort(ids)
	return slices.Compact(ids)
}

// view fills the scratch Transaction from a record. It is valid until the next call.
func (a *analyzer) view(h handle) *result.Transaction {
	if a.joiner != nil {
		return &a.joiner.byHandle[h].t
	}
	tx := a.store.at(h)
	a.strings = a.viewInto(&a.closing, tx, a.strings)
	return &a.closing
}

// viewInto fills t from a record, and changes nothing else. It returns scratch.
func (a *analyzer) viewInto(t *result.Transaction, tx txn, scratch []byte) []byte {
	*t = result.Transaction{
		ID: tx.id(), Delivery: tx.deliveryID(), CSeq: tx.cseqNumber(), HasCSeq: tx.is(hasCSeq), BodyBytes: int(tx.bodyBytes), BodyCut: tx.is(isBodyCut), HasTime: tx.is(hasTime),
		Retransmissions: int(tx.retransmissions), Duplicates: int(tx.duplicates), Status: int(tx.status), Final: tx.final,
		Provisional: t.Provisional[:0], Findings: t.Findings[:0],
		RequestFrames: t.RequestFrames[:0], ResponseFrames: t.ResponseFrames[:0],
	}
	p := tx.common()
	t.Src, t.Dst, t.Transport, t.IPsec = p.src, p.dst, p.transport, p.ipsec
	scratch = fillText(t, tx, &p, scratch)
	t.Body = tx.noted(nodeBody)
	if tx.is(hasRequest) {
		t.FirstRequest, t.LastRequest = tx.first, tx.first
		t.RequestFrames = append(t.RequestFrames, tx.request)
	}
	if tx.response != 0 {
		t.ResponseFrames = append(t.ResponseFrames, tx.response)
	}
	fillLists(t, tx)
	t.Outcome, t.Cause = a.outcome(tx, t)
	if tx.is(hasTime) && tx.is(hasRequest) && !tx.is(isTorn) && tx.status != 0 && tx.final >= tx.first {
		t.HasRTT = true
		t.RTT, t.RTTLast = time.Duration(tx.final-tx.first), time.Duration(max(0, tx.final-t.LastRequest))
	}
	t.Findings = ruleIDs(t.Findings, tx)
	return scratch
}

// fillLists appends what is kept in the record's nodes, in order of arrival.
func fillLists(t *result.Transaction, tx txn) {
	if tx.more == 0 {
		return
	}
	for i := tx.more; i != 0; i = tx.nodes[i].next {
		switch n := &tx.nodes[i]; n.kind {
		case nodeRequest:
			t.RequestFrames = append(t.RequestFrames, capture.Ref(n.value))
		case nodeResponse:
			t.ResponseFrames = append(t.ResponseFrames, capture.Ref(n.value))
		case nodeLast:
			t.LastRequest = max(t.LastRequest, int64(n.value))
		case nodeProvisional:
			t.Provisional = append(t.Provisional, int(n.value))
		}
	}
	reverseTail(t.RequestFrames)
	reverseTail(t.ResponseFrames)
	slices.Reverse(t.Provisional)
}

// reverseTail turns all but the first frame round: the list holds the latest first.
func reverseTail(frames []capture.Ref) {
	if len(frames) > 2 {
		slices.Reverse(frames[1:])
	}
}

// fillText sets the strings of t. They are parts of one string, so that a closing
// transaction costs one allocation. It returns scratch.
func fillText(t *result.Transaction, tx txn, p *common, scratch []byte) []byte {
	fields := [...]struct {
		text []byte
		set  *string
	}{
		{tx.get(p.method), &t.Method}, {tx.get(tx.callID), &t.CallID}, {tx.get(tx.branch), &t.Branch}, {tx.get(p.sentBy), &t.SentBy},
		{tx.get(tx.from), &t.From}, {tx.get(tx.to), &t.To}, {tx.get(tx.uri), &t.RequestURI}, {tx.get(p.contentType), &t.ContentType},
		{tx.get(tx.reason), &t.Reason}, {tx.noted(nodeCause), &t.Cause},
	}
	scratch = scratch[:0]
	for i := range fields {
		scratch = append(scratch, fields[i].text...)
	}
	all := string(scratch)
	for i := range fields {
		n := len(fields[i].text)
		*fields[i].set, all = all[:n], all[n:]
	}
	return scratch
}

// outcome decides how the transaction ended, and why where there is no final
// response.
func (a *analyzer) outcome(tx txn, t *result.Transaction) (result.Outcome, string) {
	switch {
	case tx.status != 0 && tx.is(hasRequest):
		return result.OutcomeOf(int(tx.status)), ""
	case !tx.is(hasRequest):
		return result.Orphan, "the request is not in the capture"
	case tx.is(isUnreachable):
		return result.Unreachable, t.Cause
	}
	if why := a.answersSealed(tx, t); why != "" {
		return result.Pending, why
	}
	if conn, ok := a.connOf(tx); ok && conn.ended != 0 && conn.time >= tx.first && time.Duration(conn.time-tx.opened()) < a.timers.F() {
		t.LeftBySender = conn.by == t.Src
		return result.Unreachable, closedCause(&conn, t)
	}
	passed := time.Duration(a.clock - tx.opened())
	if passed >= a.timers.F() {
		return result.Timeout, timeoutCause(t)
	}
	return result.Pending, pendingCause(t, tx.is(hasTime), passed)
}

// connOf returns what happened to the TCP connection of a transaction.
func (a *analyzer) connOf(tx txn) (connState, bool) {
	conn := tx.common().conn
	if conn == 0 {
		return connState{}, false
	}
	return a.conns.get(uint64(conn))
}

// closedCause says who ended the connection that the answer should have come on.
func closedCause(conn *connState, t *result.Transaction) string {
	how := "closed"
	if conn.ended == decode.ConnReset {
		how = "reset"
	}
	if conn.by != t.Src {
		return "TCP connection " + how + " by " + conn.by.String() + " in " + frameText(conn.frame)
	}
	text := "the sender " + how + " its own TCP connection in " + frameText(conn.frame)
	if conn.acked {
		text += "; the peer had the request: it acknowledged the bytes"
	}
	return text
}

// gaveUpBefore reports whether the hop that the record's request came from says
// itself that nothing came back (408 and 504): then the capture has missed nothing.
func (a *analyzer) gaveUpBefore(tx txn) bool {
	parent := tx.parentID()
	if parent == 0 || tx.group == 0 {
		return false
	}
	status := 0
	if closed := a.deliveries.groups[tx.group].closed; closed != nil {
		if hop := hopIn(&closed.Delivery, parent); hop != nil {
			status = hop.Status
		}
	}
	if status == 0 {
		a.findCallID(tx.get(tx.callID), hash32(tx.get(tx.callID)), func(o txn) bool {
			if o.id() == parent {
				status = int(o.status)
			}
			return status != 0
		})
	}
	return status == 408 || status == 504
}

func timeoutCause(t *result.Transaction) string {
	switch {
	case t.Cause != "":
		return t.Cause
	case len(t.Provisional) > 0:
		return "no final response after " + strconv.Itoa(t.Provisional[len(t.Provisional)-1])
	}
	return "no response in time"
}

func pendingCause(t *result.Transaction, hasTime bool, passed time.Duration) string {
	switch {
	case t.Cause != "":
		return t.Cause
	case !hasTime:
		return "no response, and the capture has no times"
	}
	return "the capture ends " + passed.Round(time.Millisecond).String() + " after the request"
}
