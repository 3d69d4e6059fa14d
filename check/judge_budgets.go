package check

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

// missingName is the check that ranks before the others.
const missingName = "max-missing"

// capture asks whether the capture can be judged at all.
func (j *Judge) capture(r *result.Report) []Check {
	return []Check{j.complete(r), j.messages(r), j.gaps(r), j.cut(r), j.pendingCheck(r)}
}

// complete fails if an input could not be read to its end. One that breaks off
// after some packets may be allowed.
func (j *Judge) complete(r *result.Report) Check {
	c := Check{Kind: CaptureKind, Name: "readable", Title: "every input is read to its end", result: Unreadable}
	for _, in := range r.Inputs {
		switch {
		case in.Complete && in.Error == "":
		case *j.policy.Budgets.AllowTruncated && in.Packets > 0:
			c.Notes = append(c.Notes, Note{Message: in.Name + ": " + in.Error, Count: 1, Why: "allow-truncated"})
		default:
			c.breach(in.Name+": "+reasonOf(in), 1)
		}
	}
	return c
}

func reasonOf(in capture.Input) string {
	if in.Error == "" {
		return "not read to its end"
	}
	return in.Error
}

// messages fails if there is nothing to judge.
func (j *Judge) messages(r *result.Report) Check {
	c := Check{Kind: CaptureKind, Name: "messages", Title: "the capture holds MESSAGEs", result: Empty}
	c.Actual = plural(r.Summary.Transactions, "transaction")
	switch {
	case r.Summary.Transactions == 0 && !*j.policy.Budgets.AllowEmpty:
		c.breach(emptyReason(r), 1)
	case r.Summary.Transactions > 0 && requests(r) == 0:
		c.result = TooPoor
		c.breach("there are responses only: the capture begins after the requests, or sees one direction", 1)
	}
	return c
}

func emptyReason(r *result.Report) string {
	switch n := r.SIP.Requests["MESSAGE"]; {
	case n > 0:
		return fmt.Sprintf("none of the %s passes the filter", plural(n, "MESSAGE request"))
	case r.SIP.Messages > 0:
		return fmt.Sprintf("there is no MESSAGE among %s", plural(r.SIP.Messages, "SIP message"))
	}
	if !slices.ContainsFunc(r.Inputs, func(in capture.Input) bool { return in.Packets > 0 }) {
		return "there are no packets"
	}
	return "there is no SIP in the capture: it may be encrypted, or recorded in another place"
}

// gaps fails if the capture lost more than is allowed.
func (j *Judge) gaps(r *result.Report) Check {
	q, allowed := &r.Quality, *j.policy.Budgets.MaxGaps
	lost := q.KernelDrops + q.TCPGaps + q.SCTPGaps + q.FragmentsIncomplete + q.WebSocketLost + q.Evicted
	c := j.budget("max-gaps", "the capture lost nothing", "at most "+strconv.FormatUint(allowed, 10))
	c.Kind, c.result, c.Actual = CaptureKind, TooPoor, strconv.FormatUint(lost, 10)
	if lost > allowed {
		c.breach(lostText(q), lost)
	}
	return c
}

// lostText says what was lost, and what to do about it.
func lostText(q *result.Quality) string {
	var lost []string
	for _, l := range []struct {
		n    uint64
		noun string
	}{{q.KernelDrops, "packet"}, {q.TCPGaps, "TCP segment"}, {q.SCTPGaps, "SCTP chunk"}, {q.FragmentsIncomplete, "fragmented datagram"}, {q.WebSocketLost, "WebSocket message"}} {
		if l.n > 0 {
			lost = append(lost, plural(l.n, l.noun))
		}
	}
	var text []string
	if len(lost) > 0 {
		text = append(text, "the capture lost "+strings.Join(lost, " and ")+": record again where both directions pass, and with a larger buffer (tcpdump -B)")
	}
	if q.Evicted > 0 {
		text = append(text, plural(q.Evicted, "piece")+" of state did not fit the memory: raise --limit-memory")
	}
	return strings.Join(text, "; ")
}

