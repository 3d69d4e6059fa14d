package analyze

import (
	"math"
	"strconv"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// analyzer pairs requests with responses and judges what becomes of them. It is
// used by one goroutine and knows no clock but the capture's.
type analyzer struct {
	options Options
	limits  Limits
	timers  Timers
	handler Handler

	store      store
	settled    queue                      // answered transactions over reliable transports, by when they close
	clock      int64                      // largest time seen, ns
	begun      int                        // transactions begun since the clock moved
	firstSIP   int64                      // the clock at the first SIP message
	conns      *recent[uint64, connState] // what happened to TCP connections, by Message.Conn
	covers     *recent[coverKey, cover]   // bytes that a message claims of what comes behind it
	refusals   refusals                   // TCP connections that did not come about
	sealed     sealedLegs                 // connections that cannot be read
	agents     []string                   // who reports by HEP, by decode.Message.Agent less 1
	crowd      *recent[uint64, deadline]  // those too many for their branch, see crowd.go
	invites    *recent[uint64, bool]      // Call-ID and CSeq of INVITEs, to tell their ACKs from those to a MESSAGE
	sightings  sightings
	findings   findings
	peers      peers
	deliveries deliveries
	progress   progress
	ledger     ledger
	legs       legs
	joiner     *Joiner // that the analyzer joins legs for; nil where it sees messages
	head       []byte  // Leg.Head of the message at hand
	watch      watch
	summary    result.Summary
	statuses   statuses
	rtt        samples
	minute     minute // live only
	copies     uint64 // duplicates made by the capture
	astrays    uint64 // ICMP errors that quote no request or answer
	role       Role   // of the message that was placed last
	evicted    uint64
	blind      uint64 // unanswered transactions whose answer the capture cannot have seen

	strange  strangeTimes
	kept     *recent[uint64, bool] // ids of the transactions that Options.Where kept
	closing  result.Transaction    // scratch
	exchange Exchange              // scratch
	strings  []byte                // scratch
	judged   Exchange              // the closing transaction, for its rules
	facts    []fact                // scratch
}

func newAnalyzer(options Options, h Handler) *analyzer {
	options = options.withDefaults()
	a := &analyzer{options: options, limits: options.Limits, handler: h, timers: options.Profile.Timers(options.T1)}
	a.store.init(options.Grown)
	a.remember()
	a.findings.init(a.limits, h)
	a.peers.init(&a.options)
	a.deliveries.init(options, h)
	if options.Live {
		a.progress.init(h)
	}
	a.ledger.init(a, h)
	a.legs.init(options.Legs)
	a.kept = newRecent[uint64, bool](16 * a.limits.Watched)
	a.rtt.exact = a.limits.ExactRTT
	a.judged = a.options.exchange(nil)
	return a
}

// remember begins to remember what rules and pairing need of messages before.
func (a *analyzer) remember() {
	a.conns = newRecent[uint64, connState](a.limits.Connections)
	a.covers = newRecent[coverKey, cover](a.limits.Connections)
	a.refusals = newRefusals()
	a.sealed = newSealedLegs()
	a.crowd = newRecent[uint64, deadline](a.limits.Watched)
	a.invites = newRecent[uint64, bool](a.limits.Connections)
	a.sightings = sightings{pairs: newRecent[hostPair, bool](a.limits.Connections)}
	a.watch = watch{}
	a.watch.init(a.limits.Watched)
}

// message takes the next SIP message, with what the workers have made of it.
func (a *analyzer) message(e *event) {
	m, facts, opinion := &e.message, e.facts, &e.opinion
	a.head = e.head
	a.sightings.add(m.Src, m.Dst)
	a.start()
	var h, other handle // other is what a request of another method is about
	copies := a.copies
	switch {
	case m.Kind == sip.Response:
		h = a.response(m)
		a.ledger.answered(m, e.content, h)
		a.ledger.dialog(m)
	case OfMessage(m):
		h = a.request(m)
		if a.role == FirstRequest {
			a.ledger.began(m, e.content, e.characters, h)
		}
	default:
		a.role = Unmatched
		other = a.otherRequest(m)
		a.ledger.dialog(m)
		a.ledger.event(m)
		a.ledger.elsewhere(m, e.content)
	}
	if a.options.Live && h != 0 {
		r := a.store.at(h).record
		a.recount(r)
	}
	if a.options.Joined != nil && h|other != 0 {
		a.tellJoined(m, h|other)
	}
	if m.Kind == sip.Request {
		a.swallowed(m)
	}
	if len(facts) > 0 && a.copies == copies { // a copy breaks no rule that the original did not
		a.exchange = a.options.exchange(m)
		a.exchange.Opinion = *opinion
		for _, f := range facts {
			a.found(f, &a.exchange, h)
		}
	}
	a.legTold()
	a.learn(m)
}

// OfMessage reports whether a message belongs to a MESSAGE exchange: by its
// request line or its CSeq, compared without case, or by a method that can only
// be a misspelt MESSAGE.
func OfMessage(m *decode.Message) bool {
	if m.Kind == sip.Request {
		switch method := m.Method.In(m.Raw); {
		case sameFold(method, "MESSAGE") || nearMiss(m):
			return true
		case string(method) == "ACK" || string(method) == "CANCEL":
			return false // they repeat the CSeq number of another request
		}
	}
	return sameFold(m.CSeqMethod.In(m.Raw), "MESSAGE")
}

// request joins a request to its transaction or begins one.
func (a *analyzer) request(m *decode.Message) handle {
	k := keyOf(m)
	h := a.findRequest(m, &k)
	if h == 0 {
		h = a.findOrphan(m, &k)
		if h == 0 {
			h = a.begin(m, &k)
		}
		tx := a.store.at(h)
		a.fillRequest(tx, m)
		a.enter(h, m, &k)
		a.began(h, m, &k)
		a.store.account(tx.chunk)
		a.bound()
		a.role = FirstRequest
		a.await(h)
		a.legBegan(h, a.head)
		return h
	}
	a.again(h, m)
	return h
}

// begin makes a record for a transaction that m is the first message of.
func (a *analyzer) begin(m *decode.Message, k *key) handle {
	h, tx := a.store.add()
	tx.setCSeq(m.CSeqNumber)
	tx.setIf(hasCSeq, m.CSeq.Len > 0)
	tx.setIf(hasTime, m.HasTime)
	tx.setIf(isOld, k.old)
	tx.first = m.Time
	tx.observed(m)
	tx.fromTag = tx.put(m.FromTag.In(m.Raw))
	tx.callID = tx.put(m.CallID.In(m.Raw))
	tx.branch = tx.put(m.Branch.In(m.Raw))
	tx.from = tx.intern(m.FromURI.In(m.Raw))
	tx.to = tx.intern(m.ToURI.In(m.Raw))
	a.store.byBranch.link(&a.store, h, k.branch)
	a.store.byCall.link(&a.store, h, k.call)
	return h
}

// fillRequest sets what only the request knows.
func (a *analyzer) fillRequest(tx txn, m *decode.Message) {
	tx.setCommon(&common{src: m.Src, dst: m.Dst, conn: uint32(m.Conn), transport: m.Transport, ipsec: m.Carriage&decode.IPsec != 0, method: tx.intern(m.Method.In(m.Raw)),
		sentBy: tx.intern(m.SentBy.In(m.Raw)), contentType: tx.intern(m.ContentType.In(m.Raw)), cseqMethod: tx.intern(m.CSeqMethod.In(m.Raw))})
	answered := tx.at(tx.answered)
	if tx.agent != m.Agent { // responses that another observer saw before
		shift := tx.lag() - m.Lag
		tx.final, answered = tx.final+shift, answered+shift
	}
	tx.observed(m)
	tx.first, tx.latest = m.Time, 0
	tx.answered = tx.since(answered)
	tx.set(hasRequest)
	tx.setIf(hasTime, m.HasTime)
	tx.request = m.Frame
	tx.requestHash, tx.requestID = hash32(m.Raw), uint16(m.IPID)
	tx.length, tx.checksum = m.Datagram.Length, m.Datagram.Checksum
	tx.uri = tx.intern(m.URI.In(m.Raw))
	tx.bodyBytes = m.Body.Len
	if m.Body.Len > 0 && m.Carriage&decode.Cut == 0 {
		tx.bodyHash = hash32(m.Body.In(m.Raw))
	}
	tx.setIf(isBodyCut, m.Carriage&decode.Cut != 0)
	if a.options.Bodies {
		tx.keep(nodeBody, uint64(tx.put(m.Body.In(m.Raw))))
	}
}

// again takes a further copy of a request: one that the capture made, or a
// retransmission.
func (a *analyzer) again(h handle, m *decode.Message) {
	tx := a.store.at(h)
	hash, at := hash32(m.Raw), tx.timeOf(m)
	if m.Agent != tx.agent || hash == tx.requestHash && isCopy(tx.at(tx.latest), tx.requestID, m) {
		tx.duplicates = min(tx.duplicates, math.MaxUint16-1) + 1
		tx.set(isRestated)
		a.copies++
		a.role = CaptureCopy
		return
	}
	a.role = Repeated
	if tx.retransmissions < math.MaxUint16 {
		tx.retransmissions++
	}
	a.timerE(h, m, time.Duration(at-tx.at(tx.latest)))
	if !m.Transport.Reliable() && int(tx.requestN) < a.limits.FrameList {
		tx.push(nodeID, uint64(tx.requestID))
	}
	tx.requestHash, tx.requestID, tx.latest = hash, uint16(m.IPID), tx.since(at)
	tx.length, tx.checksum = m.Datagram.Length, m.Datagram.Checksum
	tx.set(isChanged)
	if tx.is(isThird) && at-tx.final > crossing {
		a.disbelieve(h)
	}
	if tx.status == 0 || at <= tx.final {
		tx.keep(nodeLast, uint64(at))
	}
	a.repeated(h, m)
	a.waits(h)
	if int(tx.requestN) < a.limits.FrameList {
		tx.push(nodeRequest, uint64(m.Frame))
		tx.requestN++
	}
	a.store.account(tx.chunk)
}

// copyWindow is how far apart the copies that a capture makes of one packet may
// lie (several interfaces, a bonding device, a mirror port), in nanoseconds.
const copyWindow = 1e6

// isCopy reports whether m, which has the same bytes and addresses as a message
// seen at the time before with the IP identification id, is the same packet
// captured again. A sender that repeats a message uses a new identification,
// where it uses any. An agent reports the time of each message.
func isCopy(before int64, id uint16, m *decode.Message) bool {
	if m.Transport.Reliable() && m.Agent == 0 {
		return false
	}
	if id != uint16(m.IPID) || !m.HasTime {
		return id != 0 && id == uint16(m.IPID)
	}
	apart := m.Time - before
	return -copyWindow <= apart && apart <= copyWindow
}

// otherRequest looks at a request of another method for what concerns MESSAGE. It
// returns the transaction that it is about, 0 for none.
func (a *analyzer) otherRequest(m *decode.Message) (h handle) {
	switch method := m.Method.In(m.Raw); string(method) {
	case "INVITE":
		a.invites.put(callKey(m), true)
	case "CANCEL":
		if h = a.cancelled(m); h != 0 {
			a.broken(&cancelOfMessage, m, h)
		}
	case "ACK":
		if h = a.acknowledged(m); h != 0 {
			a.broken(&ackToMessage, m, h)
		}
	}
	return h
}

// acknowledged returns the MESSAGE transaction that an ACK is for, if it is not
// the ACK of an INVITE with the same number in the same call.
func (a *analyzer) acknowledged(m *decode.Message) handle {
	if _, ok := a.invites.get(callKey(m)); ok {
		return 0
	}
	return a.findCall(m, callOf(m), func(tx txn) bool { return tx.is(hasRequest) && tx.cseqNumber() == m.CSeqNumber })
}

// callKey is a key for the Call-ID and CSeq number of a message.
func callKey(m *decode.Message) uint64 {
	return uint64(callOf(m))<<32 | uint64(uint32(m.CSeqNumber))
}

// frameText names a frame for a sentence.
func frameText(f capture.Ref) string {
	text := "frame " + strconv.FormatUint(f.Number(), 10)
	if f.File() > 1 {
		text += " of file " + strconv.Itoa(f.File())
	}
	return text
}

// start remembers when the first SIP message came.
func (a *analyzer) start() {
	if a.firstSIP == 0 {
		a.firstSIP = a.clock
	}
}

// advance moves the capture's clock and closes what nothing can join any more.
func (a *analyzer) advance(clock int64) {
	if clock <= a.clock {
		return
	}
	a.clock, a.findings.clock, a.begun = clock, clock, 0
	a.waited()
	a.legsWaited()
	for {
		d := a.settled.head()
		if d == nil || d.at >= clock {
			break
		}
		h, id := d.h, d.id
		a.settled.pop()
		if a.holds(h, id) {
			a.close(h)
		}
	}
	for {
		h := a.store.oldest()
		if h == 0 {
			return
		}
		if tx := a.store.at(h); tx.opened()+int64(a.timers.F()) >= clock {
			return
		}
		a.close(h)
	}
}

// holds reports whether the handle still names the transaction with the id.
func (a *analyzer) holds(h handle, id uint64) bool {
	c := a.store.chunks[h>>chunkBits]
	if c == nil {
		return false
	}
	r := &c.records[h%chunkRecords]
	return r.is(isOpen) && txn{c, r}.id() == id
}

// bound closes the oldest transactions where the state takes more memory than
// it may, or where time does not.
func (a *analyzer) bound() {
	for a.held() > a.limits.Memory && a.store.open > chunkRecords {
		a.evicted++
		a.close(a.store.oldest())
	}
	if a.begun++; a.begun > a.limits.Standstill && a.store.open > 1 {
		a.close(a.store.oldest())
	}
}

// held is what the state takes that Limits.Memory bounds, in bytes.
func (a *analyzer) held() int64 {
	return a.store.size + a.store.byBranch.size() + a.store.byCall.size() + a.settled.size() + a.progress.begun.size() +
		a.deliveries.held + a.ledger.held + a.ledger.plain.held + a.findings.held + a.legs.held + a.legs.waiting.size()
}

// dropSettled takes out of the queue what has closed for another reason, so that it
// is no longer than what is open where the clock stands still.
func (a *analyzer) dropSettled() {
	for d := a.settled.head(); d != nil && !a.holds(d.h, d.id); d = a.settled.head() {
		a.settled.pop()
	}
}
