package analyze

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// deliveries groups transactions. Most deliveries have one; only one with more
// takes memory of its own.
type deliveries struct {
	handler    DeliveryHandler         // may be nil
	groups     []grouped               // by record.group; 0 is none
	spare      []*closing              // no longer in use, kept for their memory
	held       int64                   // bytes of closed transactions in open deliveries
	free       []uint32                // groups that are free again
	forwarders *recent[[16]byte, bool] // hosts that were seen to forward a request
	correlate  []string                // header fields that name the other leg's Call-ID
	scratch    closing
}

// grouped is a delivery of several transactions that is not closed yet. As many
// may be open as transactions, so it is small until they begin to close.
type grouped struct {
	id      uint64
	closed  *closing       // of the transactions that have closed; nil while none has
	open    int32          // transactions of it that are open
	members int32          // all of them
	bytes   int64          // that closed holds
	wanted  bool           // Options.Where keeps one of them
	told    result.Verdict // handed on while transactions are open, 0 for none
}

// closing is a delivery whose transactions close.
type closing struct {
	result.Delivery
	faults []fault              // of its transactions, that another hop may be to blame for
	held   []result.Transaction // with Options.Whole: its closed transactions
}

// maxSpare is how many of them are kept for their memory.
const maxSpare = 64

func (d *deliveries) init(options Options, h Handler) {
	d.handler, _ = h.(DeliveryHandler)
	d.groups = make([]grouped, 1)
	d.forwarders = newRecent[[16]byte, bool](options.Limits.Connections)
	d.correlate = options.Correlate
}

// enter finds the delivery of a new request, or begins one.
func (a *analyzer) enter(h handle, m *decode.Message, k *key) {
	tx := a.store.at(h)
	relative, parent := a.relative(h, m, k)
	if relative == 0 || a.crowded(relative) {
		a.store.deliveries++
		tx.setDeliveryID(a.store.deliveries)
		return
	}
	other := a.store.at(relative)
	tx.setDeliveryID(other.deliveryID())
	if parent {
		tx.parent = uint32(min(tx.id()-other.id(), math.MaxUint32))
	}
	if parent && m.ViaCount > 1 {
		a.sameBody(h, m, other)
	}
	tx.group = a.group(other)
	a.joinedGroup(tx.group, relative, h)
	g := &a.deliveries.groups[tx.group]
	g.open++
	g.members++
}

// crowded reports whether a delivery has as many transactions as it may.
func (a *analyzer) crowded(member handle) bool {
	r := a.store.at(member).record
	g := &a.deliveries.groups[r.group]
	if r.group == 0 || int(g.members) < a.limits.Hops {
		return false
	}
	a.evicted++
	return true
}

// relative returns a transaction of the delivery that a new request belongs to,
// and whether the request forwards it; 0 where the request begins a delivery.
func (a *analyzer) relative(h handle, m *decode.Message, k *key) (relative handle, parent bool) {
	if relative = a.upstream(m); relative != 0 {
		a.deliveries.forwarders.put(m.Src.IP, true)
		a.sentOn(relative, m)
		return relative, true
	}
	if relative = a.translated(h, m, k); relative != 0 {
		return relative, true
	}
	if relative = a.attemptBefore(h, m, k); relative != 0 {
		return relative, false
	}
	relative = a.correlated(m)
	return relative, relative != 0
}

// maxVias is how many Vias of a request are looked at: it has one for each hop, and
// Max-Forwards begins at 70 (RFC 3261 8.1.1.6).
const maxVias = 71

// upstream returns the transaction that m forwards: the one whose top Via is the
// nearest of m's further Vias that the capture has seen (RFC 3261 16.6 step 8).
func (a *analyzer) upstream(m *decode.Message) handle {
	if m.ViaCount < 2 {
		return 0
	}
	n := 0
	for sentBy, branch := range m.Vias() {
		if n++; n == 1 || len(branch) <= len(magicCookie) {
			continue
		}
		if n > maxVias {
			break
		}
		if h := a.hop(m, sentBy, branch); h != 0 {
			return h
		}
	}
	return 0
}