// cut fails if the snapshot length cut SIP messages.
func (j *Judge) cut(r *result.Report) Check {
	c := Check{Kind: CaptureKind, Name: "snaplen", Title: "SIP messages are captured whole", result: TooPoor}
	if n := r.Quality.SnaplenCut; n > 0 {
		text := fmt.Sprintf("the snapshot length cut %s with SIP: record with -s 0", plural(n, "frame"))
		if *j.policy.Budgets.AllowTruncated {
			c.Notes = append(c.Notes, Note{Message: text, Count: n, Why: "allow-truncated"})
		} else {
			c.breach(text, n)
		}
	}
	return c
}

// pendingCheck fails if the capture is too short to judge some transactions, or whether
// some SMS arrived.
func (j *Judge) pendingCheck(r *result.Report) Check {
	limit, pending := *j.policy.Budgets.MaxPending, r.Summary.Pending+j.waiting.count
	c := j.budget("max-pending", "the capture is long enough", "at most "+limit.String())
	c.Kind, c.result, c.Actual = CaptureKind, TooPoor, ofTotal(pending, requests(r))
	if !limit.exceeded(pending, requests(r)) {
		return c
	}
	if short := r.Summary.Pending - min(r.Summary.Pending, j.hidden.count); short > 0 {
		c.fail(Breach{
			Message: fmt.Sprintf("%s no final response when the capture ends, before Timer F: record %s longer, until another packet (a capture ends with its last one), or set --t1 if the sender gives up earlier",
				has(short, "MESSAGE"), j.timerF()),
			Count: short, Transactions: j.pending.heaviest(),
		})
	}
	if n := j.hidden.count; n > 0 {
		c.fail(Breach{
			Message: has(n, "MESSAGE") + " no final response that can be seen, and the capture lacks or cannot read what was sent the other way: record where both ways pass and without loss, or give keys",
			Count:   n, Transactions: j.hidden.heaviest(),
		})
	}
	if n := j.waiting.count; n > 0 {
		c.fail(Breach{
			Message: has(n, "SMS") + " no report when the capture ends, before TR1M (45s to the network) or TR2M (20s to the handset): record 45s longer, until another packet",
			Count:   n, Transactions: j.waiting.heaviest(),
		})
	}
	return c
}

func (j *Judge) timerF() time.Duration { return j.policy.Profile.Timers(j.policy.T1).F() }

// requests is how many transactions have a request.
func requests(r *result.Report) uint64 { return r.Summary.Transactions - r.Summary.Orphan }

// judged is how many transactions had the time to be answered.
func judged(r *result.Report) uint64 { return requests(r) - r.Summary.Pending }

// budget begins the check of a budget.
func (j *Judge) budget(name, title, limit string) Check {
	return Check{
		Kind: BudgetKind, Name: name, Title: title, Limit: limit, Severity: result.Error,
		Source: j.policy.Sources["budgets."+name], result: Fail,
	}
}

// breach fails the check with a reason that names no transaction.
func (c *Check) breach(message string, count uint64) { c.fail(Breach{Message: message, Count: count}) }

// fail fails the check. Its frames are those of its transactions where they are
// not given.
func (c *Check) fail(b Breach) {
	c.Status, c.Severity = Failed, result.Error
	if b.Frames == nil {
		for _, t := range b.Transactions {
			b.Frames = append(b.Frames, t.Frames...)
		}
	}
	c.Breaches = append(c.Breaches, b)
}

