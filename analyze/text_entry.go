package analyze

import (
	"slices"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
)

// open makes the entry of a new text.
func (l *ledger) open(m *decode.Message, c *content.Content, id uint64) *openText {
	t := l.unused()
	t.seen, t.wanted = l.clock, l.options.Where == nil
	t.ID, t.Kind, t.Deliveries, t.Method, t.Carrier = id, textKindOf(c), append(t.Deliveries, id), methodOf(m), "sip"
	t.CallID, t.From, t.To = l.copies(m.CallID.In(m.Raw), m.FromURI.In(m.Raw), m.ToURI.In(m.Raw))
	t.Src, t.Dst, t.HasTime, t.First, t.Frame, t.Bytes, t.Content = m.Src, m.Dst, m.HasTime, m.Time, m.Frame, int(m.Body.Len), c
	t.goes(m)
	l.enqueue(t)
	l.knowHandset(t)
	l.repeated(t)
	l.copied(t)
	l.part(t)
	l.register(t, m)
	l.exchange(t)
	if rp := t.RP(); t.awaitsReport() && !rp.Type.Up() {
		t.called = partiesOf(m)
	}
	l.judgeSent(t, m)
	switch t.Kind {
	case result.Notification:
		l.notified(t, m)
	case result.SMSStatusReport:
		l.statusReport(t, m)
	}
	t.Content = t.memory.Keep(c)
	l.grow(t, openTextBytes+len(t.CallID)+len(t.Method)+len(t.From)+len(t.To)+2*int(m.Body.Len))
	return t
}

// methodOf is the method of a request.
func methodOf(m *decode.Message) string {
	const message = "MESSAGE" // nearly all of them
	if m.MethodIs(message) {
		return message
	}
	return m.Text(m.Method)
}

// copies makes strings of three fields, in one piece of memory.
func (l *ledger) copies(a, b, c []byte) (string, string, string) {
	l.words = append(append(append(l.words[:0], a...), b...), c...)
	all, end := string(l.words), len(a)+len(b)
	return all[:len(a)], all[len(a):end], all[end:]
}

// finish closes a text and hands it on.
func (l *ledger) finish(t *openText) {
	l.dequeue(t)
	l.forget(t)
	t.gone = true
	if !t.closed {
		l.peek(t)
	}
	l.conclude(t)
	t.End = l.endOf(t)
	if t.whole != nil {
		t.Whole = t.whole.view()
		l.leaveWhole(t)
	}
	if t.chat != nil {
		t.chat.body = nil // it may be remembered for what comes late
	}
	l.settle(t)
	l.judgeClosed(t)
	t.Findings = t.rules()
	l.tell(t)
	l.reuse(t)
}

// tell counts a text and hands it on, where it is wanted.
func (l *ledger) tell(t *openText) {
	if !t.wanted {
		return
	}
	if where := l.options.WhereText; where != nil && !where(&t.Text) {
		l.totals.leftOut++
		return
	}
	l.totals.add(&t.Text)
	if l.handler != nil {
		l.handler.Text(&t.Text)
	}
}

// mostSpare is how many entries of texts are kept to be used again.
const mostSpare = 64

// reuse keeps the entry of a text that is gone, where nothing else knows it any more: one
// in another method, of a session or in a notification may still be looked at.
func (l *ledger) reuse(t *openText) {
	if t.Kind.IsSMS() && t.Method == "MESSAGE" && len(l.spare) < mostSpare {
		l.spare = append(l.spare, t)
	}
}

// unused is an empty entry for a text.
func (l *ledger) unused() *openText {
	last := len(l.spare) - 1
	if last < 0 {
		return &openText{}
	}
	t := l.spare[last]
	l.spare = l.spare[:last]
	receipts, deliveries, broken, ends := t.Receipts[:0], t.Deliveries[:0], t.broken[:0], t.ends[:0]
	*t = openText{broken: broken, ends: ends}
	t.Receipts, t.Deliveries = receipts, deliveries
	return t
}

// settledTexts are the texts of which all is said that has to be, in the order in which
// that was so.
type settledTexts struct{ head, tail *openText }

// add takes a text that a receipt has come for.
func (s *settledTexts) add(t *openText) {
	if t.said || t.gone || t.whole != nil || t.unsettled() || t.awaitsStatus() {
		return
	}
	t.said = true
	if t.prior = s.tail; t.prior != nil {
		t.prior.later = t
	} else {
		s.head = t
	}
	s.tail = t
}

func (s *settledTexts) remove(t *openText) {
	if !t.said {
		return
	}
	if t.prior != nil {
		t.prior.later = t.later
	} else {
		s.head = t.later
	}
	if t.later != nil {
		t.later.prior = t.prior
	} else {
		s.tail = t.prior
	}
	t.said, t.later, t.prior = false, nil, nil
}

// awaitsStatus reports whether a status report is to come that decides.
func (t *openText) awaitsStatus() bool {
	rp := t.RP()
	return rp != nil && rp.TPDU.Kind == sms.Submit && rp.TPDU.ReportRequested() &&
		!slices.ContainsFunc(t.Receipts, func(r result.Receipt) bool { return r.Kind == "status-report" && r.Decides() })
}
