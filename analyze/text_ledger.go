package analyze

import (
	"time"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
)

// ledger knows the texts that something may still be said of: by a receipt, by
// their own answer, by another part. It owns their state; the analyzer tells it
// what it sees, and hears of the end of each text once.
type ledger struct {
	*run
	table   *table
	hosts   *hosts
	blame   *blame
	handler TextHandler     // may be nil
	early   OpenTextHandler // nil where nobody asks, or the run is not live
	limit   int             // texts that are open
	held    int64           // bytes that these take
	room    int64           // and may take

	plain      plainTexts
	byDelivery map[uint64]*openText // all other texts
	byKey      textKeys
	pending    [2][256]uint32 // open RP-DATA by direction (1: up) and RP-MR
	head, tail *openText      // all of them, the oldest first
	settled    settledTexts   // those of them of which all is said that has to be
	spare      []*openText    // to be used again
	calls      [][]byte       // scratch of clueOf
	words      []byte         // scratch of open
	count      int
	others     *recent[uint64, *openText] // by request, texts in other methods than MESSAGE; nil while there is none
	swept      int64                      // when what has waited long enough was looked for

	repeats   *recent[uint64, *attempts] // what an SMS is known by, and what is known of it
	handsets  texts                      // identities that have SMS of their own
	lists     *recent[uint64, uint64]    // texts that a server is asked to copy
	wholes    map[uint64]*wholeParts
	said      int64 // bytes of what their parts say
	orphans   []lostReceipt
	lost      uint64 // receipts beyond the bound of orphans
	totals    textTotals
	chats     chats
	placed    handle                   // transaction of the message at hand, 0 for none
	events    map[string]uint64        // requests by event package; nil while there is none
	otherwise map[uint64]otherIdentity // by delivery; nil while there is none
	abouts    map[uint64]uint64        // by delivery, what it was found to be about: see joins
	rates     samples                  // from a text to the receipt that decides
}

// openText is a text that is not closed yet.
type openText struct {
	result.Text
	seen    int64 // the capture's clock at its first frame
	next    *openText
	before  *openText
	root    handle // of its first transaction, while that is open
	rootID  uint64
	chat    *chatText // of a session
	gone    bool      // it has been handed on
	told    bool      // the handler knows of it
	late    bool      // it has been told that no report came in time
	closed  bool      // its delivery has closed
	outcome result.Outcome
	wanted  bool        // Options.Where keeps its delivery
	links   [4]textLink // the keys it is known by; see more
	linked  int
	more    []*textLink // beyond them
	whole   *wholeParts
	bytes   int64      // that count in ledger.held
	broken  []int      // rules, indices in the catalogue
	called  parties    // of an SMS to the handset
	ends    [][16]byte // hosts that its legs went to
	tries   *attempts  // of an SMS that may be sent again, nil for none

	memory       content.Memory // of Content
	later, prior *openText      // in ledger.settled
	said         bool           // it is in there
}

// noText stands for requests that are known to carry no text that is open.
var noText = &openText{}

func (l *ledger) init(r *run, t *table, hs *hosts, b *blame, h Handler) {
	l.run, l.table, l.hosts, l.blame = r, t, hs, b
	l.limit, l.room = r.limits.Texts, r.limits.Memory/ledgerShare
	l.handler, _ = h.(TextHandler)
	if r.options.Live && r.options.WhereText == nil { // of which one can say no sooner than at the end
		l.early, _ = h.(OpenTextHandler)
	}
	l.byDelivery = make(map[uint64]*openText)
	l.wholes = make(map[uint64]*wholeParts)
	l.repeats = newRecent[uint64, *attempts](r.limits.Watched)
	l.handsets = texts{limit: r.limits.Watched}
	l.lists = newRecent[uint64, uint64](r.limits.Watched)
	l.chats.init(r.limits)
	l.rates.exact = r.limits.ExactRTT
}

// How long a text is kept for what may come: the timers of TS 24.011 10.1 with time
// for late and repeated reports, and a day for a receipt that a person decides on.
const (
	timerTR1M    = 45 * time.Second
	timerTR2M    = 20 * time.Second
	reportWait   = 10 * time.Minute
	receiptWait  = 24 * time.Hour
	maxReceipts  = 64 // of one text
	maxLost      = 4096
	maxTextParts = 4096 // concatenated texts that are put together at once
)

// began takes the first transmission of a MESSAGE on a hop. One that does not begin
// its delivery carries on what the ledger knows already.
// characters is how many it has where it is nothing but text; then c is nil.
func (l *ledger) began(m *decode.Message, c *content.Content, characters uint16, h handle) {
	l.placed = h
	defer func() { l.placed = 0 }()
	tx := l.table.at(h)
	if characters == 0 {
		defer l.joins(m, c, tx)
	}
	delivery := tx.deliveryID()
	if tx.group != 0 {
		if t := l.byDelivery[delivery]; t != nil {
			t.goes(m)
			l.hop(t, m)
		}
		return
	}
	if characters > 0 {
		if !l.isCopy(m) && l.plain.put(delivery, m, characters) {
			return
		}
		c = ContentOf(m)
	}
	if c == nil {
		return
	}
	if rp := c.SMS; rp != nil && rp.Type.IsReport() {
		l.report(m, c, delivery)
		l.plain.done(delivery)
		return
	}
	t := l.open(m, c, delivery)
	t.root, t.rootID, t.Transaction = h, tx.id(), tx.id()
	l.byDelivery[delivery] = t
}