// budgets judges the amounts.
func (j *Judge) budgets(r *result.Report) (checks []Check) {
	b, s := &j.policy.Budgets, &r.Summary
	checks = append(checks, j.undeliveredCheck(), j.missingCheck(r))
	if b.MaxRejected != nil {
		checks = append(checks, j.atMost("max-rejected", "few MESSAGEs are refused", *b.MaxRejected, s.Rejected, judged(r),
			plural(s.Rejected, "MESSAGE")+" refused by a final response", &j.rejected))
	}
	if b.MaxRetransmissions != nil {
		checks = append(checks, j.atMost("max-retransmissions", "few requests are sent again", *b.MaxRetransmissions,
			s.Retransmissions, requests(r)+s.Retransmissions,
			plural(s.Retransmissions, "request")+" sent again", &j.resent))
	}
	if b.MinMessages != nil {
		checks = append(checks, j.minMessages(r))
	}
	if b.MinSuccess != nil {
		checks = append(checks, j.minSuccess(r))
	}
	for i := range b.MaxRTT {
		checks = append(checks, j.rttCheck(i, r))
	}
	for i := range b.MaxReceipt {
		checks = append(checks, j.receiptCheck(i, r))
	}
	return checks
}

// missingCheck judges the missing 200s. What the baseline had is allowed, unless
// somebody asked for a budget.
func (j *Judge) missingCheck(r *result.Report) Check {
	limit, source := *j.policy.Budgets.MaxMissing, j.policy.Sources["budgets."+missingName]
	if b := j.baseline; b != nil && source == "" {
		limit = Amount{N: max(b.Summary.Missing200, limit.N)}
	}
	c := j.atMost(missingName, "every MESSAGE gets its final response", limit, r.Summary.Missing200, judged(r),
		has(r.Summary.Missing200, "MESSAGE")+" no final response", &j.missing)
	c.lossFails = true
	switch n := r.Summary.Missing200; {
	case c.Status != Failed || j.unseen == 0:
	case n == j.unseen:
		c.result = TooPoor
		c.Breaches[0].Message = has(n, "MESSAGE") + " no final response here, and it may have taken a way past the capture: record where both directions pass"
	default:
		c.Breaches[0].Message += "; that of " + strconv.FormatUint(j.unseen, 10) + " may have taken a way past the capture: record where both directions pass"
	}
	return c
}

// atMost judges a number of transactions against a budget.
func (j *Judge) atMost(name, title string, limit Amount, n, total uint64, message string, of *collection) Check {
	c := j.budget(name, title, "at most "+limit.String())
	c.Actual = ofTotal(n, total)
	if limit.exceeded(n, total) {
		c.fail(Breach{Message: message + "; allowed: " + limit.String(), Count: n, Transactions: of.heaviest()})
	}
	return c
}

func (j *Judge) minMessages(r *result.Report) Check {
	want, n := *j.policy.Budgets.MinMessages, requests(r)
	c := j.budget("min-messages", "there are enough MESSAGEs", "at least "+strconv.FormatUint(want, 10))
	c.Actual, c.lossFails = strconv.FormatUint(n, 10), true
	if n < want {
		c.breach(fmt.Sprintf("there are %s with a request, and at least %d should be", plural(n, "transaction"), want), want-n)
	}
	return c
}

// minSuccess judges the share of those that should have succeeded: a challenge
// and a redirection are answered by another request, which counts.
func (j *Judge) minSuccess(r *result.Report) Check {
	want, s := *j.policy.Budgets.MinSuccess, &r.Summary
	total := s.Success + s.Rejected + s.Missing200
	c := j.budget("min-success", "most MESSAGEs succeed", "at least "+want.String())
	c.Actual, c.lossFails = ofTotal(s.Success, total), s.Rejected == 0
	switch {
	case total == 0 && want > 0:
		c.breach("no MESSAGE was accepted, refused or left without an answer", 1)
	case 100*float64(s.Success) < float64(want)*float64(total):
		failed := append(j.missing.heaviest(), j.rejected.heaviest()...)
		c.fail(Breach{
			Message: fmt.Sprintf("%d of %d MESSAGEs succeeded, and at least %s should", s.Success, total, want),
			Count:   total - s.Success, Transactions: failed,
		})
	}
	return c
}

