package report

import (
	"fmt"
	"slices"
	"strings"

	"simplecap/analyze"
)

// totals says in words what was in the capture, or what was there instead.
func totals(r *analyze.Report, where string) []string {
	switch {
	case r.SIP.Messages == 0:
		return noSIP(r)
	case r.Summary.Transactions == 0 && where == "":
		return noMessage(r)
	case r.Summary.Transactions == 0:
		return []string{messages(r), "no transaction matches " + whereWords(where)}
	}
	return []string{messages(r), outcomes(&r.Summary, where)}
}

// messages counts SIP messages: "14 SIP messages: 7 requests, 7 responses; 7
// MESSAGE requests in 5 transactions, 2 retransmissions; 9 messages merely
// mention the word", and where some came by HEP it says from whom.
func messages(r *analyze.Report) string {
	requests, named := total(r.SIP.Requests), uint64(0)
	for method, n := range r.SIP.Requests {
		if strings.EqualFold(method, "MESSAGE") {
			named += n
		}
	}
	text := fmt.Sprintf("%s: %s, %s; %s", count(r.SIP.Messages, "SIP message"), count(requests, "request"),
		count(total(r.SIP.Responses), "response"), count(named, "MESSAGE request"))
	if r.Summary.Transactions > 0 {
		text += " in " + count(r.Summary.Transactions, "transaction")
	}
	if n := r.Summary.Retransmissions; n > 0 {
		text += ", " + count(n, "retransmission")
	}
	text += mentions(r.SIP.Mentions)
	if reported := hepLine(&r.Decode.HEP); reported != "" {
		text += "; " + reported
	}
	return text
}

func mentions(n uint64) string {
	if n == 0 {
		return ""
	}
	return "; " + count(n, "message merely mentions", "messages merely mention") + " the word"
}

func total(counts map[string]uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// outcomes counts transactions by outcome, the worst first.
func outcomes(s *analyze.Summary, where string) string {
	var parts []string
	for _, o := range []struct {
		outcome analyze.Outcome
		n       uint64
	}{
		{analyze.Timeout, s.Timeout}, {analyze.Unreachable, s.Unreachable}, {analyze.Rejected, s.Rejected},
		{analyze.Pending, s.Pending}, {analyze.Orphan, s.Orphan}, {analyze.Redirected, s.Redirected},
		{analyze.Challenged, s.Challenged}, {analyze.Success, s.Success},
	} {
		if o.n > 0 {
			parts = append(parts, number(o.n)+" "+o.outcome.String())
		}
	}
	text := count(s.Transactions, "transaction")
	if where != "" {
		text += plural(s.Transactions, " matches ", " match ") + whereWords(where)
	}
	return text + ": " + strings.Join(parts, ", ")
}

func whereWords(where string) string { return "--where '" + Clean(where, cellWidth) + "'" }

// noMessage says which other methods were there.
func noMessage(r *analyze.Report) []string {
	text := "no MESSAGE in " + count(r.SIP.Messages, "SIP message") + mentions(r.SIP.Mentions)
	lines := []string{text}
	if len(r.SIP.Requests) > 0 {
		lines = append(lines, "requests by method: "+strings.Join(byCount(r.SIP.Requests, 10), ", "))
	}
	if hint := hint(&r.Decode); hint != "" {
		return append(lines, hint)
	}
	return append(lines, "MESSAGEs may take another way: capture on every interface of the host (tcpdump -i any)")
}

// byCount lists the most frequent entries of a map: "40 OPTIONS", "12 INVITE".
func byCount(counts map[string]uint64, limit int) []string {
	keys := sortedKeys(counts)
	slices.SortStableFunc(keys, func(a, b string) int {
		if counts[a] != counts[b] {
			return compareDown(counts[a], counts[b])
		}
		return strings.Compare(a, b)
	})
	var out []string
	for i, k := range keys {
		if i == limit {
			return append(out, count(uint64(len(keys)-i), "other"))
		}
		out = append(out, number(counts[k])+" "+Clean(k, 40))
	}
	return out
}

func compareDown(a, b uint64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}
