package analyze

import (
	"slices"
	"strconv"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// viewer shows open transactions as others see them, with their outcome as it is now.
type viewer struct {
	*run
	table   *table
	hosts   *hosts
	blame   *blame
	givenUp bool               // what closes has to make room
	closing result.Transaction // scratch
	strings []byte             // scratch
}

// view fills the scratch Transaction from a record. It is valid until the next call.
func (v *viewer) view(h handle) *result.Transaction {
	if v.joiner != nil {
		return &v.joiner.byHandle[h].t
	}
	tx := v.table.at(h)
	v.strings = v.viewInto(&v.closing, tx, v.strings)
	v.closing.InFindings = v.blame.findingsOf[v.closing.ID]
	return &v.closing
}

// viewInto fills t from a record, and changes nothing else. It returns scratch.
func (v *viewer) viewInto(t *result.Transaction, tx txn, scratch []byte) []byte {
	provisional, findings, requests, responses := t.Provisional[:0], t.Findings[:0], t.RequestFrames[:0], t.ResponseFrames[:0]
	*t = result.Transaction{} // in place: so large a literal would be made elsewhere and copied
	t.Provisional, t.Findings, t.RequestFrames, t.ResponseFrames = provisional, findings, requests, responses
	t.ID, t.Delivery, t.CSeq, t.HasCSeq = tx.id(), tx.deliveryID(), tx.cseqNumber(), tx.is(hasCSeq)
	t.BodyBytes, t.BodyCut, t.HasTime = int(tx.bodyBytes), tx.is(isBodyCut), tx.is(hasTime)
	t.Retransmissions, t.Duplicates, t.Status, t.Final = int(tx.retransmissions), int(tx.duplicates), int(tx.status), tx.final
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
	t.Outcome, t.Cause = v.outcome(tx, t)
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
func (v *viewer) outcome(tx txn, t *result.Transaction) (result.Outcome, string) {
	switch {
	case tx.status != 0 && tx.is(hasRequest):
		return result.OutcomeOf(int(tx.status)), ""
	case !tx.is(hasRequest):
		return result.Orphan, "the request is not in the capture"
	case tx.is(isUnreachable):
		return result.Unreachable, t.Cause
	}
	if why := v.hosts.answersSealed(tx, t); why != "" {
		t.AnswerHidden = true
		return result.Pending, why
	}
	if v.hosts.missesAnswer(tx) {
		t.AnswerHidden = true
		return result.Pending, "bytes that " + t.Dst.String() + " sent are missing in the capture, and the answer may be among them"
	}
	if conn, ok := v.hosts.connOf(tx); ok && conn.ended != 0 && conn.time >= tx.opened() && time.Duration(conn.time-tx.opened()) < v.timers.F() {
		t.LeftBySender = conn.by == t.Src
		return result.Unreachable, closedCause(&conn, t)
	}
	passed := time.Duration(v.clock - tx.opened())
	if passed >= v.timers.F() {
		return result.Timeout, timeoutCause(t)
	}
	return result.Pending, v.pendingCause(t, tx.is(hasTime), passed)
}

// closedCause says who ended the connection that the answer should have come on.
func closedCause(conn *connState, t *result.Transaction) string {
	what, how := "TCP connection ", "closed"
	switch {
	case t.Transport == decode.SCTP:
		what, how = "SCTP association ", "aborted"
	case conn.ended == decode.ConnReset:
		how = "reset"
	}
	if conn.by != t.Src {
		return what + how + " by " + conn.by.String() + " in " + frameText(conn.frame)
	}
	text := "the sender " + how + " its own " + what + "in " + frameText(conn.frame)
	if conn.acked {
		text += "; the peer had the request: it acknowledged the bytes"
	}
	return text
}

func timeoutCause(t *result.Transaction) string {
	switch {
	case t.Cause != "":
		return t.Cause
	case len(t.Provisional) > 0:
		return "no final response after " + strconv.Itoa(t.Provisional[len(t.Provisional)-1])
	}
	return noResponse
}

// noResponse is the cause where nothing else is known.
const noResponse = "no response in time"

func (v *viewer) pendingCause(t *result.Transaction, hasTime bool, passed time.Duration) string {
	switch {
	case t.Cause != "":
		return t.Cause
	case !hasTime:
		return "no response, and the capture has no times"
	case v.givenUp:
		return "given up " + passed.Round(time.Millisecond).String() + " after the request, because a limit was reached"
	}
	return "the capture ends " + passed.Round(time.Millisecond).String() + " after the request"
}
