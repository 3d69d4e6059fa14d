package report

import (
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// verdictText is how a verdict is told to people.
type verdictText struct {
	verdict result.Verdict
	words   string // in a count: "2 no answer"
	color   string
}

// verdictTexts are in the order in which they are counted, the worst first.
var verdictTexts = []verdictText{
	{result.AnswerNotRelayed, "answered but not passed on", red},
	{result.NotForwarded, "not forwarded", red},
	{result.NoAnswer, "without an answer", red},
	{result.NotReached, "unreachable", red},
	{result.Unmatchable, "answered but unmatchable", red},
	{result.AnswerNotReceived, "answered, but the sender did not get or match it", red},
	{result.Refused, "refused", yellow},
	{result.NeverRetried, "challenged", yellow},
	{result.Unknown, "unknown", dim},
	{result.Accepted, "accepted (202)", green},
	{result.Delivered, "delivered", green},
}

// verdictCounts counts deliveries by verdict.
type verdictCounts [result.Unknown + 1]uint64

func (c *verdictCounts) add(v result.Verdict) {
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

func verdictColor(v result.Verdict) string {
	for _, t := range verdictTexts {
		if t.verdict == v {
			return t.color
		}
	}
	return ""
}

// verdictWords says what became of a delivery, and where: "refused by 192.0.2.1
// with 486".
func verdictWords(d *result.Delivery) string {
	hop := hopOf(d, d.Blame)
	if hop == nil || !d.Verdict.Failed() {
		return plainVerdict(d.Verdict)
	}
	src, dst := party(hop.Src), party(hop.Dst)
	switch d.Verdict {
	case result.Refused:
		return "refused by " + dst + " with " + strconv.Itoa(hop.Status)
	case result.AnswerNotRelayed:
		return "answer not passed on by " + relay(d, hop)
	case result.AnswerNotReceived:
		return "answered, but " + src + " did not get or match it"
	case result.NotForwarded:
		return "not forwarded by " + dst
	case result.NoAnswer:
		return "no answer from " + dst
	case result.NotReached:
		return dst + " could not be reached"
	case result.Unmatchable:
		return "answered, but " + src + " cannot match it"
	case result.NeverRetried:
		if attempts(d) > 1 {
			return "challenged again by " + dst
		}
		return "challenged by " + dst + ", not retried"
	}
	return plainVerdict(d.Verdict)
}

// attempts is how often the sender tried: once more with credentials, or to
// another target.
func attempts(d *result.Delivery) (n int) {
	for i := range d.Hops {
		if hopOf(d, d.Hops[i].Parent) == nil {
			n++
		}
	}
	return n
}

func plainVerdict(v result.Verdict) string {
	switch v {
	case result.Unknown:
		return "unknown: the capture does not tell"
	case result.Accepted:
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
func relay(d *result.Delivery, hop *result.Hop) string {
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
func hopOf(d *result.Delivery, transaction uint64) *result.Hop {
	for i := range d.Hops {
		if transaction != 0 && d.Hops[i].Transaction == transaction {
			return &d.Hops[i]
		}
	}
	return nil
}
