package html

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/check"
	"simplecap/report"
)

// peers lists who was sent to: first those that did not answer.
func (p *page) peers(r *result.Report, limit int) {
	peers := slices.Clone(r.Peers)
	slices.SortStableFunc(peers, func(a, b result.Peer) int {
		return cmp.Or(cmp.Compare(b.Missing200, a.Missing200), cmp.Compare(b.Transactions, a.Transactions))
	})
	p.MorePeers = max(len(peers)-limit, 0)
	for _, peer := range peers[:min(len(peers), limit)] {
		peer.Address, peer.UserAgent = clean(peer.Address), cleanTo(peer.UserAgent, 60)
		v := peerView{Peer: peer}
		if p.RTT != nil && peer.RTT.Count > 0 {
			from, to := p.RTT.x(peer.RTT.P50), p.RTT.x(peer.RTT.P99)
			v.Bar, v.Dot = &bar{X: tenth(from / 8), W: tenth(max((to-from)/8, 2)), Title: "from the median to 99%"}, tenth(from/8)
		}
		p.Peers = append(p.Peers, v)
	}
}

// findings lists findings by rule; the Report has the worst first.
func (p *page) findings(r *result.Report, l Limits) {
	docs := make(map[string]analyze.Rule)
	for _, rule := range analyze.Catalogue() {
		docs[rule.ID] = rule
	}
	p.MoreFindings = max(len(r.Findings)-l.Findings, 0)
	at := make(map[string]int)
	for i := range r.Findings[:min(len(r.Findings), l.Findings)] {
		f := &r.Findings[i]
		n, known := at[f.Rule]
		if !known {
			n = len(p.Rules)
			at[f.Rule] = n
			doc := docs[f.Rule]
			p.Rules = append(p.Rules, ruleView{Rule: f.Rule, Severity: f.Severity.String(), Title: doc.Title, Reference: f.Reference, Doc: doc.Doc})
		}
		p.Rules[n].Count += f.Count
		p.Rules[n].Linked = p.Rules[n].Linked || len(f.Transactions) > 0
		p.Rules[n].Findings = append(p.Rules[n].Findings, findingView{
			Anchor: anchor(f), Peer: clean(f.Peer), Agent: cleanTo(f.UserAgent, 60), Message: cleanTo(f.Message, bodyWidth),
			Status: f.Status, Count: f.Count, Filters: report.Filters(f.Frames, r.Inputs, l.FindingRefs), Cut: cutAt(len(f.Frames), l.FindingRefs),
		})
	}
}

// anchor is what a link to a finding names: the rule, the peer, and the status.
func anchor(f *result.Finding) string {
	name := "f-" + f.Rule + "-" + f.Peer
	if f.Status > 0 {
		name += "-" + strconv.Itoa(f.Status)
	}
	return strings.Map(func(c rune) rune {
		if c < 0x80 && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == ':') {
			return c
		}
		return '_'
	}, name)
}

// The bounds of what is shown of a check.
const (
	checksShown   = 50
	breachesShown = 10
)

// checked is a verdict of check as the page shows it.
func checked(v *check.Verdict) *checkView {
	c := &checkView{Headline: report.Headline(v), Class: failed.String()}
	if v.Result == check.Pass {
		c.Class = fine.String()
	}
	failing := v.Failing()
	c.More = max(len(failing)-checksShown, 0)
	for i := range failing[:min(len(failing), checksShown)] {
		x := &failing[i]
		line := checkLine{Name: clean(x.Name), Bounds: cleanTo(report.Bounds(x), 0), Hint: cleanTo(x.Hint, 0)}
		for j := range x.Breaches {
			if j == breachesShown {
				line.Breaches = append(line.Breaches, "… "+report.Number(uint64(len(x.Breaches)-j))+" more")
				break
			}
			line.Breaches = append(line.Breaches, report.BreachWords(&x.Breaches[j]))
		}
		c.Failing = append(c.Failing, line)
	}
	for _, note := range v.Notes {
		c.Notes = append(c.Notes, cleanTo(note, 0))
	}
	return c
}

// cutAt is how many of n frames are named where these are more, 0 otherwise.
func cutAt(n, most int) int {
	if n > most {
		return most
	}
	return 0
}
