package main

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simplecap/analyze/result"
)

// reportCollector makes metrics of a report of the run so far.
type reportCollector struct {
	session *liveSession
	done    <-chan struct{} // closed when there is no run any more
}

// measure is a metric that the report has.
type measure struct {
	desc func() *prometheus.Desc // made when it is first asked for
	kind prometheus.ValueType
}

func counter(name, help string, labels ...string) measure {
	return measure{descOf(name+"_total", help, labels), prometheus.CounterValue}
}

func gauge(name, help string, labels ...string) measure {
	return measure{descOf(name, help, labels), prometheus.GaugeValue}
}

func descOf(name, help string, labels []string) func() *prometheus.Desc {
	return sync.OnceValue(func() *prometheus.Desc { return prometheus.NewDesc("simplecap_"+name, help, labels, nil) })
}

// The metrics of a report.
var (
	packetsRead     = counter("packets", "Packets that passed the kernel's filter and were read.")
	bytesRead       = counter("packet_bytes", "Captured bytes of those packets.")
	kernelDrops     = counter("kernel_drops", "Packets that the kernel dropped, because its buffer was full.")
	ringFull        = counter("ring_full", "How often the kernel found its buffer full.")
	ringUse         = gauge("ring_use_ratio", "Part of the kernel's buffer that waited to be read, the most of the last second.")
	interfaceUp     = gauge("interface_up", "1 where an interface that was named is up.", "interface")
	sipRequests     = counter("sip_requests", "SIP requests in the capture, by method; copies and retransmissions included.", "method")
	sipResponses    = counter("sip_responses", "SIP responses in the capture, by class of status.", "status")
	openNow         = gauge("open_transactions", "MESSAGE transactions that something may still join.")
	retransmissions = counter("retransmissions", "MESSAGE requests sent again, of closed transactions.")
	findingsByRule  = counter("findings", "Broken rules.", "rule", "severity")
	qualityLoss     = counter("quality", "What the capture lost, by the names of the report's quality.", "loss")
	linesDropped    = counter("output_lines_dropped", "Lines that were not printed, because what reads them is too slow.")
	evidenceWritten = counter("evidence_packets_written", "Packets in the files of -w.")
	evidenceLost    = counter("evidence_packets_lost", "Packets that are missing in the files of -w.", "reason")
	lastPacket      = gauge("last_packet_timestamp_seconds", "Time of the latest packet.")
)

var reportMeasures = []measure{packetsRead, bytesRead, kernelDrops, ringFull, ringUse, interfaceUp, sipRequests, sipResponses, openNow,
	retransmissions, findingsByRule, qualityLoss, linesDropped, evidenceWritten, evidenceLost, lastPacket}

// Describe implements prometheus.Collector.
func (c *reportCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range reportMeasures {
		ch <- m.desc()
	}
}

// Collect implements prometheus.Collector. Where no report comes in time, the run
// is over or stuck, and there is nothing to tell but of that.
func (c *reportCollector) Collect(ch chan<- prometheus.Metric) {
	made := make(chan []prometheus.Metric, 1)
	timeout := time.After(defaultMetricsLimits.Asking)
	select {
	case c.session.snapshots <- func(r *result.Report) { made <- c.session.measure(r) }:
	case <-c.done:
		return
	case <-timeout:
		return
	}
	select {
	case list := <-made:
		for _, m := range list {
			ch <- m
		}
	case <-c.done:
	case <-timeout:
	}
}

// sample collects metrics.
type sample struct{ list []prometheus.Metric }

func (s *sample) add(m measure, value float64, labels ...string) {
	s.list = append(s.list, prometheus.MustNewConstMetric(m.desc(), m.kind, value, labels...))
}

// measure makes the metrics of a report.
func (s *liveSession) measure(r *result.Report) []prometheus.Metric {
	var m sample
	m.inputs(r)
	m.sip(r)
	m.quality(r)
	m.add(openNow, float64(r.Open))
	m.add(retransmissions, float64(r.Summary.Retransmissions))
	m.add(linesDropped, float64(s.queue.dropped.Load()))
	state := s.source.State()
	m.add(ringFull, float64(state.RingFull))
	m.add(ringUse, float64(state.RingFilled)/float64(max(1, state.RingBlocks)))
	for _, i := range state.Interfaces {
		m.add(interfaceUp, map[bool]float64{true: 1}[i.Up], i.Name)
	}
	if e := s.source.evidence; e != nil {
		queue, disk, early := e.lost()
		m.add(evidenceWritten, float64(e.files.saved.Load()))
		m.add(evidenceLost, float64(queue), "queue")
		m.add(evidenceLost, float64(disk), "disk")
		m.add(evidenceLost, float64(early), "history")
	}
	return m.list
}

func (s *sample) inputs(r *result.Report) {
	var packets, bytes uint64
	var last time.Time
	for _, in := range r.Inputs {
		packets, bytes = packets+in.Packets, bytes+in.Bytes
		if in.Last.After(last) {
			last = in.Last
		}
	}
	s.add(packetsRead, float64(packets))
	s.add(bytesRead, float64(bytes))
	s.add(kernelDrops, float64(r.Quality.KernelDrops))
	if !last.IsZero() {
		s.add(lastPacket, float64(last.UnixNano())/1e9)
	}
}

// sipMethods are the methods of the IANA registry; others are counted together,
// since a sender may make up any number of them.
var sipMethods = []string{"ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER",
	"REGISTER", "SUBSCRIBE", "UPDATE"}

func (s *sample) sip(r *result.Report) {
	var others uint64
	for method, n := range r.SIP.Requests {
		if !slices.Contains(sipMethods, method) {
			others += n
		}
	}
	for _, method := range sipMethods {
		s.add(sipRequests, float64(r.SIP.Requests[method]), method)
	}
	s.add(sipRequests, float64(others), other)
	classes := map[string]uint64{"1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, "6xx": 0, other: 0}
	for status, n := range r.SIP.Responses {
		class := status[:1] + "xx"
		if _, known := classes[class]; !known {
			class = other
		}
		classes[class] += n
	}
	for class, n := range classes {
		s.add(sipResponses, float64(n), class)
	}
}

func (s *sample) quality(r *result.Report) {
	type ruleKey struct{ rule, severity string }
	findings := make(map[ruleKey]uint64)
	for i := range r.Findings {
		f := &r.Findings[i]
		findings[ruleKey{f.Rule, f.Severity.String()}] += f.Count
	}
	for key, n := range findings {
		s.add(findingsByRule, float64(n), key.rule, key.severity)
	}
	q := &r.Quality
	for loss, n := range map[string]uint64{
		"tcp_gaps": q.TCPGaps, "sctp_gaps": q.SCTPGaps, "fragments_incomplete": q.FragmentsIncomplete, "snaplen_cut": q.SnaplenCut, "duplicates": q.Duplicates,
		"evicted": q.Evicted, "malformed": q.Malformed, "out_of_order": q.OutOfOrder, "clock_jumps": q.ClockJumps, "checksum_errors": q.ChecksumErrors, "icmp_mismatches": q.ICMPMismatches,
		"websocket_lost": q.WebSocketLost, "contradictions": q.Contradictions, "unseen_answers": q.UnseenAnswers, "unread": q.Unread, "broken_headers": q.BrokenHeaders,
	} {
		s.add(qualityLoss, float64(n), loss)
	}
}
