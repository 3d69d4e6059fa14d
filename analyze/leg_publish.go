package analyze

import (
	"bytes"
	"slices"
	"time"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/redact"
)

// legs hands on what one host saw, for Options.Legs.
type legs struct {
	handler  LegHandler         // nil where nobody wants them
	waiting  queue              // transactions that have not been handed on
	found    map[uint64][]Found // of open transactions
	held     int64              // bytes that found takes
	marks    []string           // of the transaction that closes, scratch
	leg      Leg                // scratch
	answered handle             // by the message at hand, 0 for none
	marked   int64              // the clock when Mark was called last
}

// tellsAfter is how long a request without a final response waits until its leg is
// handed on. A joiner waits as long at least.
const tellsAfter = int64(time.Second)

// foundBytes is about what an entry of legs.found takes; mostFound how many a
// transaction has at most.
const (
	foundBytes = 2 * int64(unsafe.Sizeof(Found{}))
	mostFound  = 32
)

func (l *legs) init(h LegHandler) {
	if l.handler = h; h != nil {
		l.found = make(map[uint64][]Found)
	}
}

// legBegan notes a transaction that is to be handed on, with the head of its request.
func (a *analyzer) legBegan(h handle, head []byte) {
	if a.legs.handler == nil {
		return
	}
	tx := a.store.at(h)
	tx.pushText(nodeHead, head)
	a.legs.waiting.push(deadline{at: tx.opened(), id: tx.id(), h: h})
}

// legAnswered notes that a transaction has its first final response, with what it
// carries, if somebody may have to read it.
func (a *analyzer) legAnswered(h handle, answer []byte) {
	if a.legs.handler == nil {
		return
	}
	tx := a.store.at(h)
	tx.pushText(nodeAnswer, answer)
	a.legs.answered = h
}

