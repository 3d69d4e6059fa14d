package analyze

import (
	"cmp"
	"slices"

	"simplecap/decode"
)

// fact says that a message breaks a rule by itself. Workers find facts, the
// analyzer counts them.
type fact struct {
	rule     int
	severity Severity
	failed   int // the rule that panicked, for ruleFailed
}

// findings groups what was found by rule and peer.
type findings struct {
	limits  Limits
	handler Handler
	groups  map[group]*Finding
	beyond  uint64 // findings of groups that there was no room for
}

type group struct {
	rule     int
	severity Severity
	peer     decode.Endpoint
}

func (f *findings) init(limits Limits, h Handler) {
	f.limits, f.handler = limits, h
	f.groups = make(map[group]*Finding)
}

// broken notes that m breaks a rule that is found while pairing. h is the
// transaction it belongs to, 0 for none.
func (a *analyzer) broken(id string, m *decode.Message, h handle) {
	index := ruleIndex[id]
	x := a.options.exchange(m)
	a.found(fact{rule: index, severity: catalogue[index].level(&x)}, &x, h)
}

// found notes a fact about x.Message.
func (a *analyzer) found(f fact, x *Exchange, h handle) {
	rule, m := &catalogue[f.rule], x.Message
	var id uint64
	if h != 0 {
		id = a.mark(h, f.rule)
	}
	peer := hostOf(m)
	one, first := a.findings.find(group{f.rule, f.severity, peer})
	if one == nil {
		return
	}
	if first {
		one.UserAgent = a.options.agentOf(m)
		x.Failed = catalogue[f.failed].ID
		one.Message = a.options.say(rule, x, hostName(peer))
	}
	a.findings.add(one, first, m.Frame, id)
}

// brokenBy notes that m breaks a rule about a transaction that has closed.
func (a *analyzer) brokenBy(id string, m *decode.Message, transaction uint64) {
	index := ruleIndex[id]
	x := a.options.exchange(m)
	peer := hostOf(m)
	one, first := a.findings.find(group{index, catalogue[index].level(&x), peer})
	if one == nil {
		return
	}
	if first {
		one.UserAgent, one.Message = a.options.agentOf(m), a.options.say(&catalogue[index], &x, hostName(peer))
	}
	a.findings.add(one, first, m.Frame, transaction)
}

// mark adds a rule to a transaction's list and returns the transaction's id.
func (a *analyzer) mark(h handle, rule int) uint64 {
	c, r := a.store.at(h)
	marked := false
	c.each(r, nodeFinding, func(v uint64) { marked = marked || v == uint64(rule) })
	if !marked {
		c.push(r, nodeFinding, uint64(rule))
		r.set(isChanged)
	}
	return c.id(r)
}

// addClosed notes that a closed transaction breaks a rule.
func (a *analyzer) addClosed(n fact, x *Exchange) {
	f, t := &a.findings, x.Transaction
	one, first := f.find(group{n.rule, n.severity, t.Dst})
	if one == nil {
		return
	}
	if first {
		x.Failed = catalogue[n.failed].ID
		one.Message = a.options.say(&catalogue[n.rule], x, t.Dst.String())
	}
	frames := t.RequestFrames
	if len(t.ResponseFrames) > 0 {
		frames = t.ResponseFrames
	}
	var frame decode.FrameRef
	if len(frames) > 0 {
		frame = frames[0]
	}
	f.add(one, first, frame, t.ID)
}

// find returns the finding of a group, and whether it is new. It returns nil
// where there is no room for a new one.
func (f *findings) find(g group) (one *Finding, first bool) {
	if one = f.groups[g]; one != nil {
		return one, false
	}
	if len(f.groups) >= f.limits.FindingGroups {
		f.beyond++
		return nil, false
	}
	rule := &catalogue[g.rule]
	one = &Finding{Rule: rule.ID, Severity: g.severity, Reference: rule.Reference, Peer: hostName(g.peer)}
	f.groups[g] = one
	return one, true
}

func (f *findings) add(one *Finding, first bool, frame decode.FrameRef, transaction uint64) {
	one.Count++
	if frame != 0 && len(one.Frames) < f.limits.FrameList {
		one.Frames = append(one.Frames, frame)
	}
	f.addTransaction(one, transaction)
	if first {
		f.handler.Finding(one)
	}
}

func (f *findings) addTransaction(one *Finding, id uint64) {
	if n := len(one.Transactions); id != 0 && n < f.limits.FrameList && (n == 0 || one.Transactions[n-1] != id) {
		one.Transactions = append(one.Transactions, id)
	}
}

// hostName names an endpoint, without the port where that is 0.
func hostName(e decode.Endpoint) string {
	if e.Port == 0 {
		return e.Host()
	}
	return e.String()
}

// wantedFindings returns the findings, without those that are only about
// transactions that Options.Where leaves out.
func (a *analyzer) wantedFindings() []Finding {
	all := a.findings.list(&a.peers)
	if a.options.Where == nil {
		return all
	}
	return slices.DeleteFunc(all, func(f Finding) bool {
		return len(f.Transactions) > 0 && !slices.ContainsFunc(f.Transactions, func(id uint64) bool {
			_, kept := a.kept.get(id)
			return kept
		})
	})
}

// list returns the findings, the worst first.
func (f *findings) list(agents *peers) []Finding {
	keys := make([]group, 0, len(f.groups))
	for g := range f.groups {
		keys = append(keys, g)
	}
	slices.SortFunc(keys, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(catalogue[a.rule].ID, catalogue[b.rule].ID),
			compareEndpoints(a.peer, b.peer))
	})
	list := make([]Finding, len(keys))
	for i, g := range keys {
		list[i] = *f.groups[g]
		if list[i].UserAgent == "" {
			list[i].UserAgent = agents.agent(g.peer)
		}
		list[i].Frames = slices.Compact(slices.Sorted(slices.Values(list[i].Frames)))
		list[i].Transactions = slices.Compact(slices.Sorted(slices.Values(list[i].Transactions)))
	}
	return list
}