// rttCheck judges one limit of the round-trip times: of all together, or of each
// peer that it covers.
func (j *Judge) rttCheck(i int, r *result.Report) Check {
	l := j.policy.Budgets.MaxRTT[i]
	c := j.budget("max-rtt", "answers are fast enough", "at most "+formatDuration(l.Limit))
	c.Name, c.lossFails = l.Name(), true
	c.Source = cmp.Or(j.policy.Sources["budgets."+c.Name], c.Source)
	if l.Peer == "" {
		j.judgeRTT(&c, i, "", &r.RTT)
		return c
	}
	known := false
	for k := range r.Peers {
		if p := &r.Peers[k]; l.covers(p.Address) {
			known = true
			j.judgeRTT(&c, i, p.Address, &p.RTT)
		}
	}
	if !known {
		c.breach("no MESSAGE was sent to "+l.Peer, 1)
	}
	return c
}

func (j *Judge) judgeRTT(c *Check, i int, peer string, rtt *result.RTT) {
	l := j.policy.Budgets.MaxRTT[i]
	if rtt.Count == 0 {
		if c.Actual == "" && c.Status == Passed {
			c.Status, c.Actual = Skipped, "no round-trip time"
		}
		return
	}
	value := statistics[l.statistic()].of(rtt)
	if c.Status != Failed {
		c.Status, c.Actual = Passed, round(value)
	}
	if value <= l.Limit {
		return
	}
	c.Actual = round(value)
	slow := j.slow[i].heaviest()
	if peer != "" {
		slow = sentTo(slow, peer)
	}
	c.fail(Breach{
		Message: fmt.Sprintf("the %s of %s%s is %s; allowed: %s", l.Statistic,
			plural(rtt.Count, "round-trip time"), toPeer(peer), round(value), formatDuration(l.Limit)),
		Peer: peer, Count: uint64(len(slow)), Transactions: slow,
	})
}

func sentTo(transactions []Transaction, peer string) (some []Transaction) {
	for _, t := range transactions {
		if t.Dst == peer {
			some = append(some, t)
		}
	}
	return some
}

func toPeer(peer string) string {
	if peer == "" {
		return ""
	}
	return " to " + peer
}

// expectations judges how many transactions and texts pass the policy's filters.
func (j *Judge) expectations() (checks []Check) {
	for i := range j.policy.Expect {
		e, found := &j.policy.Expect[i], &j.expected[i]
		where, what := analyze.RedactedExpression(j.options.Redact, cmp.Or(e.Where, e.Texts)), "transaction"
		if e.Texts != "" {
			what = "text"
		}
		c := Check{
			Kind: ExpectationKind, Name: cmp.Or(j.options.Redact.Text(e.Name), where), Title: where, Source: e.Source, Severity: result.Error,
			Limit: e.limit(), Actual: strconv.FormatUint(found.count, 10), result: Fail,
		}
		message := fmt.Sprintf("%s: found %s, wanted %s", where, plural(found.count, what), c.Limit)
		switch {
		case e.tooMany(found.count):
			c.fail(Breach{Message: message, Count: found.count, Transactions: found.heaviest()})
		case e.tooFew(found.count): // those found are as they should be
			c.lossFails = true
			c.breach(message, 1)
		}
		checks = append(checks, c)
	}
	return checks
}

func (e *Expectation) tooMany(n uint64) bool {
	return e.Count != nil && n > *e.Count || e.Max != nil && n > *e.Max
}

func (e *Expectation) tooFew(n uint64) bool {
	return e.Count != nil && n < *e.Count || e.Min != nil && n < *e.Min
}

// limit says how many are wanted.
func (e *Expectation) limit() string {
	switch {
	case e.Count != nil:
		return fmt.Sprintf("exactly %d", *e.Count)
	case e.Min == nil:
		return fmt.Sprintf("at most %d", *e.Max)
	case e.Max == nil:
		return fmt.Sprintf("at least %d", *e.Min)
	}
	return fmt.Sprintf("%d to %d", *e.Min, *e.Max)
}
