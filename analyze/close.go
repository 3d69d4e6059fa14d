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
	c, r := a.store.at(h)
	t.Again, t.Changed = r.is(isShown), r.is(isShown) && r.is(isChanged)
	if r.is(isUnanswered) {
		a.progress.unanswered--
	}
	a.legClosed(h, t, x)
	a.leave(c, r, t, x)
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
		_, r := a.store.at(h)
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
	c, r := a.store.at(h)
	x := &a.judged
	x.Transaction, x.Unmatchable, x.Looped, x.Blind = t, r.is(isUnmatchable), r.is(isLooped), false
	x.Agent, x.Refused = "", ""
	if r.is(isReported) && r.status != 0 {
		x.Agent = a.agentName(r.answerAgent)
	}
	if t.Outcome == result.Orphan {
		x.Blind = a.beganBefore(c, r)
	}
	if t.Outcome.Missing() || t.Outcome == result.Rejected {
		a.gaveUp(c, r)
	}
	x.Detail = ""
	if t.Outcome == result.Timeout {
		x.Detail = a.otherHosts(t)
		a.explain(c, r, t, x)
		conn, _ := a.connOf(c, r)
		x.Blind = conn.gap || !t.Transport.Reliable() && r.retransmissions == 0 && !a.sightings.seen(t.Dst, t.Src) && !a.gaveUpBefore(c, r)
		if x.Blind {
			a.blind++
		}
	}
	if t.Outcome == result.Rejected && t.Status >= 500 && t.Status < 600 {
		a.explain(c, r, t, x)
	}
	a.facts = a.facts[:0]
	if !a.options.noRules {
		a.facts = apply(closedRules, a.facts, x)
	}
	for _, f := range a.facts {
		c.push(r, nodeFinding, uint64(f.rule))
		if !a.hold(f, r, x) {
			a.addClosed(f, x)
		}
		r.set(isChanged)
	}
	t.Findings = ruleIDs(t.Findings[:0], c, r)
	return x
}

// beganBefore reports whether the request of an orphan may be from before the capture.
func (a *analyzer) beganBefore(c *chunk, r *record) bool {
	return c.opened(r)-a.firstSIP < int64(a.timers.F())
}

// ruleIDs appends the ids of the rules that the transaction breaks, sorted.
func ruleIDs(ids []string, c *chunk, r *record) []string {
	c.each(r, nodeFinding, func(v uint64) { ids = append(ids, catalogue[v].ID) })
	slices.Sort(ids)
	return slices.Compact(ids)
}

// view fills the scratch Transaction from a record. It is valid until the next call.
func (a *analyzer) view(h handle) *result.Transaction {
	if a.joiner != nil {
		return &a.joiner.byHandle[h].t
	}
	c, r := a.store.at(h)
	a.strings = a.viewInto(&a.closing, c, r, a.strings)
	return &a.closing
}

// viewInto fills t from a record, and changes nothing else. It returns scratch.
func (a *analyzer) viewInto(t *result.Transaction, c *chunk, r *record, scratch []byte) []byte {
	*t = result.Transaction{
		ID: c.id(r), Delivery: c.delivery(r), CSeq: c.cseqOf(r), HasCSeq: r.is(hasCSeq), BodyBytes: int(r.bodyBytes), BodyCut: r.is(isBodyCut), HasTime: r.is(hasTime),
		Retransmissions: int(r.retransmissions), Duplicates: int(r.duplicates), Status: int(r.status), Final: r.final,
		Provisional: t.Provisional[:0], Findings: t.Findings[:0],
		RequestFrames: t.RequestFrames[:0], ResponseFrames: t.ResponseFrames[:0],
	}
	p := c.hopOf(r)
	t.Src, t.Dst, t.Transport, t.IPsec = p.src, p.dst, p.transport, p.ipsec
	scratch = fillText(t, c, r, &p, scratch)
	t.Body = c.noted(r, nodeBody)
	if r.is(hasRequest) {
		t.FirstRequest, t.LastRequest = r.first, r.first
		t.RequestFrames = append(t.RequestFrames, r.request)
	}
	if r.response != 0 {
		t.ResponseFrames = append(t.ResponseFrames, r.response)
	}
	fillLists(t, c, r)
	t.Outcome, t.Cause = a.outcome(c, r, t)
	if r.is(hasTime) && r.is(hasRequest) && !r.is(isTorn) && r.status != 0 && r.final >= r.first {
		t.HasRTT = true
		t.RTT, t.RTTLast = time.Duration(r.final-r.first), time.Duration(max(0, r.final-t.LastRequest))
	}
	t.Findings = ruleIDs(t.Findings, c, r)
	return scratch
}

// fillLists appends what is kept in the record's nodes, in order of arrival.
func fillLists(t *result.Transaction, c *chunk, r *record) {
	if r.more == 0 {
		return
	}
	for i := r.more; i != 0; i = c.nodes[i].next {
		switch n := &c.nodes[i]; n.kind {
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
func fillText(t *result.Transaction, c *chunk, r *record, p *hop, scratch []byte) []byte {
	fields := [...]struct {
		text []byte
		set  *string
	}{
		{c.get(p.method), &t.Method}, {c.get(r.callID), &t.CallID}, {c.get(r.branch), &t.Branch}, {c.get(p.sentBy), &t.SentBy},
		{c.get(r.from), &t.From}, {c.get(r.to), &t.To}, {c.get(r.uri), &t.RequestURI}, {c.get(p.contentType), &t.ContentType},
		{c.get(r.reason), &t.Reason}, {c.noted(r, nodeCause), &t.Cause},
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
func (a *analyzer) outcome(c *chunk, r *record, t *result.Transaction) (result.Outcome, string) {
	switch {
	case r.status != 0 && r.is(hasRequest):
		return result.OutcomeOf(int(r.status)), ""
	case !r.is(hasRequest):
		return result.Orphan, "the request is not in the capture"
	case r.is(isUnreachable):
		return result.Unreachable, t.Cause
	}
	if why := a.answersSealed(c, r, t); why != "" {
		return result.Pending, why
	}
	if conn, ok := a.connOf(c, r); ok && conn.ended != 0 && conn.time >= r.first && time.Duration(conn.time-c.opened(r)) < a.timers.F() {
		t.LeftBySender = conn.by == t.Src
		return result.Unreachable, closedCause(&conn, t)
	}
	passed := time.Duration(a.clock - c.opened(r))
	if passed >= a.timers.F() {
		return result.Timeout, timeoutCause(t)
	}
	return result.Pending, pendingCause(t, r.is(hasTime), passed)
}

// connOf returns what happened to the TCP connection of a transaction.
func (a *analyzer) connOf(c *chunk, r *record) (connState, bool) {
	conn := c.hopOf(r).conn
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
func (a *analyzer) gaveUpBefore(c *chunk, r *record) bool {
	parent := c.parentID(r)
	if parent == 0 || r.group == 0 {
		return false
	}
	status := 0
	if closed := a.deliveries.groups[r.group].closed; closed != nil {
		if hop := hopIn(&closed.Delivery, parent); hop != nil {
			status = hop.Status
		}
	}
	if status == 0 {
		a.findCallID(c.get(r.callID), hash32(c.get(r.callID)), func(c *chunk, o *record) bool {
			if c.id(o) == parent {
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
