package analyze

import (
	"cmp"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// fact says that a message breaks a rule by itself. Workers find facts, the
// analyzer counts them.
type fact struct {
	rule     int
	severity result.Severity
	failed   int // the rule that panicked, for ruleFailed
}

// findings groups what was found by rule, peer and status.
type findings struct {
	limits  Limits
	handler Handler
	groups  map[group]*tally
	order   [result.Error + 1][]group // the groups of each severity, in order of appearance
	rest    map[restOf]*tally         // by rule: findings of groups that there was no room for
	held    int64                     // bytes that the groups take
	room    int64                     // and may take
	clock   int64                     // the capture's, in nanoseconds
}

// group is what findings are counted together by.
type group struct {
	rule     int
	severity result.Severity
	peer     decode.Endpoint
	status   int // where they are about a response, else 0
}

// tally is a finding while it is counted.
type tally struct {
	result.Finding
	differs bool              // later ones have another sentence than the first
	passed  []decode.Endpoint // proxies that passed it on
	bytes   int64             // that count in findings.held
	last    int64             // the capture's clock when it was counted last
}

func (f *findings) init(limits Limits, h Handler) {
	f.limits, f.handler, f.room = limits, h, limits.Memory/findingsShare
	f.groups, f.rest = make(map[group]*tally), make(map[restOf]*tally)
}

// lastWord is the frame that shows what became of a transaction: its first
// response, or else its request.
func lastWord(t *result.Transaction) capture.Ref {
	switch {
	case len(t.ResponseFrames) > 0:
		return t.ResponseFrames[0]
	case len(t.RequestFrames) > 0:
		return t.RequestFrames[0]
	}
	return 0
}

// find returns the finding of a group. It returns nil where there is no room for
// a new one.
func (f *findings) find(g group) *tally {
	if one := f.groups[g]; one != nil {
		return one
	}
	if full := len(f.groups) >= f.limits.FindingGroups || f.held > f.room; full && !f.pushOut(g.severity) && !f.expire(g.severity) {
		return f.restOf(g)
	}
	one := newTally(g, hostName(g.peer))
	f.grow(one, tallyBytes)
	f.groups[g] = one
	f.order[g.severity] = append(f.order[g.severity], g)
	return one
}

// findingsShare is the part of Limits.Memory that groups of findings may take.
const findingsShare = 8

// tallyBytes is about what a group takes beside its sentence and its lists.
const tallyBytes = 2 * int64(unsafe.Sizeof(tally{}))

// grow notes that a group takes more bytes. What stands for the rest of a rule counts
// as well: there are few of them.
func (f *findings) grow(one *tally, bytes int64) {
	one.bytes += bytes
	f.held += bytes
}

func newTally(g group, peer string) *tally {
	rule := &catalogue[g.rule]
	return &tally{Finding: result.Finding{Rule: rule.ID, Severity: g.severity, Reference: rule.Reference, Peer: peer, Status: g.status}}
}

// restOf is what findings are counted by that have no group of their own.
type restOf struct {
	rule     int
	severity result.Severity
}

// restOf returns the finding of a rule for all peers without a group of their own.
func (f *findings) restOf(g group) *tally {
	k := restOf{g.rule, g.severity}
	if f.rest[k] == nil {
		f.rest[k] = newTally(group{rule: g.rule, severity: g.severity}, result.OtherPeers)
	}
	return f.rest[k]
}

// pushOut makes room for a group of a severity: the oldest one of the least severity
// goes, if that is less. Nobody who makes up sources can hide an error behind notes.
// What it counted is kept, with the rest of its rule.
func (f *findings) pushOut(severity result.Severity) bool {
	for s := result.Info; s < severity; s++ {
		if len(f.order[s]) == 0 {
			continue
		}
		f.dropOldest(s)
		return true
	}
	return false
}

// dropOldest gives up the group of a severity that appeared first.
func (f *findings) dropOldest(s result.Severity) {
	g := f.order[s][0]
	f.order[s] = f.order[s][1:]
	f.held -= f.groups[g].bytes
	f.restOf(g).merge(f.groups[g], f.limits.FrameList)
	delete(f.groups, g)
}

// findingTime is how long a group is kept that nothing is added to, once there is no
// room; looksForOld is how many are looked at for one.
const (
	findingTime = time.Hour
	looksForOld = 16
)

// expire makes room for a group where one of the same severity has had nothing new for
// long, so that days of a live capture do not use the groups up. The count goes to the
// rest of its rule.
func (f *findings) expire(s result.Severity) bool {
	for range min(looksForOld, len(f.order[s])) {
		g := f.order[s][0]
		if f.groups[g].last < f.clock-int64(findingTime) {
			f.dropOldest(s)
			return true
		}
		f.order[s] = append(f.order[s][1:], g)
	}
	return false
}

// merge adds what another tally counted.
func (t *tally) merge(other *tally, limit int) {
	if t.Count == 0 {
		t.Message = other.Message
	}
	t.Count += other.Count
	t.differs = true
	t.Frames = append(t.Frames, other.Frames[:min(len(other.Frames), max(0, limit-len(t.Frames)))]...)
	t.Transactions = append(t.Transactions, other.Transactions[:min(len(other.Transactions), max(0, limit-len(t.Transactions)))]...)
}

// add counts a finding, and hands it on the first time.
func (f *findings) add(one *tally, frame capture.Ref) {
	one.Count++
	one.last = f.clock
	f.also(one, frame)
	if one.Count == 1 {
		f.grow(one, int64(len(one.Message)+len(one.UserAgent)))
		f.handler.Finding(&one.Finding)
	}
}

// also lists a further frame that shows what was counted; 0 is none.
func (f *findings) also(one *tally, frame capture.Ref) {
	if frame != 0 && len(one.Frames) < f.limits.FrameList {
		one.Frames = append(one.Frames, frame)
		f.grow(one, listedBytes)
	}
}

func (f *findings) addTransaction(one *tally, id uint64) {
	if n := len(one.Transactions); id != 0 && n < f.limits.FrameList && (n == 0 || one.Transactions[n-1] != id) {
		one.Transactions = append(one.Transactions, id)
		f.grow(one, listedBytes)
	}
}

// listedBytes is what a number in a list takes: lists grow by doubling.
const listedBytes = 16

// hostName names an endpoint, without the port where that is 0.
func hostName(e decode.Endpoint) string {
	if e.Port == 0 {
		return e.Host()
	}
	return e.String()
}

// list returns the findings, the worst first.
func (f *findings) list(agents *peers) []result.Finding {
	keys := make([]group, 0, len(f.groups))
	for g, one := range f.groups {
		if one.Count > 0 { // what was passed on may not have been counted at its source
			keys = append(keys, g)
		}
	}
	slices.SortFunc(keys, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(catalogue[a.rule].ID, catalogue[b.rule].ID),
			compareEndpoints(a.peer, b.peer), cmp.Compare(a.status, b.status))
	})
	list := make([]result.Finding, len(keys))
	for i, g := range keys {
		list[i] = f.groups[g].finding()
		if list[i].UserAgent == "" {
			list[i].UserAgent = agents.agent(g.peer)
		}
	}
	if len(f.rest) == 0 {
		return list
	}
	for _, one := range f.rest {
		list = append(list, one.finding())
	}
	slices.SortStableFunc(list, func(a, b result.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule, b.Rule), cmp.Compare(rank(a), rank(b)))
	})
	return list
}

// rank puts the peers for which there was no room last.
func rank(f result.Finding) int {
	if f.Peer == result.OtherPeers {
		return 1
	}
	return 0
}

// finding is the finding as the report has it.
func (t *tally) finding() result.Finding {
	f := t.Finding
	if f.Peer == result.OtherPeers {
		f.UserAgent = "" // that of one of them
	}
	f.Message += t.passers()
	if t.differs {
		f.Message += " (the first of " + strconv.FormatUint(f.Count, 10) + ", which differ)"
	}
	f.Frames = slices.Compact(slices.Sorted(slices.Values(f.Frames)))
	f.Transactions = slices.Compact(slices.Sorted(slices.Values(f.Transactions)))
	return f
}