// hop returns the transaction of m's call with that top Via. Where the capture
// has it at several points, it is the one that ends where m begins, or else the
// latest.
func (a *analyzer) hop(m *decode.Message, sentBy, branch []byte) (best handle) {
	h := a.store.byBranch.find(hash32(branch))
	for n := 0; h != 0 && n < a.limits.Candidates; n++ {
		tx := a.store.at(h)
		if tx.is(hasRequest) && bytes.Equal(tx.get(tx.branch), branch) && sameSentBy(tx.get(tx.common().sentBy), sentBy) &&
			bytes.Equal(tx.get(tx.callID), cut(m.CallID.In(m.Raw))) {
			if _, dst := tx.ends(); dst.IP == m.Src.IP {
				return h
			}
			if best == 0 {
				best = h
			}
		}
		h = tx.branchLinks.next
	}
	return best
}

// translated returns the same request as seen on the other side of a NAT: the
// same Via, other addresses.
func (a *analyzer) translated(self handle, m *decode.Message, k *key) handle {
	return a.findBranch(k.branch, func(h handle, tx txn) bool {
		return h != self && tx.is(hasRequest) && !tx.is(isOld) && sameHop(tx, m) && sameCall(tx, m)
	})
}

// attemptBefore returns the transaction that m repeats after a challenge or a
// redirection: same call and From tag, the next CSeq number (RFC 3261 8.1.3.4, 8.1.3.5).
func (a *analyzer) attemptBefore(self handle, m *decode.Message, k *key) handle {
	return a.findCall(m, k.call, func(tx txn) bool {
		if !tx.is(hasRequest) || tx.id() == a.idOf(self) || !sameFrom(tx, m) || tx.parent != 0 {
			return false
		}
		src, _ := tx.ends()
		next := m.CSeqNumber == tx.cseqNumber()+1
		switch result.OutcomeOf(int(tx.status)) {
		case result.Challenged:
			return next && tx.status != 0 && src.IP == m.Src.IP
		case result.Redirected:
			return (next || m.CSeqNumber == tx.cseqNumber()) && src.IP == m.Src.IP
		}
		return false
	})
}

func (a *analyzer) idOf(h handle) uint64 {
	tx := a.store.at(h)
	return tx.id()
}

// parentOf is the id of the transaction that one forwards, 0 for none.
func (a *analyzer) parentOf(h handle) uint64 {
	tx := a.store.at(h)
	return tx.parentID()
}

// correlated returns the other leg of a B2BUA, which names its Call-ID in a
// header field of this one.
func (a *analyzer) correlated(m *decode.Message) handle {
	for i := range m.Headers {
		header := &m.Headers[i]
		if header.ID != sip.HeaderOther && header.ID != sip.HeaderXCallID {
			continue
		}
		name := header.Name.In(m.Raw)
		if slices.ContainsFunc(a.deliveries.correlate, func(s string) bool { return bytes.EqualFold(name, []byte(s)) }) {
			id := header.Value.In(m.Raw)
			if h := a.findCallID(id, hash32(cut(id)), func(tx txn) bool { return tx.is(hasRequest) }); h != 0 {
				return h
			}
		}
	}
	return 0
}

// group returns the number of the record's group, and makes one if it has none.
func (a *analyzer) group(tx txn) uint32 {
	d := &a.deliveries
	if tx.group != 0 {
		return tx.group
	}
	if n := len(d.free); n > 0 {
		tx.group, d.free = d.free[n-1], d.free[:n-1]
	} else {
		d.groups = append(d.groups, grouped{})
		tx.group = uint32(len(d.groups) - 1)
	}
	d.groups[tx.group] = grouped{id: tx.deliveryID(), open: 1, members: 1}
	return tx.group
}

