package analyze

import (
	"slices"
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
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

// pass notes that a proxy passed on what a finding is about.
func (f *findings) pass(one *tally, proxy decode.Endpoint) {
	if len(one.passed) < f.limits.FrameList && !slices.Contains(one.passed, proxy) {
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

// breaks reports whether a rule is in a transaction's list.
func (tx txn) breaks(rule int) (is bool) {
	tx.each(nodeFinding, func(v uint64) { is = is || v == uint64(rule) })
	return is
}
