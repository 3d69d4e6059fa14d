package report

import (
	"cmp"
	"slices"
	"strings"

	"simplecap/analyze/result"
)

// manyPeers is how many peers may break a rule before they are told as one.
const manyPeers = 8

// worstPeers is how many of them are named.
const worstPeers = 5

// byRule splits findings, which stand by severity and rule, where either changes.
func byRule(findings []result.Finding) (groups [][]result.Finding) {
	for start := 0; start < len(findings); {
		end := start
		for end < len(findings) && findings[end].Rule == findings[start].Rule && findings[end].Severity == findings[start].Severity {
			end++
		}
		groups = append(groups, findings[start:end])
		start = end
	}
	return groups
}

// peerCounts adds up how often each peer broke the rule, the worst first.
func peerCounts(group []result.Finding) (names []string, counts map[string]uint64, total uint64) {
	counts = make(map[string]uint64)
	for i := range group {
		name := peerName(group[i].Peer, group[i].UserAgent)
		if counts[name] == 0 {
			names = append(names, name)
		}
		counts[name] += group[i].Count
		total += group[i].Count
	}
	slices.SortStableFunc(names, func(a, b string) int { return compareDown(counts[a], counts[b]) })
	return names, counts, total
}

// rule prints what many peers broke as one: how often, by how many, who the worst
// are, and the worst of the findings.
func (t *tableWriter) rule(group []result.Finding, names []string, counts map[string]uint64, total uint64, r *result.Report) {
	worst := slices.MaxFunc(group, func(a, b result.Finding) int { return cmp.Compare(a.Count, b.Count) })
	first := worst
	first.Peer, first.UserAgent, first.Count = "", "", total
	var named []string
	for _, name := range names[:min(len(names), worstPeers)] {
		named = append(named, name+" "+number(counts[name])+"×")
	}
	if more := len(names) - len(named); more > 0 {
		named = append(named, number(uint64(more))+" more")
	}
	first.Rule = first.Rule + ": " + number(total) + " at " + count(uint64(len(names)), "peer")
	t.findingHead(&first, []string{first.Rule, first.Reference})
	t.indented("    ", "most: "+strings.Join(named, ", ")+" (-v lists each)")
	t.findingBody(&worst, r)
}
