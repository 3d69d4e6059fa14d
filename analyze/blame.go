package analyze

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// blame words what is wrong and counts it at who is to blame.
type blame struct {
	*run
	table      *table
	groups     *groups
	findings   findings
	noted      noted
	findingsOf map[uint64][]*result.Finding // with Options.Found: those that open transactions are in
	heldOf     int64                        // bytes that findingsOf takes
}

func (b *blame) init(r *run, t *table, g *groups, h Handler) {
	b.run, b.table, b.groups = r, t, g
	b.findings.init(r.limits, h)
	if r.options.Legs != nil {
		b.noted.of = make(map[uint64][]Found)
	}
	if r.options.Found {
		b.findingsOf = make(map[uint64][]*result.Finding)
	}
}

// broken notes that m breaks a rule that is found while pairing. h is the
// transaction it belongs to, 0 for none.
func (b *blame) broken(rule *Rule, m *decode.Message, h handle) { b.brokenSo(rule, m, h, "") }

// brokenSo is broken where the analyzer knows more than m shows: what exactly
// is wrong, in words that Rule.Say takes in.
func (b *blame) brokenSo(rule *Rule, m *decode.Message, h handle, detail string) {
	x := b.options.exchange(m)
	x.Detail = detail
	b.found(fact{rule: rule.index(), severity: rule.level(&x)}, &x, h)
}

// found notes a fact about x.Message.
func (b *blame) found(f fact, x *Exchange, h handle) {
	var id uint64
	if h != 0 {
		id = b.mark(h, f.rule)
	}
	if !b.passedOn(f, x.Message, h) {
		b.foundOf(f, x, id, h)
	}
}

// foundOf counts a fact about x.Message at its sender. h is 0 where the
// transaction has closed, or there is none.
func (b *blame) foundOf(f fact, x *Exchange, transaction uint64, h handle) {
	m := x.Message
	peer := hostOf(m)
	if by := catalogue[f.rule].Peer; by != nil {
		peer = by(x)
	}
	one := b.findings.find(group{f.rule, f.severity, peer, m.Status})
	if one == nil {
		return
	}
	if one.Count == 0 && peer == hostOf(m) && b.groups.isOwn(m, h) {
		one.UserAgent = b.options.agentOf(m)
	}
	x.Failed = catalogue[f.failed].ID
	b.word(one, f.rule, x, hostName(peer))
	if h != 0 {
		b.belongs(one, transaction)
	} else {
		b.findings.addTransaction(one, transaction)
	}
	b.note(one, group{f.rule, f.severity, peer, m.Status}, transaction, h)
	frame := m.Frame
	if where := catalogue[f.rule].Where; where != nil {
		frame = where(x)
	}
	b.findings.add(one, frame)
}

// word makes the sentence of a finding the first time, and notes when a later
// one differs. Those that are only counted may be as many as messages: of these
// the ones whose frames are listed are compared.
func (b *blame) word(one *tally, rule int, x *Exchange, peer string) {
	switch {
	case one.Count == 0:
		one.Message = b.options.say(&catalogue[rule], x, peer)
	case !one.differs && (one.Severity > result.Info || one.Count < uint64(b.limits.FrameList)):
		one.differs = b.options.say(&catalogue[rule], x, peer) != one.Message
	}
}

// mark adds a rule to a transaction's list and returns the transaction's id.
func (b *blame) mark(h handle, rule int) uint64 {
	tx := b.table.at(h)
	marked := false
	tx.each(nodeFinding, func(v uint64) { marked = marked || v == uint64(rule) })
	if !marked {
		tx.push(nodeFinding, uint64(rule))
		tx.set(isChanged)
	}
	return tx.id()
}

// addClosed notes that a closed transaction breaks a rule.
func (b *blame) addClosed(n fact, x *Exchange) {
	t := x.Transaction
	peer := t.Dst
	if by := catalogue[n.rule].Peer; by != nil {
		peer = by(x)
	}
	one := b.findings.find(group{n.rule, n.severity, peer, t.Status})
	if one == nil {
		return
	}
	x.Failed = catalogue[n.failed].ID
	b.word(one, n.rule, x, hostName(peer))
	b.belongs(one, t.ID)
	b.findings.add(one, lastWord(t))
}

// passedOn reports whether a fault of m, which belongs to the transaction h, came
// to its sender from the hop before, and counts it there as passed on.
func (b *blame) passedOn(f fact, m *decode.Message, h handle) bool {
	if h == 0 || !catalogue[f.rule].EndToEnd {
		return false
	}
	tx := b.table.at(h)
	if tx.group == 0 {
		return false
	}
	source, ok := b.sourceOf(f.rule, m, tx)
	if ok {
		b.pass(b.findings.find(group{f.rule, f.severity, source, m.Status}), hostOf(m), tx.id())
	}
	return ok
}

