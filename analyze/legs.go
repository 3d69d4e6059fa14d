package analyze

import (
	"bytes"
	"slices"
	"sync"
	"time"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/redact"
)

// legs hands on what one host saw, for Options.Legs.
type legs struct {
	*run
	table  *table
	hosts  *hosts
	groups *groups
	blame  *blame
	viewer *viewer
	totals *totals

	handler  LegHandler // nil where nobody wants them
	waiting  queue      // transactions that have not been handed on
	marks    []string   // of the transaction that closes, scratch
	leg      Leg        // scratch
	answered handle     // by the message at hand, 0 for none
	marked   int64      // the clock when Mark was called last
}

// noted is what messages of open transactions have broken, for their legs.
type noted struct {
	of   map[uint64][]Found // by transaction; nil where nobody wants legs
	held int64              // bytes that it takes
}

// add counts a rule that a message of a transaction breaks.
func (n *noted) add(transaction uint64, found Found) {
	list := n.of[transaction]
	for i := range list {
		if f := &list[i]; f.Rule == found.Rule && f.Peer == found.Peer && f.Status == found.Status && f.Severity == found.Severity {
			f.Count++
			return
		}
	}
	if len(list) == mostFound {
		return
	}
	n.held += foundBytes
	n.of[transaction] = append(list, found)
}

// drop forgets a transaction.
func (n *noted) drop(transaction uint64) {
	if found, ok := n.of[transaction]; ok {
		delete(n.of, transaction)
		n.held -= foundBytes * int64(len(found))
	}
}

// tellsAfter is how long a request without a final response waits until its leg is
// handed on. A joiner waits as long at least.
const tellsAfter = int64(time.Second)

// foundBytes is about what an entry of noted takes; mostFound how many a
// transaction has at most.
const (
	foundBytes = 2 * int64(unsafe.Sizeof(Found{}))
	mostFound  = 32
)

// began notes a transaction that is to be handed on, with the head of its request.
func (l *legs) began(h handle, head []byte) {
	if l.handler == nil {
		return
	}
	tx := l.table.at(h)
	tx.pushText(nodeHead, head)
	l.waiting.push(deadline{at: tx.opened(), id: tx.id(), h: h})
}

// answer notes that a transaction has its first final response, with what it
// carries, if somebody may have to read it.
func (l *legs) answer(h handle, answer []byte) {
	if l.handler == nil {
		return
	}
	tx := l.table.at(h)
	tx.pushText(nodeAnswer, answer)
	l.answered = h
}

// told hands on the leg that the message at hand has answered, when all that is wrong
// with the message has been counted.
func (l *legs) told() {
	if h := l.answered; h != 0 {
		l.answered = 0
		l.publish(h)
	}
}

// pushText keeps a string of any length with a record.
func (tx txn) pushText(kind nodeKind, text []byte) {
	for part := range slices.Chunk(text, maxText) {
		tx.push(kind, uint64(tx.put(part)))
	}
}

// allText appends what pushText has kept.
func (tx txn) allText(dst []byte, kind nodeKind) []byte {
	var refs []ref
	tx.each(kind, func(v uint64) { refs = append(refs, ref(v)) })
	for _, at := range slices.Backward(refs) {
		dst = append(dst, tx.get(at)...)
	}
	return dst
}

// publish hands on a leg as it is now.
func (l *legs) publish(h handle) {
	t := l.viewer.view(h)
	t.Closed = false
	tx := l.table.at(h)
	t.Findings = ofMessages(t.Findings[:0], tx)
	x := Exchange{Unmatchable: tx.is(isUnmatchable), Looped: tx.is(isLooped), NotTheType: tx.is(isNotTheType | isHeadCut)}
	if tx.is(isReported) && tx.status != 0 {
		x.Agent = l.hosts.agentName(tx.answerAgent)
	}
	x.Blind = !tx.is(hasRequest) && l.beganBefore(tx)
	l.tell(h, t, &x)
	tx.setIf(isChanged|isRestated, false)
	tx.set(isPublished)
}

