package analyze

import (
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// What a proxy only passes on is not its fault: a finding counts where it began
// and names the proxies that passed it on. Messages are looked at as they come,
// outcomes when the delivery closes and all its hops are known.

// fault is one of a closed transaction that another hop may be to blame for.
type fault struct {
	fact        fact
	transaction result.Transaction
	detail      string // Exchange.Detail
}

// hold keeps a fault of a closed transaction until its delivery is judged, and
// reports whether it did.
func (a *analyzer) hold(f fact, r *record, x *Exchange) bool {
	if r.group == 0 || catalogue[f.rule].Inherits == nil {
		return false
	}
	d := a.closedOf(r)
	d.faults = append(d.faults, fault{f, x.Transaction.Clone(), x.Detail})
	a.deliveries.count(&a.deliveries.groups[r.group], sizeOf(x.Transaction))
	return true
}

// release counts the faults that were held, each at the hop that it began at.
func (a *analyzer) release(d *closing) {
	for i := range d.faults {
		h := &d.faults[i]
		hop := hopIn(&d.Delivery, h.transaction.ID)
		source := origin(&d.Delivery, hop, catalogue[h.fact.rule].Inherits)
		if source == hop {
			x := a.options.exchange(nil)
			x.Transaction, x.Detail = &h.transaction, h.detail
			a.addClosed(h.fact, &x)
			continue
		}
		one := a.findings.find(group{h.fact.rule, h.fact.severity, source.Dst, source.Status})
		a.findings.pass(one, hop.Dst, hop.Transaction)
	}
	d.faults = d.faults[:0]
}

// origin follows a fault down to the hop that it began at.
func origin(d *result.Delivery, hop *result.Hop, inherits func(hop, next *result.Hop) bool) *result.Hop {
	for i := 0; hop != nil && i < len(d.Hops); i++ {
		next := &d.Hops[i]
		if next.Parent == hop.Transaction && next != hop && inherits(hop, next) {
			return origin(d, next, inherits)
		}
	}
	return hop
}

// pass notes that a proxy passed on what a finding is about. one may be nil.
func (f *findings) pass(one *tally, proxy decode.Endpoint, transaction uint64) {
	if one == nil {
		return
	}
	f.addTransaction(one, transaction)
	for _, known := range one.passed {
		if known == proxy {
			return
		}
	}
	if len(one.passed) < f.limits.FrameList {
		one.passed = append(one.passed, proxy)
	}
}

// mostNamed is how many proxies a sentence names.
const mostNamed = 3

// passers names the proxies that passed a finding on, "" where there are none.
func (t *tally) passers() string {
	if len(t.passed) == 0 {
		return ""
	}
	var names []string
	for _, e := range t.passed[:min(len(t.passed), mostNamed)] {
		names = append(names, hostName(e))
	}
	text := ", passed on by " + strings.Join(names, ", ")
	if more := len(t.passed) - mostNamed; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// passedOn reports whether a fault of m, which belongs to the transaction h, came
// to its sender from the hop before, and counts it there as passed on.
func (a *analyzer) passedOn(f fact, m *decode.Message, h handle) bool {
	if h == 0 || !catalogue[f.rule].EndToEnd {
		return false
	}
	tx := a.store.at(h)
	if tx.group == 0 {
		return false
	}
	source, ok := a.sourceOf(f.rule, m, tx)
	if ok {
		a.findings.pass(a.findings.find(group{f.rule, f.severity, source, m.Status}), hostOf(m), tx.id())
	}
	return ok
}

// sourceOf returns who first sent what breaks a rule, if that is not who sent m.
func (a *analyzer) sourceOf(rule int, m *decode.Message, tx txn) (source decode.Endpoint, ok bool) {
	for range a.limits.Hops {
		other := a.neighbour(m, tx, rule)
		if other.record == nil {
			break
		}
		p := other.common()
		e := p.src
		if m.Kind == sip.Response {
			e = p.dst
		}
		source, ok = knownAs(e, p.transport), true
		tx = other
	}
	return source, ok
}

// neighbour returns the transaction that m came from: of a request the one that it
// forwards, of a response one that forwards its own; none where that is not open or
// does not break the rule.
func (a *analyzer) neighbour(m *decode.Message, tx txn, rule int) txn {
	id, parent := tx.id(), tx.parentID()
	if m.Kind == sip.Request && parent == 0 {
		return txn{}
	}
	h := a.findCall(m, callOf(m), func(o txn) bool {
		if m.Kind == sip.Request {
			return o.id() == parent && o.breaks(rule)
		}
		return o.parentID() == id && o.breaks(rule)
	})
	if h == 0 {
		return txn{}
	}
	return a.store.at(h)
}

// breaks reports whether a rule is in a transaction's list.
func (tx txn) breaks(rule int) (is bool) {
	tx.each(nodeFinding, func(v uint64) { is = is || v == uint64(rule) })
	return is
}

// isOwn reports whether what m says of its sender's software is true of the host
// that it comes from: a proxy passes on the User-Agent of the client and the
// Server of the next hop (RFC 3261 16.6, 16.7).
func (a *analyzer) isOwn(m *decode.Message, h handle) bool {
	if m.Kind == sip.Request {
		return m.ViaCount <= 1
	}
	return m.Status == 100 || h != 0 && !a.relays(m, h)
}

// relays reports whether a hop further on has given the answer m.
func (a *analyzer) relays(m *decode.Message, h handle) bool {
	tx := a.store.at(h)
	return a.anyChild(tx, func(status int) bool { return status == m.Status })
}

// anyChild reports whether ok accepts the status of a hop that carries a record's
// request on, 0 where it has none.
func (a *analyzer) anyChild(tx txn, ok func(status int) bool) bool {
	if tx.group == 0 {
		return false
	}
	id := tx.id()
	if closed := a.deliveries.groups[tx.group].closed; closed != nil {
		for i := range closed.Hops {
			if closed.Hops[i].Parent == id && ok(closed.Hops[i].Status) {
				return true
			}
		}
	}
	callID := tx.get(tx.callID)
	return a.findCallID(callID, hash32(callID), func(o txn) bool {
		return o.parentID() == id && ok(int(o.status))
	}) != 0
}