// leave takes a closed transaction into its delivery, and judges the delivery
// when it was the last one.
func (a *analyzer) leave(tx txn, t *result.Transaction, x *Exchange) {
	switch {
	case tx.delivery == 0:
		a.settle(t)
		return
	case tx.group == 0:
		a.alone(a.hopOf(tx, t, x), t, tx.told())
		return
	}
	d := &a.deliveries
	g := &d.groups[tx.group]
	d.count(g, a.closedOf(tx.record).take(a.hopOf(tx, t, x), t))
	if a.options.Whole {
		g.closed.held = append(g.closed.held, t.Clone())
		d.count(g, sizeOf(t))
	} else if a.settle(t) {
		g.wanted = true
	}
	if g.open--; g.open > 0 {
		return
	}
	d.free = append(d.free, tx.group)
	delete(a.progress.members, tx.group)
	d.held -= g.bytes
	a.complete(g)
	if len(d.spare) < maxSpare {
		d.spare = append(d.spare, g.closed)
	}
	g.closed = nil
}

// count notes that a group holds more bytes.
func (d *deliveries) count(g *grouped, bytes int64) {
	g.bytes += bytes
	d.held += bytes
}

// alone judges a delivery of one transaction, of which the verdict told was handed on
// before.
func (a *analyzer) alone(hop result.Hop, t *result.Transaction, told result.Verdict) {
	if !a.options.Whole && !a.settle(t) {
		a.ledger.unwanted(t.Delivery)
		return
	}
	d := &a.deliveries.scratch
	d.Delivery = result.Delivery{ID: t.Delivery, Sender: t.From, Recipient: t.To, Hops: append(d.Hops[:0], hop), CallIDs: append(d.CallIDs[:0], t.CallID)}
	d.Closed, d.Told = true, told
	timeHops(&d.Delivery)
	judgeHops(&d.Delivery, a.timers)
	if a.options.Whole {
		t.Verdict = d.Verdict
		if !a.settle(t) {
			a.ledger.unwanted(d.ID)
			return
		}
	}
	a.deliver(d)
	a.ledger.left(&d.Delivery)
}

// complete judges a delivery whose transactions have all closed.
func (a *analyzer) complete(g *grouped) {
	d := g.closed
	d.Closed, d.Told = true, g.told
	timeHops(&d.Delivery)
	judgeHops(&d.Delivery, a.timers)
	for i := range d.held {
		t := &d.held[i]
		t.Verdict = d.Verdict
		if a.settle(t) {
			g.wanted = true
		}
	}
	if g.wanted {
		a.deliver(d)
		a.ledger.left(&d.Delivery)
		return
	}
	a.ledger.unwanted(d.ID)
}

// closedOf returns what has closed of a record's group.
func (a *analyzer) closedOf(r *record) *closing {
	g := &a.deliveries.groups[r.group]
	if g.closed == nil {
		g.closed = a.deliveries.fresh(g.id)
	}
	return g.closed
}

// fresh returns an empty delivery.
func (d *deliveries) fresh(id uint64) *closing {
	one := new(closing)
	if n := len(d.spare); n > 0 {
		one, d.spare = d.spare[n-1], d.spare[:n-1]
	}
	clear(one.held)
	clear(one.faults)
	*one = closing{result.Delivery{ID: id, Hops: one.Hops[:0], CallIDs: one.CallIDs[:0]}, one.faults[:0], one.held[:0]}
	return one
}

// take adds a closed transaction to the delivery, and returns how many bytes that
// takes. The strings are copied: they are parts of one that holds all of t's.
func (d *closing) take(hop result.Hop, t *result.Transaction) (bytes int64) {
	if len(d.Hops) == 0 || hop.Transaction < d.Hops[0].Transaction {
		d.Sender, d.Recipient = strings.Clone(t.From), strings.Clone(t.To)
		bytes += int64(len(t.From) + len(t.To))
	}
	d.Hops = append(d.Hops, hop)
	slices.SortFunc(d.Hops, func(a, b result.Hop) int { return cmp.Compare(a.Transaction, b.Transaction) })
	if !slices.Contains(d.CallIDs, t.CallID) {
		d.CallIDs = append(d.CallIDs, strings.Clone(t.CallID))
		bytes += int64(len(t.CallID)) + stringBytes
	}
	return bytes + 2*hopSize // slices grow by doubling
}

