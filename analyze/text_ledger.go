package analyze

import (
	"math"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content"
)

// ledger knows the texts that something may still be said of: by a receipt, by
// their own answer, by another part. The analyzer tells it what it sees, and hears of
// the end of each text once.
//
// As the analyzer, it only says which part takes what comes; each part owns its state and
// uses the parts above it in this list, and parts of the analyzer above the ledger.
type ledger struct {
	*run
	table *table

	totals   textTotals    // what was counted
	teller   textTeller    // who hears of texts
	keys     textIndex     // what receipts find their text by
	judge    textJudge     // rules of texts
	open     openTexts     // texts that are not closed
	abouts   aboutTexts    // which text a delivery is about
	wholes   wholeTexts    // concatenated SMS
	repeats  repeatedTexts // what was sent again, or copied
	receipts receipts      // what is said of texts
	chats    chats         // message sessions

	plain      plainTexts                 // texts of which no more is said than by their answer
	byDelivery map[uint64]*openText       // all other texts, while their delivery is open
	others     *recent[uint64, *openText] // by request, texts in other methods than MESSAGE; nil while there is none
	events     map[string]uint64          // requests by event package; nil while there is none
	swept      int64                      // when what has waited long enough was looked for
}

// noText stands for requests that are known to carry no text that is open.
var noText = &openText{}

func (l *ledger) init(r *run, t *table, hs *hosts, b *blame, h Handler) {
	l.run, l.table = r, t
	l.teller = textTeller{run: r, totals: &l.totals}
	l.teller.handler, _ = h.(TextHandler)
	if r.options.Live && r.options.WhereText == nil { // of which one can say no sooner than at the end
		l.teller.early, _ = h.(OpenTextHandler)
	}
	l.keys.run = r
	l.judge = textJudge{run: r, table: t, hosts: hs, blame: b, keys: &l.keys}
	l.open = openTexts{limit: r.limits.Texts, room: r.limits.Memory / ledgerShare}
	l.abouts.run = r
	l.wholes = wholeTexts{run: r, room: l.open.room / wholesShare}
	l.repeats = repeatedTexts{run: r, keys: &l.keys, totals: &l.totals}
	l.receipts = receipts{run: r, teller: &l.teller, keys: &l.keys, judge: &l.judge, open: &l.open, abouts: &l.abouts}
	l.receipts.rates.exact = r.limits.ExactRTT
	l.chats = chats{run: r, table: t, teller: &l.teller, judge: &l.judge, open: &l.open, receipts: &l.receipts}
	l.chats.room = l.open.room / sessionsShare
	l.chats.rates.exact = r.limits.ExactRTT
	l.plain.limit, l.plain.bytes = r.limits.PlainTypes, r.limits.TypeBytes
	l.byDelivery = make(map[uint64]*openText)
	l.restart()
}

// restart forgets what another trace that follows must not be joined with; end leaves that
// to be done.
func (l *ledger) restart() {
	l.swept, l.others = 0, nil
	l.judge.otherwise = nil
	l.repeats.restart()
	l.receipts.handsets.close()
	l.receipts.handsets = newTexts(l.limits.Watched)
	l.wholes.byKey = make(map[uint64]*wholeParts)
	l.chats.restart()
}

// began takes the first transmission of a MESSAGE on a hop. One that does not begin
// its delivery carries on what the ledger knows already.
// characters is how many it has where it is nothing but text; then c is nil.
func (l *ledger) began(m *decode.Message, c *content.Content, characters uint16, h handle) {
	tx := l.table.at(h)
	l.judge.placed = h
	l.begin(m, c, characters, tx)
	l.judge.placed = 0
	if characters == 0 {
		l.joins(m, c, tx)
	}
	l.makeRoom()
}

func (l *ledger) begin(m *decode.Message, c *content.Content, characters uint16, tx txn) {
	delivery := tx.deliveryID()
	if tx.group != 0 {
		if t := l.byDelivery[delivery]; t != nil {
			t.goes(m, l.limits.TextHosts)
			l.receipts.hop(t, m)
			l.receipts.reachedAlso(t)
		}
		l.receipts.carriedOn(delivery, m)
		return
	}
	if characters > 0 {
		if !l.repeats.isCopy(m) && l.plain.put(delivery, m, characters) {
			return
		}
		c = ContentOf(m)
	}
	if c == nil {
		return
	}
	if rp := c.SMS; rp != nil && rp.Type.IsReport() {
		l.receipts.report(m, c, delivery)
		l.plain.done(delivery)
		return
	}
	t := l.enter(m, c, delivery)
	t.root, t.rootID, t.Transaction = l.judge.placed, tx.id(), tx.id()
	l.byDelivery[delivery] = t
}

