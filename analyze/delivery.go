package analyze

import (
	"slices"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
)

// DeliveryHandler is implemented by a Handler that wants deliveries.
type DeliveryHandler interface {
	// Delivery is called when the last transaction of a delivery has closed; live, also
	// before, when its verdict is known or becomes another one. The delivery is valid
	// until the method returns.
	Delivery(d *result.Delivery)
}

// deliveries judges what became of each delivery when its transactions have closed, and
// hands it on.
type deliveries struct {
	*run
	hosts  *hosts
	groups *groups
	blame  *blame
	totals *totals
	ledger *ledger

	handler DeliveryHandler // may be nil
	scratch closing
	facts   []fact // scratch
}

// leave takes a closed transaction into its delivery, and judges the delivery
// when it was the last one.
func (ds *deliveries) leave(tx txn, t *result.Transaction, x *Exchange) {
	switch {
	case tx.delivery == 0:
		ds.settle(t, nil)
		return
	case tx.group == 0:
		ds.alone(ds.hopOf(tx, t, x), t, tx.told())
		return
	}
	g := &ds.groups.list[tx.group]
	ds.groups.count(g, ds.groups.closedOf(tx.record).take(ds.hopOf(tx, t, x), t))
	if ds.options.Whole {
		g.closed.held = append(g.closed.held, t.Clone())
		ds.groups.count(g, sizeOf(t))
	} else if ds.settle(t, nil) {
		g.wanted = true
	}
	if g.open--; g.open > 0 {
		return
	}
	ds.complete(g)
	ds.groups.drop(tx.group)
}

// alone judges a delivery of one transaction, of which the verdict told was handed on
// before.
func (ds *deliveries) alone(hop result.Hop, t *result.Transaction, told result.Verdict) {
	if !ds.options.Whole && !ds.settle(t, nil) {
		ds.ledger.unwanted(t.Delivery)
		return
	}
	d := &ds.scratch
	d.Delivery = result.Delivery{ID: t.Delivery, Sender: t.From, Recipient: t.To, Hops: append(d.Hops[:0], hop), CallIDs: append(d.CallIDs[:0], t.CallID), Findings: d.Findings[:0]}
	d.Closed, d.Told = true, told
	ds.timeHops(&d.Delivery)
	judgeHops(&d.Delivery, ds.timers)
	ds.accuse(d, true)
	if ds.options.Whole && !ds.settle(t, &d.Delivery) {
		ds.ledger.unwanted(d.ID)
		return
	}
	ds.deliver(d)
	ds.ledger.left(&d.Delivery)
}

// complete judges a delivery whose transactions have all closed.
func (ds *deliveries) complete(g *grouped) {
	d := g.closed
	d.Closed, d.Told = true, g.told
	ds.timeHops(&d.Delivery)
	judgeHops(&d.Delivery, ds.timers)
	ds.accuse(d, true)
	for i := range d.held {
		if ds.settle(&d.held[i], &d.Delivery) {
			g.wanted = true
		}
	}
	if g.wanted {
		ds.deliver(d)
		ds.ledger.left(&d.Delivery)
		return
	}
	ds.ledger.unwanted(d.ID)
}

// settle hands a closed transaction on, with what filters ask of its delivery, nil where
// that is not judged yet.
func (ds *deliveries) settle(t *result.Transaction, d *result.Delivery) (wanted bool) {
	if d != nil {
		t.Verdict, t.InDelivery = d.Verdict, d
	}
	t.InFindings = ds.blame.findingsOf[t.ID]
	wanted = ds.totals.settle(t)
	ds.blame.gone(t.ID)
	return wanted
}

// halfway reports whether a request did not come to the host that it was sent to.
func (ds *deliveries) halfway(tx txn, t *result.Transaction) bool {
	switch {
	case tx.status != 0:
		return false
	case t.Transport.Reliable():
		return ds.hosts.requestNotTaken(tx)
	}
	return !tx.is(isAskedTwice) && ds.hosts.sightings.isTwice(t.Src, t.Dst)
}

// hopOf makes the hop of a closed transaction.
func (ds *deliveries) hopOf(tx txn, t *result.Transaction, x *Exchange) result.Hop {
	_, forwards := ds.groups.forwarders.get(t.Dst.IP)
	hop := result.Hop{
		Transaction: t.ID, Parent: tx.parentID(), Src: t.Src, Dst: t.Dst, Outcome: t.Outcome, Status: t.Status,
		RTT: t.RTT, HasRTT: t.HasRTT, First: tx.first, Last: tx.at(tx.latest), Final: tx.final, HasTime: tx.is(hasTime),
		Unmatchable: x.Unmatchable, Blind: x.Blind, Forwarder: forwards, SeenUntil: ds.clock - tx.lag(), Frame: lastWord(t), Transport: t.Transport,
		Bounced: tx.is(isBounced), Later: tx.saidLater(), InVain: tx.saidInVain(), LostBetween: tx.lostBetween(),
		Halfway: ds.halfway(tx, t), AnswersWait: ds.hosts.answersWait(tx),
		Refused: x.Refused,
		Sealed:  ds.hosts.sealedBehind(tx, t),
	}
	hop.StillRetransmits, hop.Undecided = ds.stillAsks(tx)
	if ds.joiner != nil {
		ds.joiner.onto(&hop, ds.joiner.byHandle[tx.handle(int(tx.id()-tx.firstID))])
	}
	return hop
}