// sourceOf returns who first sent what breaks a rule, if that is not who sent m.
func (b *blame) sourceOf(rule int, m *decode.Message, tx txn) (source decode.Endpoint, ok bool) {
	for range b.limits.Hops {
		other := b.neighbour(m, tx, rule)
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
func (b *blame) neighbour(m *decode.Message, tx txn, rule int) txn {
	id, parent := tx.id(), tx.parentID()
	if m.Kind == sip.Request && parent == 0 {
		return txn{}
	}
	h := b.table.findCall(m, callOf(m), func(o txn) bool {
		if m.Kind == sip.Request {
			return o.id() == parent && o.breaks(rule)
		}
		return o.parentID() == id && o.breaks(rule)
	})
	if h == 0 {
		return txn{}
	}
	return b.table.at(h)
}

// belongs notes that a transaction which is not gone is in a finding.
func (b *blame) belongs(one *tally, transaction uint64) {
	b.findings.addTransaction(one, transaction)
	if list := b.findingsOf[transaction]; b.findingsOf != nil && len(list) < mostFound && !slices.Contains(list, &one.Finding) {
		b.findingsOf[transaction] = append(list, &one.Finding)
		b.heldOf += foundBytes
	}
}

// pass notes that a proxy passed on what a finding is about. one may be nil.
func (b *blame) pass(one *tally, proxy decode.Endpoint, transaction uint64) {
	if one != nil {
		b.belongs(one, transaction)
		b.findings.pass(one, proxy)
	}
}

// gone forgets which findings a transaction is in.
func (b *blame) gone(transaction uint64) {
	b.heldOf -= foundBytes * int64(len(b.findingsOf[transaction]))
	delete(b.findingsOf, transaction)
}

// note counts for its leg that a message of a transaction breaks a rule.
func (b *blame) note(one *tally, g group, transaction uint64, h handle) {
	if b.noted.of == nil || transaction == 0 || judgedJoined()[g.rule] {
		return
	}
	if h != 0 {
		b.table.at(h).set(isRestated)
	}
	b.noted.add(transaction, Found{one.Rule, g.severity, g.peer, g.status, 1, one.Message, one.UserAgent})
}

// contradicted takes bytes that came twice and differ.
func (b *blame) contradicted(c *decode.Contradiction) {
	detail := "sent " + strings.ToUpper(c.Transport.String()) + " data in " + frameText(c.Frame) + " that differs from what came before in its place"
	if c.Of != 0 {
		detail += ", in " + frameText(c.Of)
	}
	b.ofFrame(&contradictingBytes, knownAs(c.Src, c.Transport), detail, c.Of, c.Frame)
}

// rest takes bytes that are the rest of a message whose Content-Length is wrong.
func (b *blame) rest(r *decode.Rest) {
	rule, detail := &framingLost, "sends a message with Content-Length "+strconv.FormatInt(r.ContentLength, 10)+" and "+
		strconv.FormatInt(r.Body+r.Bytes, 10)+" bytes behind its header fields: the rest belongs to no message"
	if r.Transport == decode.UDP {
		rule, detail = &splitOverDatagrams, "cuts one SIP message into several UDP datagrams: of the "+strconv.FormatInt(r.ContentLength, 10)+" bytes of its Content-Length "+
			strconv.FormatInt(r.Body, 10)+" came in "+frameText(r.Of)+", the rest came in "+frameText(r.Frame)
	}
	b.ofFrame(rule, knownAs(r.Src, r.Transport), detail, r.Of, 0)
}

// ofFrame counts what breaks a rule and is no message: it is about the one that came in
// the frame of, and about the frame also; either may be 0.
func (b *blame) ofFrame(rule *Rule, peer decode.Endpoint, detail string, of, also capture.Ref) {
	x := b.options.exchange(nil)
	x.Detail = detail
	g := group{rule: rule.index(), severity: rule.Severity, peer: peer}
	one := b.findings.find(g)
	if one == nil {
		return
	}
	b.word(one, g.rule, &x, hostName(peer))
	if h := b.table.latestOpen(func(o txn) bool { return of != 0 && (o.request == of || o.response == of) }); h != 0 {
		id := b.mark(h, g.rule)
		b.belongs(one, id)
		b.note(one, g, id, h)
	}
	b.findings.add(one, cmp.Or(of, also))
	if of != 0 {
		b.findings.also(one, also)
	}
}