// How long a text is kept for what may come: the timers of TS 24.011 10.1 with time
// for late and repeated reports, and a day for a receipt that a person decides on.
const (
	timerTR1M   = 45 * time.Second
	timerTR2M   = 20 * time.Second
	reportWait  = 10 * time.Minute
	receiptWait = 24 * time.Hour
)

// elsewhere takes a request of another method that carries an SMS: text-in-other-method
// tells of that. Its answer is found by Call-ID and CSeq number.
func (l *ledger) elsewhere(m *decode.Message, c *content.Content) {
	if c == nil || c.SMS == nil {
		return
	}
	key := hashOf(m.CallID.In(m.Raw), m.CSeq.In(m.Raw), m.Method.In(m.Raw))
	if l.others == nil {
		l.others = newRecent[uint64, *openText](l.limits.Unmatched)
	}
	if _, known := l.others.get(key); known {
		return // a retransmission, or another hop
	}
	if c.SMS.Type.IsReport() {
		l.others.put(key, noText)
		l.receipts.report(m, c, 0)
		return
	}
	l.table.deliveries++ // texts and deliveries have one row of numbers
	t := l.enter(m, c, l.table.deliveries)
	t.Deliveries, t.closed = nil, true
	l.others.put(key, t)
	l.makeRoom()
}

// answeredElsewhere takes the answer to such a request.
func (l *ledger) answeredElsewhere(m *decode.Message) {
	if l.others == nil || m.Status < 200 {
		return
	}
	t, known := l.others.get(hashOf(m.CallID.In(m.Raw), m.CSeq.In(m.Raw), m.CSeqMethod.In(m.Raw)))
	if known && t != noText && t.Status == 0 {
		t.Status, t.outcome = m.Status, result.OutcomeOf(m.Status)
	}
}

// answered takes a 2xx that carries a report in its body, where none belongs.
func (l *ledger) answered(m *decode.Message, c *content.Content, h handle) {
	if h == 0 {
		l.answeredElsewhere(m)
		return
	}
	if c == nil || c.SMS == nil || !c.SMS.Type.IsReport() {
		return
	}
	tx := l.table.at(h)
	t := l.byDelivery[tx.deliveryID()]
	if t == nil || t.RP() == nil || !c.SMS.Type.Answers(t.RP().Type) {
		return
	}
	for i := range t.Receipts {
		if one := &t.Receipts[i]; one.MatchedBy == "transaction" {
			return // another hop of the same answer
		}
	}
	r := reportReceipt(m, c.SMS)
	r.MatchedBy = "transaction"
	l.judge.placed = h
	l.receipts.receive(t, m, r)
	l.judge.placed = 0
	l.makeRoom()
}

// session takes an MSRP message.
func (l *ledger) session(m *decode.MSRP) {
	l.chats.take(m)
	l.makeRoom()
}

// sessionsShare is the part of what open texts may take that sessions may take beside that.
const sessionsShare = 2

// ledgerShare is the part of Limits.Memory that open texts may take.
const ledgerShare = 8

// makeRoom finishes texts while there are too many, when what came has been dealt with.
func (l *ledger) makeRoom() {
	for t := l.open.tooMany(); t != nil; t = l.open.tooMany() {
		if t.unsettled() {
			l.evicted++
		}
		l.finish(t)
	}
}

// enter makes the entry of a new text.
func (l *ledger) enter(m *decode.Message, c *content.Content, id uint64) *openText {
	t := l.open.unused()
	t.seen, t.wanted = l.clock, l.options.Where == nil
	t.ID, t.Kind, t.Deliveries, t.Method, t.Carrier = id, textKindOf(c), append(t.Deliveries, id), methodOf(m), "sip"
	t.CallID, t.From, t.To = l.open.strings(m.CallID.In(m.Raw), m.FromURI.In(m.Raw), m.ToURI.In(m.Raw))
	t.Src, t.Dst, t.HasTime, t.First, t.Frame, t.Bytes, t.Content = m.Src, m.Dst, m.HasTime, m.Time, m.Frame, int(m.Body.Len), c
	t.sentOn = m.ViaCount > 1
	t.goes(m, l.limits.TextHosts)
	l.open.add(t)
	l.receipts.knowHandset(t)
	l.repeats.repeated(t)
	l.repeats.copied(t)
	l.open.grow(t, l.wholes.join(t))
	l.receipts.register(t, m)
	l.receipts.exchange(t)
	if rp := t.RP(); t.awaitsReport() && !rp.Type.Up() {
		t.called = partiesOf(m)
	}
	l.judge.sent(t, m)
	switch t.Kind {
	case result.Notification:
		l.receipts.notified(t, m)
	case result.SMSStatusReport:
		l.receipts.statusReport(t, m)
	}
	t.Content = t.memory.Keep(c)
	l.open.grow(t, openTextBytes+len(t.CallID)+len(t.Method)+len(t.From)+len(t.To)+typeBytes(t.Content)+2*int(m.Body.Len))
	return t
}

