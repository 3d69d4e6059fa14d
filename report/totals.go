package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"simplecap/analyze/result"
)

// totals says in words what was in the capture, or what was there instead.
func totals(r *result.Report, where string) []string {
	lines := found(r, where)
	if r.Held > 0 {
		lines = append(lines, heldWords(r))
	}
	if line := hiddenLine(r); line != "" {
		lines = append(lines, line)
	}
	if line := unreadLine(r); line != "" {
		lines = append(lines, line)
	}
	return lines
}

// heldWords says what a summary so far does not count.
func heldWords(r *result.Report) string {
	return "not counted yet: " + count(uint64(r.Held), "transaction that has", "transactions that have") + " not closed, " +
		number(uint64(r.Open)) + " without an answer"
}

// found is what was found.
func found(r *result.Report, where string) []string {
	switch {
	case r.SIP.Messages == 0:
		return noSIP(r)
	case r.Summary.Transactions == 0 && r.Held > 0:
		return []string{messages(r, where)}
	case r.Summary.Transactions == 0 && where == "":
		return noMessage(r)
	case r.Summary.Transactions == 0:
		return []string{messages(r, where), "no transaction matches " + whereWords(where)}
	}
	lines := []string{messages(r, where), outcomes(&r.Summary, where)}
	if text := statuses(r.Summary.Statuses); text != "" {
		lines = append(lines, text)
	}
	return lines
}

// statuses counts transactions by the status that answered them, failures first, the
// most frequent first. One status alone goes without saying where it is a success.
func statuses(counts map[int]uint64) string {
	codes := slices.SortedFunc(maps.Keys(counts), func(a, b int) int {
		return cmp.Or(cmp.Compare(successClass(a), successClass(b)), compareDown(counts[a], counts[b]), cmp.Compare(a, b))
	})
	if len(codes) == 0 || len(codes) == 1 && successClass(codes[0]) > 0 {
		return ""
	}
	var parts []string
	for i, code := range codes {
		if i == shownStatuses {
			parts = append(parts, count(uint64(len(codes)-i), "other status", "other statuses"))
			break
		}
		parts = append(parts, number(counts[code])+" × "+strconv.Itoa(code))
	}
	return "final responses: " + strings.Join(parts, ", ")
}

// shownStatuses is how many statuses the text names.
const shownStatuses = 20

// successClass is 1 for a 2xx, which are listed behind the others.
func successClass(status int) int {
	if status/100 == 2 {
		return 1
	}
	return 0
}

// messages counts SIP messages: "14 SIP messages: 7 requests, 7 responses; 7
// MESSAGE requests in 5 transactions, 2 retransmissions; 9 messages merely
// mention the word", and where some came by HEP it says from whom. What a filter
// left is another population, which is not counted here.
func messages(r *result.Report, where string) string {
	requests, named := total(r.SIP.Requests), uint64(0)
	for method, n := range r.SIP.Requests {
		if strings.EqualFold(method, "MESSAGE") {
			named += n
		}
	}
	text := fmt.Sprintf("%s: %s, %s; %s", count(r.SIP.Messages, "SIP message"), count(requests, "request"),
		count(total(r.SIP.Responses), "response"), count(named, "MESSAGE request"))
	if r.Summary.Transactions > 0 && where == "" {
		text += " in " + count(r.Summary.Transactions, "transaction")
	}
	if n := r.Summary.Retransmissions; n > 0 && where == "" {
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
func outcomes(s *result.Summary, where string) string {
	var parts []string
	for _, o := range []struct {
		outcome result.Outcome
		n       uint64
	}{
		{result.Timeout, s.Timeout}, {result.Unreachable, s.Unreachable}, {result.Rejected, s.Rejected},
		{result.Pending, s.Pending}, {result.Orphan, s.Orphan}, {result.Redirected, s.Redirected},
		{result.Challenged, s.Challenged}, {result.Success, s.Success},
	} {
		if o.n > 0 {
			parts = append(parts, number(o.n)+" "+o.outcome.String())
		}
	}
	text := count(s.Transactions, "transaction")
	if where != "" {
		text += plural(s.Transactions, " matches ", " match ") + whereWords(where)
	}
	text += ": " + strings.Join(parts, ", ")
	if n := s.Retransmissions; n > 0 && where != "" {
		text += "; " + count(n, "retransmission")
	}
	return text
}

func whereWords(where string) string { return "--where '" + Clean(where, cellWidth) + "'" }

// noMessage says which other methods were there.
func noMessage(r *result.Report) []string {
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