// elsewhere takes a request of another method that carries an SMS: text-in-other-method
// tells of that. Its answer is found by Call-ID and CSeq number.
func (l *ledger) elsewhere(m *decode.Message, c *content.Content) {
	if c == nil || c.SMS == nil {
		return
	}
	key := hashOf(m.CallID.In(m.Raw), m.CSeq.In(m.Raw), m.Method.In(m.Raw))
	if l.others == nil {
		l.others = newRecent[uint64, *openText](maxLost)
	}
	if _, known := l.others.get(key); known {
		return // a retransmission, or another hop
	}
	if c.SMS.Type.IsReport() {
		l.others.put(key, noText)
		l.report(m, c, 0)
		return
	}
	l.table.deliveries++ // texts and deliveries have one row of numbers
	t := l.open(m, c, l.table.deliveries)
	t.Deliveries, t.closed = nil, true
	l.others.put(key, t)
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

func (l *ledger) enqueue(t *openText) {
	if t.before = l.tail; t.before != nil {
		t.before.next = t
	} else {
		l.head = t
	}
	l.tail = t
	l.count++
	for l.count > l.limit && l.makeRoom(t) {
	}
}

// ledgerShare is the part of Limits.Memory that open texts may take.
const ledgerShare = 8

// makeRoom finishes a text other than one: of those of which all is said, the one for
// which that is longest so, or else the one that is open for longest. It reports false
// where there is none.
func (l *ledger) makeRoom(but *openText) bool {
	t := l.settled.head
	if t == nil || t == but {
		t = l.head
	}
	if t == but {
		return false
	}
	if t.unsettled() {
		l.evicted++
	}
	l.finish(t)
	return true
}

// grow notes that an open text takes more bytes, and makes room for them. It never
// finishes that text itself: who calls is not done with it.
func (l *ledger) grow(t *openText, bytes int) {
	if t.gone {
		return
	}
	t.bytes += int64(bytes)
	l.held += int64(bytes)
	for l.held > l.room && l.makeRoom(t) {
	}
}

// About what an open text takes beside its strings and its body, which is there in
// several forms, and what a receipt does.
const (
	openTextBytes = int(unsafe.Sizeof(openText{})) + 1<<8
	receiptBytes  = 2 * int(unsafe.Sizeof(result.Receipt{}))
)

func (l *ledger) dequeue(t *openText) {
	if t.before != nil {
		t.before.next = t.next
	} else {
		l.head = t.next
	}
	if t.next != nil {
		t.next.before = t.before
	} else {
		l.tail = t.before
	}
	t.before, t.next = nil, nil
	l.settled.remove(t)
	l.count--
	l.held -= t.bytes
	t.bytes = 0
}

// unsettled reports whether something is still to be said of a text.
func (t *openText) unsettled() bool {
	for i := range t.Receipts {
		if t.Receipts[i].Decides() {
			return false
		}
	}
	return t.AsksReceipt()
}

// patience is how long the ledger keeps a text after it was sent.
func (l *ledger) patience(t *openText) time.Duration {
	if most := l.options.Receipts; most > 0 {
		return min(most, t.patience())
	}
	return t.patience()
}

func (t *openText) patience() time.Duration {
	switch rp := t.RP(); {
	case rp != nil && rp.TPDU.Kind == sms.Submit && rp.TPDU.ReportRequested():
		return receiptWait
	case rp != nil:
		return reportWait
	case t.AsksNotification():
		return receiptWait
	}
	return reportWait
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
	if l.head == nil || l.clock-l.swept < sweepEvery {
		return
	}
	l.swept = l.clock
	if l.early != nil {
		l.overdue()
	}
	for t := l.head; t != nil && t.seen+int64(l.least()) < l.clock; {
		next := t.next
		if t.seen+int64(l.patience(t)) < l.clock && (t.closed || t.root == 0) {
			l.finish(t)
		}
		t = next
	}
}

// left takes the end of a delivery that is wanted.
func (l *ledger) left(d *result.Delivery) {
	delete(l.abouts, d.ID)
	if len(l.otherwise) > 0 {
		l.refusedIdentity(d)
	}
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
	if !t.mayHear() {
		l.finish(t)
	}
}

// unwanted takes the end of a delivery that Options.Where leaves out.
func (l *ledger) unwanted(delivery uint64) {
	delete(l.otherwise, delivery)
	delete(l.abouts, delivery)
	if _, ok := l.plain.take(delivery); ok {
		return
	}
	t := l.byDelivery[delivery]
	delete(l.byDelivery, delivery)
	if t != nil {
		t.closed, t.wanted, t.root = true, false, 0
	}
}

// mayHear reports whether a receipt or another part may still come.
func (t *openText) mayHear() bool {
	return t.isAsking() || t.Kind.IsSMS() || t.Kind == result.InstantMessage && t.Content.CPIM != nil || t.RP() != nil || len(t.Content.Recipients) > 0
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
	l.rematch()
	for l.head != nil {
		l.finish(l.head)
	}
	for i := range l.orphans {
		l.orphan(&l.orphans[i])
	}
	l.orphans = nil
}
