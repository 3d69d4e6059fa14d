package check

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"simplecap/analyze/result"
)

// Difference is what changed from one run to another.
type Difference struct {
	Old, New *Snapshot
	Findings []FindingChange // as they stand in New, then those that are gone
	Outcomes []OutcomeChange
	RTT      []RTTChange // every statistic of all together, then p50 and p95 of each peer that both have
}

// FindingChange is a rule broken by a host in one run or in both, with other
// counts.
type FindingChange struct {
	Rule     string
	Severity result.Severity
	Peer     string
	Message  string
	Old, New uint64 // how often
}

// OutcomeChange is a count of the summary, or of a status ("status 404").
type OutcomeChange struct {
	Name     string
	Old, New uint64
}

// RTTChange is a statistic of the round-trip times.
type RTTChange struct {
	Peer      string // "" for all together
	Statistic string
	Old, New  time.Duration
	Beyond    bool // it grew or shrank by more than is tolerated
}

// Changed reports whether anything differs: findings, outcomes, or a round-trip
// time by more than is tolerated.
func (d *Difference) Changed() bool {
	if len(d.Findings) > 0 {
		return true
	}
	for _, o := range d.Outcomes {
		if o.Old != o.New {
			return true
		}
	}
	for _, r := range d.RTT {
		if r.Beyond {
			return true
		}
	}
	return false
}

// Compare compares two runs. A zero tolerance means the default.
func Compare(old, now *Snapshot, tolerance Tolerance) *Difference {
	d := &Difference{Old: old, New: now, Outcomes: outcomeChanges(old, now)}
	d.Findings = findingChanges(old, now)
	tolerance = tolerance.orDefault()
	d.RTT = rttChanges("", &old.RTT, &now.RTT, tolerance)
	for i := range now.Peers {
		p := &now.Peers[i]
		if o := old.peer(p.Address); o != nil {
			d.RTT = append(d.RTT, rttChanges(p.Address, &o.RTT, &p.RTT, tolerance)...)
		}
	}
	return d
}

// hostRule groups findings: the same rule, host and status is the same finding.
type hostRule struct {
	rule, host string
	status     int
}

func of(f *result.Finding) hostRule { return hostRule{f.Rule, hostOnly(f.Peer), f.Status} }

// counts adds the findings of a run up by rule, host and status.
func (s *Snapshot) counts() map[hostRule]uint64 {
	sums := map[hostRule]uint64{}
	for i := range s.Findings {
		sums[of(&s.Findings[i])] += s.Findings[i].Count
	}
	return sums
}

func findingChanges(old, now *Snapshot) (changes []FindingChange) {
	before, after := old.counts(), now.counts()
	seen := map[hostRule]bool{}
	for _, findings := range [][]result.Finding{now.Findings, old.Findings} {
		for i := range findings {
			f := &findings[i]
			key := of(f)
			if seen[key] || before[key] == after[key] {
				continue
			}
			seen[key] = true
			changes = append(changes, FindingChange{f.Rule, f.Severity, key.host, f.Message, before[key], after[key]})
		}
	}
	return changes
}

func outcomeChanges(old, now *Snapshot) []OutcomeChange {
	changes := append(countChanges(&old.Summary, &now.Summary), statusChanges(old.Summary.Statuses, now.Summary.Statuses)...)
	return append(changes, textChanges(old, now)...)
}

// textChanges compares how texts ended, by kind, and how many were lost: what arrived in
// one run and not in the other has the same 2xx in both.
func textChanges(old, now *Snapshot) (changes []OutcomeChange) {
	if old.texts == nil && now.texts == nil {
		return nil
	}
	for _, kind := range either(old.texts, now.texts) {
		before, after := old.texts[kind], now.texts[kind]
		for _, end := range either(before, after) {
			changes = append(changes, OutcomeChange{"texts " + kind + " " + end, before[end], after[end]})
		}
	}
	return append(changes, OutcomeChange{"lost_texts", old.lost, now.lost})
}

// either lists the keys that one of two maps has, in order.
func either[V any](a, b map[string]V) []string {
	keys := slices.Sorted(maps.Keys(a))
	return slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(keys, maps.Keys(b)))))
}

// statusChanges compares the first final responses by status: five 404s that turn
// into five 503s are as many refusals as before. A report of a simplecap that did
// not count them has none to compare.
func statusChanges(old, now map[int]uint64) (changes []OutcomeChange) {
	if old == nil || now == nil {
		return nil
	}
	for status := range 1000 {
		if old[status] > 0 || now[status] > 0 {
			changes = append(changes, OutcomeChange{"status " + strconv.Itoa(status), old[status], now[status]})
		}
	}
	return changes
}

func countChanges(old, now *result.Summary) []OutcomeChange {
	return []OutcomeChange{
		{"transactions", old.Transactions, now.Transactions},
		{"success", old.Success, now.Success},
		{"challenged", old.Challenged, now.Challenged},
		{"redirected", old.Redirected, now.Redirected},
		{"rejected", old.Rejected, now.Rejected},
		{"unreachable", old.Unreachable, now.Unreachable},
		{"timeout", old.Timeout, now.Timeout},
		{"pending", old.Pending, now.Pending},
		{"orphan", old.Orphan, now.Orphan},
		{"missing_200", old.Missing200, now.Missing200},
		{"undelivered", old.Undelivered, now.Undelivered},
		{"retransmissions", old.Retransmissions, now.Retransmissions},
	}
}

func rttChanges(peer string, old, now *result.RTT, tolerance Tolerance) (changes []RTTChange) {
	if old.Count == 0 || now.Count == 0 {
		return nil
	}
	for i, s := range statistics {
		if peer != "" && !slices.Contains(compared, i) {
			continue
		}
		was, is := s.of(old), s.of(now)
		changes = append(changes, RTTChange{
			Peer: peer, Statistic: s.name, Old: was, New: is,
			Beyond: tolerance.exceeded(was, is) || tolerance.exceeded(is, was),
		})
	}
	return changes
}
