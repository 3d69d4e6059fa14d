package report

import (
	"maps"
	"slices"
	"unicode/utf8"

	"simplecap/analyze/result"
	"simplecap/capture"
)

func (o *object) input(in *capture.Input) {
	o.string("name", in.Name)
	o.string("format", in.Format)
	o.string("compression", in.Compression)
	o.strings("link_types", in.LinkTypes)
	o.uint("packets", in.Packets)
	o.uint("bytes", in.Bytes)
	o.time("first", in.First)
	o.time("last", in.Last)
	o.bool("complete", in.Complete)
	o.string("error", in.Error)
	if in.Rejected > 0 {
		o.uint("rejected", in.Rejected)
	}
}

func (o *object) quality(q *result.Quality) {
	o.uint("kernel_drops", q.KernelDrops)
	o.uint("tcp_gaps", q.TCPGaps)
	o.uint("fragments_incomplete", q.FragmentsIncomplete)
	o.uint("snaplen_cut", q.SnaplenCut)
	o.uint("duplicates", q.Duplicates)
	o.uint("evicted", q.Evicted)
	o.uint("malformed", q.Malformed)
	o.uint("out_of_order", q.OutOfOrder)
	if q.SCTPGaps > 0 {
		o.uint("sctp_gaps", q.SCTPGaps)
	}
	if q.WebSocketLost > 0 {
		o.uint("websocket_lost", q.WebSocketLost)
	}
	if q.SinkLost > 0 {
		o.uint("sink_lost", q.SinkLost)
	}
	if q.ClockJumps > 0 {
		o.uint("clock_jumps", q.ClockJumps)
	}
	if q.ChecksumErrors > 0 {
		o.uint("checksum_errors", q.ChecksumErrors)
	}
	if q.Contradictions > 0 {
		o.uint("contradictions", q.Contradictions)
	}
	if q.UnseenAnswers > 0 {
		o.uint("unseen_answers", q.UnseenAnswers)
	}
	if q.ICMPMismatches > 0 {
		o.uint("icmp_mismatches", q.ICMPMismatches)
	}
	if q.Unread > 0 {
		o.uint("unread", q.Unread)
	}
	if q.BrokenHeaders > 0 {
		o.uint("broken_headers", q.BrokenHeaders)
	}
}

func (o *object) sip(c *result.SIPCounts) {
	o.uint("messages", c.Messages)
	o.counts("requests", c.Requests)
	o.counts("responses", c.Responses)
	o.uint("mentions", c.Mentions)
}

func (o *object) summary(s *result.Summary) {
	o.uint("transactions", s.Transactions)
	o.uint("success", s.Success)
	o.uint("challenged", s.Challenged)
	o.uint("redirected", s.Redirected)
	o.uint("rejected", s.Rejected)
	o.uint("unreachable", s.Unreachable)
	o.uint("timeout", s.Timeout)
	o.uint("pending", s.Pending)
	o.uint("orphan", s.Orphan)
	o.uint("missing_200", s.Missing200)
	o.uint("retransmissions", s.Retransmissions)
	o.uint("deliveries", s.Deliveries)
	o.uint("undelivered", s.Undelivered)
	o.statuses("statuses", s.Statuses)
}

// rtt leaves everything but the count out where there is nothing to sum up.
func (o *object) rtt(r *result.RTT) {
	o.uint("count", r.Count)
	if r.Count == 0 {
		return
	}
	o.millis("min_ms", r.Min)
	o.millis("mean_ms", r.Mean)
	o.millis("p50_ms", r.P50)
	o.millis("p90_ms", r.P90)
	o.millis("p95_ms", r.P95)
	o.millis("p99_ms", r.P99)
	o.millis("max_ms", r.Max)
}

func (o *object) peer(p *result.Peer) {
	o.string("address", plain(p.Address))
	o.text("user_agent", shortened(p.UserAgent))
	o.uint("transactions", p.Transactions)
	o.uint("success", p.Success)
	o.uint("missing_200", p.Missing200)
	o.nested("rtt", func() { o.rtt(&p.RTT) })
}

// findingFields are the fields of a finding. They are not changed.
var findingFields = keyedOnce(result.FindingFields, false)

func (o *object) finding(f *result.Finding) {
	written := *f
	written.Peer, written.UserAgent = plain(f.Peer), shortened(f.UserAgent)
	writeFields(o, findingFields(), &written)
}

// spill writes what there is, where there is much and somewhere to write it to.
func (o *object) spill() {
	if o.w != nil && len(o.b) >= bufferSize {
		o.w.Write(o.b) // a bufio.Writer keeps its error
		o.b = o.b[:0]
	}
}

// mostAgentBytes bounds what a program calls itself in a peer or a finding.
const mostAgentBytes = 256

// shortened is what a program calls itself, up to mostAgentBytes: a header field may be as
// long as a message, and is repeated in every finding.
func shortened(s string) string {
	longest := mostAgentBytes
	if len(s) <= longest {
		return s
	}
	for longest > 0 && !utf8.RuneStart(s[longest]) {
		longest--
	}
	return s[:longest] + "…"
}

// objects appends an array of objects, each on a line of its own where o.sep
// is a line end.
func objects[T any](o *object, name string, values []T, fill func(*T)) {
	o.key(name)
	o.b = append(o.b, '[')
	for i := range values {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = append(o.b, o.sep...)
		o.inner(func() { fill(&values[i]) })
		o.spill()
	}
	o.b = append(o.b, ']')
}

// texts counts texts by kind and end, and those that were taken and did not arrive, where
// that says more than the counts of their deliveries.
func (o *object) texts(s *result.TextSummary) {
	named := s.ByName()
	if named == nil {
		return
	}
	o.uint("lost_texts", s.Lost)
	o.nested("texts", func() {
		for _, kind := range slices.Sorted(maps.Keys(named)) {
			o.counts(kind, named[kind])
		}
	})
}

// filtered counts the texts that a filter kept, and those that it did not.
func (o *object) filtered(s *result.TextSummary) {
	if s.LeftOut > 0 {
		o.uint("texts_kept", s.Total())
		o.uint("texts_left_out", s.LeftOut)
	}
}

// head appends the fields of a report before its lists of transactions.
func (o *object) head(r *result.Report) {
	o.string("schema", Schema)
	objects(o, "inputs", r.Inputs, o.input)
	o.nested("quality", func() { o.quality(&r.Quality) })
	o.nested("sip", func() { o.sip(&r.SIP) })
	o.hep(r)
	o.hidden(r)
	o.nested("summary", func() {
		o.summary(&r.Summary)
		o.texts(&r.Texts)
		o.filtered(&r.Texts)
	})
	o.nested("rtt", func() { o.rtt(&r.RTT) })
	if s := &r.Texts; s.SendRTT.Count > 0 {
		o.nested("send_rtt", func() { o.rtt(&s.SendRTT) })
	}
	objects(o, "peers", r.Peers, o.peer)
}