// ofMessages appends the ids of the rules that messages of a transaction break, sorted,
// without those that are judged where legs are joined.
func ofMessages(ids []string, tx txn) []string {
	tx.each(nodeFinding, func(v uint64) {
		if !judgedJoined()[v] {
			ids = append(ids, catalogue[v].ID)
		}
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

// judgedJoined says of each rule of the catalogue whether it is judged where legs are
// joined: those about closed transactions, deliveries and texts.
var judgedJoined = sync.OnceValue(func() []bool {
	of := make([]bool, len(catalogue))
	for i := range catalogue {
		rule := &catalogue[i]
		same := func(other Rule) bool { return other.ID == rule.ID }
		of[i] = rule.Scope == ClosedTransaction || rule.Scope == ClosedDelivery || slices.ContainsFunc(smsRules, same) || slices.ContainsFunc(imRules, same)
	}
	return of
})

// closed hands a closed transaction on, unless it was handed on as it is.
func (l *legs) closed(h handle, t *result.Transaction, x *Exchange) {
	if l.handler == nil {
		return
	}
	tx := l.table.at(h)
	if !tx.is(isPublished) || tx.status == 0 || tx.is(isChanged|isRestated) {
		shown := *t
		l.marks = ofMessages(l.marks[:0], tx)
		shown.Findings = l.marks
		l.tell(h, &shown, x)
	}
	l.blame.noted.drop(t.ID)
}

// tell makes a leg of a transaction and hands it on.
func (l *legs) tell(h handle, t *result.Transaction, x *Exchange) {
	tx := l.table.at(h)
	one := &l.leg
	_, forwards := l.groups.forwarders.get(t.Dst.IP)
	*one = Leg{
		Head: tx.allText(one.Head[:0], nodeHead), Answer: tx.allText(one.Answer[:0], nodeAnswer), Server: l.totals.peers.agent(t.Dst),
		LastSeen: tx.at(tx.latest), Until: l.untilOf(tx), Seen: l.clock - tx.lag(),
		Unmatchable: x.Unmatchable, Looped: x.Looped, NotTheType: x.NotTheType, Blind: x.Blind, Bounced: tx.is(isBounced), Forwards: forwards,
		Sealed: l.hosts.sealedBehind(tx, t), Refused: x.Refused, Reporter: x.Agent, Detail: x.Detail, Found: l.blame.noted.of[t.ID],
	}
	still, undecided := l.stillAsks(tx)
	one.Again = still && !undecided
	tx.each(nodeAbout, func(v uint64) { one.About = v })
	tx.each(nodeItself, func(v uint64) { one.Itself = v })
	one.Transaction = *t
	if l.options.Redact != nil {
		one.Transaction = Redacted(l.options.Redact, t)
	}
	l.handler.Leg(one)
}

// untilOf is when a transaction closes if nothing more comes, on the clock of its times.
func (r *run) untilOf(tx txn) int64 {
	until := tx.first + int64(r.timers.Lasts())
	if tx.status != 0 && tx.common().transport.Reliable() {
		until = min(until, tx.final+int64(r.timers.T4))
	}
	return until
}

// waited hands on what has waited for long enough, and says how far the legs go.
func (l *legs) waited() {
	if l.handler == nil {
		return
	}
	low := l.clock
	for d := l.waiting.head(); d != nil; d = l.waiting.head() {
		if h := d.h; l.table.holds(h, d.id) {
			r := l.table.at(h).record
			if !r.is(isPublished) && d.at+tellsAfter > l.clock {
				low = min(low, d.at)
				break
			}
			if !r.is(isPublished) {
				l.publish(h)
			}
		}
		l.waiting.pop()
	}
	if l.clock != l.marked {
		l.marked = l.clock
		l.handler.Mark(l.clock, low)
	}
}

// tellRead has Options.Legs told what was read up to now: about once in a second of the
// capture's clock, and at the end of it.
func (e *engine) tellRead(end bool) {
	h := e.options.Legs
	if h == nil || !end && e.clock-e.readTold < int64(time.Second) {
		return
	}
	e.readTold = e.clock
	e.room()
	inputs, stats := e.src.Inputs(), e.statsNow()
	e.batch.next(eventSnapshot, e.clock).rarely().snapshot = func(*analyzer) { h.Read(inputs, stats) }
}

// end says that everything has been handed on.
func (l *legs) end() {
	if l.handler != nil {
		l.handler.Mark(l.clock+1, l.clock+1)
	}
}

// joinedBy are header fields that a leg always has; contentBy those that tell of a
// content that is not plain text.
var (
	joinedBy  = []sip.HeaderID{sip.HeaderVia, sip.HeaderFrom, sip.HeaderTo, sip.HeaderCallID, sip.HeaderCSeq, sip.HeaderContentType}
	contentBy = []sip.HeaderID{sip.HeaderInReplyTo, sip.HeaderPAssertedIdentity, sip.HeaderPCalledPartyID, sip.HeaderRequestDisposition,
		sip.HeaderAcceptContact, sip.HeaderContentEncoding, sip.HeaderContentTransferEncoding, sip.HeaderContentDisposition}
)

// headOf is Leg.Head or Leg.Answer of a message, in the workers; content says that it
// carries something to be read.
func (o *Options) headOf(m *decode.Message, content bool) []byte {
	if !OfMessage(m) || m.Kind == sip.Response && !content {
		return nil
	}
	carries := m.Body.Len > 0 || m.ContentType.Len > 0
	m = o.harmless(m, carries)
	most := o.Limits.HeadBytes
	head := make([]byte, 0, min(most, len(m.Raw)+4))
	line := m.Raw[:max(0, bytes.IndexAny(m.Raw, "\r\n"))]
	head = append(append(head, line...), "\r\n"...)
	for i := range m.Headers {
		h := &m.Headers[i]
		if !slices.Contains(joinedBy, h.ID) && !(carries && slices.Contains(contentBy, h.ID)) && !o.correlates(h, m.Raw) {
			continue
		}
		head = append(append(head, h.Name.In(m.Raw)...), ": "...)
		head = append(append(head, h.Value.In(m.Raw)...), "\r\n"...)
	}
	head = append(head, "\r\n"...)
	body := m.Body.In(m.Raw)
	return append(head, body[:max(0, min(len(body), most-len(head)))]...)
}

// harmless returns the message as others may see it.
func (o *Options) harmless(m *decode.Message, carries bool) *decode.Message {
	switch {
	case o.Redact != nil:
		return o.Redact.Message(m)
	case carries && !o.Bodies:
		m = m.Clone()
		redact.HideWritten(&m.Message)
	}
	return m
}

// correlates reports whether a header field names the other leg of a B2BUA.
func (o *Options) correlates(h *sip.Header, raw []byte) bool {
	if h.ID != sip.HeaderOther && h.ID != sip.HeaderXCallID {
		return false
	}
	name := h.Name.In(raw)
	return slices.ContainsFunc(o.Correlate, func(s string) bool { return bytes.EqualFold(name, []byte(s)) })
}