// deliver counts a judged delivery and hands it on.
func (ds *deliveries) deliver(d *closing) {
	ds.totals.summary.Deliveries++
	if d.Verdict.Failed() {
		ds.totals.summary.Undelivered++
	}
	ds.accuse(d, false)
	if ds.handler != nil {
		ds.handler.Delivery(&d.Delivery)
	}
}

// accuse counts what is wrong with a delivery and with what it holds: of one that is
// wanted, or of every one, early, where that decides what is wanted.
func (ds *deliveries) accuse(d *closing, early bool) {
	if early != ds.options.Found {
		return
	}
	ds.release(d)
	if !ds.options.noRules && (len(d.Hops) > 1 || d.Verdict.Failed()) {
		ds.judge(&d.Delivery)
	}
}

// judge applies the rules for deliveries.
func (ds *deliveries) judge(d *result.Delivery) {
	x := ds.options.exchange(nil)
	x.Delivery = d
	ds.facts = apply(deliveryRules, ds.facts[:0], &x)
	for _, f := range ds.facts {
		d.Findings = append(d.Findings, catalogue[f.rule].ID)
		rule, peer := &catalogue[f.rule], d.Hops[0].Dst
		var frame capture.Ref
		if blame := hopIn(d, d.Blame); blame != nil && rule.Peer != nil {
			peer, frame = rule.Peer(&x), blame.Frame
		}
		one := ds.blame.findings.find(group{rule: f.rule, severity: f.severity, peer: peer})
		if one == nil {
			continue
		}
		ds.blame.word(one, f.rule, &x, hostName(peer))
		for _, hop := range d.Hops {
			ds.blame.belongs(one, hop.Transaction)
		}
		ds.blame.findings.add(one, frame)
	}
	slices.Sort(d.Findings)
}

// timeHops computes what took how long, by what is known of the clocks of several hosts.
func (p offsets) timeHops(d *result.Delivery) {
	root := &d.Hops[max(0, slices.IndexFunc(d.Hops, func(h result.Hop) bool { return h.Parent == 0 }))] // an answer may be captured before all requests
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
		if p.ofTwoClocks(parent, hop) {
			p.betweenHosts(parent, hop)
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

// ofTwoClocks reports whether First and Final of two hops are by clocks that may differ.
func (p offsets) ofTwoClocks(parent, hop *result.Hop) bool {
	if len(hop.Times) == 0 || len(parent.Times) == 0 || hop.Times[0].Host == parent.Times[0].Host {
		return false
	}
	return hop.Times[0].Bound+parent.Times[0].Bound > 0 || p.differ(hop.Times[0].Host, parent.Times[0].Host)
}

// betweenHosts is what a host took to forward and to relay: by its own clock where one saw
// both hops, and otherwise between the clocks of two, which may be off.
func (p offsets) betweenHosts(parent, hop *result.Hop) {
	var before, after result.HostTime
	for _, one := range parent.Times {
		for _, h := range hop.Times {
			if best := one.Host == h.Host; before == (result.HostTime{}) || best && before.Host != after.Host {
				before, after = one, h
			}
		}
	}
	if before.Host != after.Host {
		after, hop.Bound = p.sameClock(before, after)
	}
	if took := after.First - before.First; after.First != 0 && before.First != 0 && took >= -int64(hop.Bound) {
		hop.HasForward, hop.Forward = true, time.Duration(max(0, took))
	}
	if took := before.Final - after.Final; hop.HasRTT && parent.HasRTT && after.Final != 0 && before.Final != 0 && took >= -int64(hop.Bound) {
		hop.HasRelay, hop.Relay = true, time.Duration(max(0, took))
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

// hold keeps a fault of a closed transaction until its delivery is judged, and
// reports whether it did.
func (ds *deliveries) hold(f fact, r *record, x *Exchange) bool {
	if r.group == 0 || catalogue[f.rule].Inherits == nil {
		return false
	}
	d := ds.groups.closedOf(r)
	d.faults = append(d.faults, fault{f, x.Transaction.Clone(), x.Detail})
	ds.groups.count(&ds.groups.list[r.group], sizeOf(x.Transaction))
	return true
}

// release counts the faults that were held, each at the hop that it began at.
func (ds *deliveries) release(d *closing) {
	for i := range d.faults {
		h := &d.faults[i]
		hop := hopIn(&d.Delivery, h.transaction.ID)
		source := origin(&d.Delivery, hop, catalogue[h.fact.rule].Inherits)
		if source == hop {
			x := ds.options.exchange(nil)
			x.Transaction, x.Detail = &h.transaction, h.detail
			ds.blame.addClosed(h.fact, &x)
			continue
		}
		one := ds.blame.findings.find(group{h.fact.rule, h.fact.severity, source.Dst, source.Status})
		ds.blame.pass(one, hop.Dst, hop.Transaction)
	}
	d.faults = d.faults[:0]
}