const (
	hopSize     = int64(unsafe.Sizeof(result.Hop{}))
	stringBytes = 2 * int64(unsafe.Sizeof(""))
)

// hopOf makes the hop of a closed transaction.
func (a *analyzer) hopOf(tx txn, t *result.Transaction, x *Exchange) result.Hop {
	_, forwards := a.deliveries.forwarders.get(t.Dst.IP)
	hop := result.Hop{
		Transaction: t.ID, Parent: tx.parentID(), Src: t.Src, Dst: t.Dst, Outcome: t.Outcome, Status: t.Status,
		RTT: t.RTT, HasRTT: t.HasRTT, First: tx.first, Last: tx.at(tx.latest), Final: tx.final, HasTime: tx.is(hasTime),
		Unmatchable: x.Unmatchable, Blind: x.Blind, Forwarder: forwards, SeenUntil: a.clock - tx.lag(), Frame: lastWord(t), Transport: t.Transport,
		Bounced:          tx.is(isBounced),
		Refused:          x.Refused,
		Sealed:           a.sealedBehind(tx.record, t),
		StillRetransmits: tx.status != 0 && tx.is(hasTime) && tx.at(tx.latest)-tx.final > crossing,
	}
	if a.joiner != nil {
		a.joiner.onto(&hop, a.joiner.byHandle[tx.handle(int(tx.id()-tx.firstID))])
	}
	return hop
}

// crossing is how long after an answer a retransmission may pass the capture
// because the two crossed on the wire, in nanoseconds.
const crossing = int64(100 * time.Millisecond)

// deliver counts a judged delivery and hands it on.
func (a *analyzer) deliver(d *closing) {
	a.summary.Deliveries++
	if d.Verdict.Failed() {
		a.summary.Undelivered++
	}
	a.release(d)
	if !a.options.noRules && (len(d.Hops) > 1 || d.Verdict.Failed()) {
		a.judgeDelivery(&d.Delivery)
	}
	if a.deliveries.handler != nil {
		a.deliveries.handler.Delivery(&d.Delivery)
	}
}

// judgeDelivery applies the rules for deliveries.
func (a *analyzer) judgeDelivery(d *result.Delivery) {
	x := a.options.exchange(nil)
	x.Delivery = d
	a.facts = apply(deliveryRules, a.facts[:0], &x)
	for _, f := range a.facts {
		rule, peer := &catalogue[f.rule], d.Hops[0].Dst
		var frame capture.Ref
		if blame := hopIn(d, d.Blame); blame != nil && rule.Peer != nil {
			peer, frame = rule.Peer(&x), blame.Frame
		}
		one := a.findings.find(group{rule: f.rule, severity: f.severity, peer: peer})
		if one == nil {
			continue
		}
		a.word(one, f.rule, &x, hostName(peer))
		for _, hop := range d.Hops {
			a.findings.addTransaction(one, hop.Transaction)
		}
		a.findings.add(one, frame)
	}
}

// timeHops computes what took how long.
func timeHops(d *result.Delivery) {
	root := &d.Hops[0]
	d.HasTime, d.FirstRequest = root.HasTime, root.First
	for i := range d.Hops {
		hop := &d.Hops[i]
		d.HasTime = d.HasTime && hop.HasTime
		if hop.Parent == 0 && hop.HasRTT {
			d.HasTotal = true
			d.Total = time.Duration(hop.Final - d.FirstRequest)
		}
		parent := hopIn(d, hop.Parent)
		if parent == nil || !hop.HasTime {
			continue
		}
		if hop.First >= parent.First {
			hop.HasForward, hop.Forward = true, time.Duration(hop.First-parent.First)
		}
		if hop.HasRTT && parent.HasRTT && parent.Final >= hop.Final {
			hop.HasRelay, hop.Relay = true, time.Duration(parent.Final-hop.Final)
		}
	}
}

// hopIn returns the hop of a transaction, or nil.
func hopIn(d *result.Delivery, transaction uint64) *result.Hop {
	for i := range d.Hops {
		if d.Hops[i].Transaction == transaction && transaction != 0 {
			return &d.Hops[i]
		}
	}
	return nil
}
