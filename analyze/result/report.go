package result

import (
	"math"
	"math/bits"
	"time"

	"simplecap/capture"
	"simplecap/decode"
)

// Report is what a whole run found, apart from the transactions themselves,
// which a Handler receives one by one.
type Report struct {
	Inputs   []capture.Input
	Quality  Quality
	SIP      SIPCounts
	Summary  Summary
	RTT      RTT
	Peers    []Peer    // by address; at most Limits.Peers, the rest together under "other"
	Findings []Finding // by severity, rule, peer and status
	Decode   decode.Stats
	Texts    TextSummary
	Events   map[string]uint64 // NOTIFY, SUBSCRIBE and PUBLISH requests by event package; nil without any
	Sessions []MessageSession  // of MSRP, in order of their INVITEs; at most Limits.Sessions
	Open     int               // of a snapshot: requests without a final response, and in nothing else here; 0 at the end of a run
	Held     int               // of a snapshot: transactions that have not closed, which Summary, RTT, Peers and most Findings do not count; 0 at the end of a run
	Now      int64             // of a snapshot: the capture's clock, ns since 1970 UTC
	Minute   RTT               // live: of answers in the last minute by the capture's clock, right to 1%
}

// Quality says what the capture itself lost. It qualifies every verdict.
type Quality struct {
	KernelDrops         uint64
	TCPGaps             uint64
	SCTPGaps            uint64 // chunks missing in SCTP associations that carry SIP
	FragmentsIncomplete uint64
	SnaplenCut          uint64
	Contradictions      uint64 // bytes that came twice and differ
	WebSocketLost       uint64 // WebSocket messages that could not be read: too long, or with a hole
	Duplicates          uint64 // copies the capture made of one packet
	Evicted             uint64 // state given up because a limit was reached
	Malformed           uint64
	OutOfOrder          uint64
	ClockJumps          uint64 // frames with a time that no neighbour shares, or with which the clock was set back: they do not move the capture's clock
	ChecksumErrors      uint64 // packets with a wrong checksum, which are no evidence
	Unread              uint64 // packets that may hold SIP, of a link type, a tunnel or an encryption that is not read
	BrokenHeaders       uint64 // frames with a header that cannot be read
	SinkLost            uint64 // rows that a store refused, or that had no room while it was away
	UnseenAnswers       uint64 // requests without a final response whose answer may have taken a way past the capture point
	ICMPMismatches      uint64 // ICMP errors between the ends of an unanswered MESSAGE that quote something else
}

// SIPCounts counts SIP messages as the capture holds them, copies included.
type SIPCounts struct {
	Messages  uint64
	Requests  map[string]uint64 // by method token
	Responses map[string]uint64 // by status
	Mentions  uint64            // messages that only contain the word MESSAGE
}

// Summary counts transactions by outcome.
type Summary struct {
	Transactions    uint64
	Success         uint64
	Challenged      uint64
	Redirected      uint64
	Rejected        uint64
	Unreachable     uint64
	Timeout         uint64
	Pending         uint64
	Orphan          uint64
	Missing200      uint64 // timeout and unreachable
	Retransmissions uint64
	Deliveries      uint64
	Undelivered     uint64         // deliveries whose verdict is a failure
	Statuses        map[int]uint64 // transactions by the status of their first final response; nil without any
}

// Add counts one transaction.
func (s *Summary) Add(o Outcome, retransmissions int) {
	s.Transactions++
	s.Retransmissions += uint64(retransmissions)
	if o.Missing() {
		s.Missing200++
	}
	switch o {
	case Success:
		s.Success++
	case Challenged:
		s.Challenged++
	case Redirected:
		s.Redirected++
	case Rejected:
		s.Rejected++
	case Unreachable:
		s.Unreachable++
	case Timeout:
		s.Timeout++
	case Pending:
		s.Pending++
	case Orphan:
		s.Orphan++
	}
}

// RTT summarises round-trip times, first transmission to first final response.
type RTT struct {
	Count                              uint64
	Min, Mean, P50, P90, P95, P99, Max time.Duration
}

// Peer sums up the transactions whose requests went to one address.
type Peer struct {
	Address      string // "192.0.2.1:5060", or "other"
	UserAgent    string // its Server or User-Agent header field, where it showed one
	Transactions uint64
	Success      uint64
	Missing200   uint64
	RTT          RTT
	Spread       Spread // of its round-trip times; for screens, not in the report
}

// Spread counts round-trip times by size: the first of them those below spreadFrom, each
// further one those of up to twice as long as the one before, the last all that are longer.
type Spread [20]uint32

// spreadFrom is the bound of the first count of a Spread, and that of the last but one is
// 2^18 times as long: 26.2 s, a little before Timer F (RFC 3261 17.1.2.2).
const spreadFrom = 100 * time.Microsecond

// Add counts a round-trip time.
func (s *Spread) Add(d time.Duration) {
	i := min(bits.Len64(uint64(max(d, 0)/spreadFrom)), len(s)-1)
	if s[i] < math.MaxUint32 {
		s[i]++
	}
}

// Severity says how much a finding matters.
type Severity uint8

// The severities. Error needs a MUST of a standard or a delivery that failed.
const (
	Info Severity = iota + 1 // counted, never fails a check
	Note
	Warning
	Error
)

var severityNames = [...]string{"", "info", "note", "warning", "error"}

// String returns the severity as the report spells it.
func (s Severity) String() string { return severityNames[s] }

// Finding is one broken rule by one peer, with the frames that prove it. Those
// about responses of different statuses are findings of their own.
type Finding struct {
	Rule         string
	Severity     Severity
	Reference    string
	Peer         string // address of who broke it, or OtherPeers
	UserAgent    string
	Status       int           // of the responses that it is about, 0 where it is not about any
	Count        uint64        // how often, exactly
	Message      string        // what happened, in one sentence: the first time, and whether other times differ
	Transactions []uint64      // the first 100
	Frames       []capture.Ref // the first 100
}

// OtherPeers is the Peer of a finding that stands for all peers of its rule for which
// there was no room (Limits.FindingGroups).
const OtherPeers = "other peers"
