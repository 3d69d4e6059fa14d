package report

import (
	"strconv"
	"strings"

	"simplecap/analyze"
	"simplecap/decode"
)

// verdictText is how a verdict is told to people.
type verdictText struct {
	verdict analyze.Verdict
	words   string // in a count: "2 no answer"
	color   string
}

// verdictTexts are in the order in which they are counted, the worst first.
var verdictTexts = []verdictText{
	{analyze.AnswerNotRelayed, "answered but not passed on", red},
	{analyze.NotForwarded, "not forwarded", red},
	{analyze.NoAnswer, "without an answer", red},
	{analyze.NotReached, "unreachable", red},
	{analyze.Unmatchable, "answered but unmatchable", red},
	{analyze.AnswerNotReceived, "answered, but the sender did not get or match it", red},
	{analyze.Refused, "refused", yellow},
	{analyze.NeverRetried, "challenged", yellow},
	{analyze.Unknown, "unknown", dim},
	{analyze.Accepted, "accepted (202)", green},
	{analyze.Delivered, "delivered", green},
}

// verdictCounts counts deliveries by verdict.
type verdictCounts [analyze.Unknown + 1]uint64

func (c *verdictCounts) add(v analyze.Verdict) {
	if int(v) < len(c) {
		c[v]++
	}
}

func (c *verdictCounts) total() (n uint64) {
	for _, k := range c {
		n += k
	}
	return n
}

// words counts deliveries by verdict, the worst first: "3 deliveries: 1 refused,
// 2 delivered". It is empty where there is none.
func (c *verdictCounts) words() string {
	var parts []string
	for _, t := range verdictTexts {
		if n := c[t.verdict]; n > 0 {
			parts = append(parts, number(n)+" "+t.words)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return count(c.total(), "delivery", "deliveries") + ": " + strings.Join(parts, ", ")
}

func verdictColor(v analyze.Verdict) string {
	for _, t := range verdictTexts {
		if t.verdict == v {
			return t.color
		}
	}
	return ""
}

// verdictWords says what became of a delivery, and where: "refused by 192.0.2.1
// with 486".
func verdictWords(d *analyze.Delivery) string {
	hop := hopOf(d, d.Blame)
	if hop == nil {
		return plainVerdict(d.Verdict)
	}
	src, dst := party(hop.Src), party(hop.Dst)
	switch d.Verdict {
	case analyze.Refused:
		return "refused by " + dst + " with " + strconv.Itoa(hop.Status)
	case analyze.AnswerNotRelayed:
		return "answer not passed on by " + relay(d, hop)
	case analyze.AnswerNotReceived:
		return "answered, but " + src + " did not get or match it"
	case analyze.NotForwarded:
		return "not forwarded by " + dst
	case analyze.NoAnswer:
		return "no answer from " + dst
	case analyze.NotReached:
		return dst + " could not be reached"
	case analyze.Unmatchable:
		return "answered, but " + src + " cannot match it"
	case analyze.NeverRetried:
		if attempts(d) > 1 {
			return "challenged again by " + dst
		}
		return "challenged by " + dst + ", not retried"
	}
	return plainVerdict(d.Verdict)
}

// attempts is how often the sender tried: once more with credentials, or to
// another target.
func attempts(d *analyze.Delivery) (n int) {
	for i := range d.Hops {
		if hopOf(d, d.Hops[i].Parent) == nil {
			n++
		}
	}
	return n
}

func plainVerdict(v analyze.Verdict) string {
	switch v {
	case analyze.Unknown:
		return "unknown: the capture does not tell"
	case analyze.Accepted:
		return "accepted (202), not yet delivered"
	}
	for _, t := range verdictTexts {
		if t.verdict == v {
			return t.words
		}
	}
	return v.String()
}

// relay names the proxy between a hop and the one before it, as that one knows it.
func relay(d *analyze.Delivery, hop *analyze.Hop) string {
	if parent := hopOf(d, hop.Parent); parent != nil {
		return party(parent.Dst)
	}
	return party(hop.Src)
}

// party names an end of a hop. The usual port goes without saying.
func party(e decode.Endpoint) string {
	return strings.TrimSuffix(endpoint(e), usualPort)
}

// hopOf returns the hop of a transaction, or nil.
func hopOf(d *analyze.Delivery, transaction uint64) *analyze.Hop {
	for i := range d.Hops {
		if transaction != 0 && d.Hops[i].Transaction == transaction {
			return &d.Hops[i]
		}
	}
	return nil
}