// finish closes a text and hands it on.
func (l *ledger) finish(t *openText) {
	l.open.remove(t)
	l.keys.forget(t)
	t.gone = true
	if !t.closed {
		l.peek(t)
	}
	t.conclude()
	t.End = t.endAt(l.clock)
	if t.whole != nil {
		t.Whole = t.whole.view()
		l.wholes.leave(t)
	}
	if t.chat != nil {
		t.chat.body = nil // it may be remembered for what comes late
	}
	l.repeats.settle(t)
	l.judge.closed(t)
	t.Findings = t.rules()
	l.teller.tell(t)
	l.open.reuse(t)
}

// patience is how long the ledger keeps a text after it was sent.
func (l *ledger) patience(t *openText) time.Duration {
	if most := l.options.Receipts; most > 0 {
		return min(most, t.patience())
	}
	return t.patience()
}

// sweepEvery is how often the ledger looks for what has waited long enough.
const sweepEvery = int64(10 * time.Second)

// least is how long every text is kept.
func (l *ledger) least() time.Duration {
	if most := l.options.Receipts; most > 0 {
		return min(most, reportWait)
	}
	return reportWait
}

// advance closes what has waited long enough, by the capture's clock.
func (l *ledger) advance() {
	if l.open.queue.Oldest() == nil || l.clock-l.swept < sweepEvery {
		return
	}
	l.swept = l.clock
	if l.teller.early != nil {
		l.overdue()
	}
	l.receipts.rematch(l.clock - int64(l.least())/2) // before the first text goes that they may be of
	for t := l.open.queue.Oldest(); t != nil && t.seen+int64(l.least()) < l.clock; {
		next := t.queued.Newer()
		if t.seen+int64(l.patience(t)) < l.clock && (t.closed || t.root == 0) {
			l.finish(t)
		}
		t = next
	}
}

// left takes the end of a delivery that is wanted.
func (l *ledger) left(d *result.Delivery) {
	delete(l.abouts.byDelivery, d.ID)
	delete(l.receipts.strange, d.ID)
	l.judge.refusedIdentity(d)
	if t, ok := l.plain.take(d.ID); ok {
		l.leftPlain(d, &t)
		return
	}
	t := l.byDelivery[d.ID]
	if t == nil {
		l.totals.count(result.InstantMessage, endOfPlain(lastAttempt(d))) // the ledger was not asked to keep it
		return
	}
	delete(l.byDelivery, d.ID)
	root := lastAttempt(d)
	t.closed, t.wanted, t.root = true, true, 0
	t.Status, t.outcome = root.Status, root.Outcome
	t.unseen = root.Outcome == result.Timeout && d.Verdict == result.Unknown
	if !t.mayHear() {
		l.finish(t)
	}
}

// unwanted takes the end of a delivery that Options.Where leaves out.
func (l *ledger) unwanted(delivery uint64) {
	delete(l.judge.otherwise, delivery)
	delete(l.abouts.byDelivery, delivery)
	delete(l.receipts.strange, delivery)
	if _, ok := l.plain.take(delivery); ok {
		return
	}
	t := l.byDelivery[delivery]
	delete(l.byDelivery, delivery)
	if t != nil {
		t.closed, t.wanted, t.root = true, false, 0
	}
}

// peek takes the answer of a text whose delivery is still open.
func (l *ledger) peek(t *openText) {
	if t.root == 0 {
		return
	}
	delete(l.byDelivery, t.ID)
	l.plain.done(t.ID)
	if !l.table.holds(t.root, t.rootID) {
		return
	}
	r := l.table.at(t.root).record
	t.Status = int(r.status)
	if t.Status != 0 {
		t.outcome = result.OutcomeOf(t.Status)
	}
	t.wanted = true
}

// end closes what is left at the end of the capture, in the order of the texts.
func (l *ledger) end() {
	l.receipts.sought = 0
	l.receipts.rematch(math.MaxInt64)
	for t := l.open.queue.Oldest(); t != nil; t = l.open.queue.Oldest() {
		l.finish(t)
	}
	l.receipts.giveUp()
}