// legTold hands on the leg that the message at hand has answered, when all that is wrong
// with the message has been counted.
func (a *analyzer) legTold() {
	if h := a.legs.answered; h != 0 {
		a.legs.answered = 0
		a.publish(h)
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
func (a *analyzer) publish(h handle) {
	t := a.view(h)
	t.Closed = false
	tx := a.store.at(h)
	t.Findings = ofMessages(t.Findings[:0], tx)
	x := Exchange{Unmatchable: tx.is(isUnmatchable), Looped: tx.is(isLooped)}
	if tx.is(isReported) && tx.status != 0 {
		x.Agent = a.agentName(tx.answerAgent)
	}
	x.Blind = !tx.is(hasRequest) && a.beganBefore(tx)
	a.tellLeg(h, t, &x)
	tx.setIf(isChanged|isRestated, false)
	tx.set(isPublished)
}

// ofMessages appends the ids of the rules that messages of a transaction break, sorted,
// without those that are judged where legs are joined.
func ofMessages(ids []string, tx txn) []string {
	tx.each(nodeFinding, func(v uint64) {
		if !judgedJoined[v] {
			ids = append(ids, catalogue[v].ID)
		}
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

// judgedJoined says of each rule of the catalogue whether it is judged where legs are
// joined: those about closed transactions, deliveries and texts.
var judgedJoined = func() []bool {
	of := make([]bool, len(catalogue))
	for i := range catalogue {
		rule := &catalogue[i]
		same := func(other Rule) bool { return other.ID == rule.ID }
		of[i] = rule.Scope == ClosedTransaction || rule.Scope == ClosedDelivery || slices.ContainsFunc(smsRules, same) || slices.ContainsFunc(imRules, same)
	}
	return of
}()

// legClosed hands a closed transaction on, unless it was handed on as it is.
func (a *analyzer) legClosed(h handle, t *result.Transaction, x *Exchange) {
	l := &a.legs
	if l.handler == nil {
		return
	}
	tx := a.store.at(h)
	if !tx.is(isPublished) || tx.status == 0 || tx.is(isChanged|isRestated) {
		shown := *t
		l.marks = ofMessages(l.marks[:0], tx)
		shown.Findings = l.marks
		a.tellLeg(h, &shown, x)
	}
	if found, ok := l.found[t.ID]; ok {
		delete(l.found, t.ID)
		l.held -= foundBytes * int64(len(found))
	}
}

// tellLeg makes a leg of a transaction and hands it on.
func (a *analyzer) tellLeg(h handle, t *result.Transaction, x *Exchange) {
	tx := a.store.at(h)
	one := &a.legs.leg
	_, forwards := a.deliveries.forwarders.get(t.Dst.IP)
	*one = Leg{
		Head: tx.allText(one.Head[:0], nodeHead), Answer: tx.allText(one.Answer[:0], nodeAnswer), Server: a.peers.agent(t.Dst),
		LastSeen: tx.at(tx.latest), Until: a.untilOf(tx), Seen: a.clock - tx.lag(),
		Unmatchable: x.Unmatchable, Looped: x.Looped, Blind: x.Blind, Bounced: tx.is(isBounced), Forwards: forwards,
		Again:  tx.status != 0 && tx.is(hasTime) && tx.at(tx.latest)-tx.final > crossing,
		Sealed: a.sealedBehind(tx.record, t), Refused: x.Refused, Reporter: x.Agent, Detail: x.Detail, Found: a.legs.found[t.ID],
	}
	one.Transaction = *t
	if a.options.Redact != nil {
		one.Transaction = Redacted(a.options.Redact, t)
	}
	a.legs.handler.Leg(one)
}

// untilOf is when a transaction closes if nothing more comes, on the clock of its times.
func (a *analyzer) untilOf(tx txn) int64 {
	until := tx.first + int64(a.timers.F())
	if tx.status != 0 && tx.common().transport.Reliable() {
		until = min(until, tx.final+int64(a.timers.T4))
	}
	return until
}

// legFound counts a rule that a message of a transaction breaks.
func (a *analyzer) legFound(one *tally, g group, transaction uint64, h handle) {
	l := &a.legs
	if l.handler == nil || transaction == 0 || judgedJoined[g.rule] {
		return
	}
	if h != 0 {
		r := a.store.at(h).record
		r.set(isRestated)
	}
	list := l.found[transaction]
	for i := range list {
		if f := &list[i]; f.Rule == one.Rule && f.Peer == g.peer && f.Status == g.status && f.Severity == g.severity {
			f.Count++
			return
		}
	}
	if len(list) == mostFound {
		return
	}
	l.held += foundBytes
	l.found[transaction] = append(list, Found{one.Rule, g.severity, g.peer, g.status, 1, one.Message, one.UserAgent})
}

// legsWaited hands on what has waited for long enough, and says how far the legs go.
func (a *analyzer) legsWaited() {
	l := &a.legs
	if l.handler == nil {
		return
	}
	low := a.clock
	for d := l.waiting.head(); d != nil; d = l.waiting.head() {
		if h := d.h; a.holds(h, d.id) {
			r := a.store.at(h).record
			if !r.is(isPublished) && d.at+tellsAfter > a.clock {
				low = min(low, d.at)
				break
			}
			if !r.is(isPublished) {
				a.publish(h)
			}
		}
		l.waiting.pop()
	}
	if a.clock != l.marked {
		l.marked = a.clock
		l.handler.Mark(a.clock, low)
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
	e.batch.next(eventSnapshot, e.clock).snapshot = func(*analyzer) { h.Read(inputs, stats) }
}

// legsEnd says that everything has been handed on.
func (a *analyzer) legsEnd() {
	if a.legs.handler != nil {
		a.legs.handler.Mark(a.clock+1, a.clock+1)
	}
}

// maxHead bounds Leg.Head, in bytes: what is beyond it is cut off the body.
const maxHead = 16 << 10

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
	head := make([]byte, 0, min(maxHead, len(m.Raw)+4))
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
	return append(head, body[:max(0, min(len(body), maxHead-len(head)))]...)
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
