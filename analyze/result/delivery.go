package result

import (
	"time"

	"simplecap/capture"
	"simplecap/decode"
)

// Verdict is what became of a delivery.
type Verdict uint8

// The verdicts.
const (
	Delivered         Verdict = iota + 1 // a 2xx all the way back to the first leg seen
	Accepted                             // the same with 202: taken, not yet delivered
	Refused                              // a final failure all the way back
	AnswerNotRelayed                     // a 2xx on an outbound leg, none on the inbound leg though the capture goes on
	AnswerNotReceived                    // the answer was relayed and the sender still retransmits
	NotForwarded                         // an inbound request, no outbound leg, no answer
	NoAnswer                             // the last hop seen is silent
	NotReached                           // the last hop seen could not be reached
	Unmatchable                          // answered, but the sender cannot match the response
	NeverRetried                         // challenged, and no request with credentials followed
	Unknown                              // the capture is too short or too poor
	verdicts
)

var verdictNames = [verdicts]string{"", "delivered", "accepted", "refused", "answer-not-relayed", "answer-not-received",
	"not-forwarded", "no-answer", "unreachable", "unmatchable", "challenged", "unknown"}

// String returns the verdict as the report spells it.
func (v Verdict) String() string {
	if v < verdicts {
		return verdictNames[v]
	}
	return ""
}

// VerdictNames lists the verdicts of deliveries.
func VerdictNames() []string { return verdictNames[1:] }

// Failed reports whether the message did not arrive, as far as the capture shows.
func (v Verdict) Failed() bool { return v != 0 && v != Delivered && v != Accepted && v != Unknown }

// Delivery is all transactions that carry the same MESSAGE from hop to hop, with
// its forks, and the requests that repeat it with credentials or to another target.
type Delivery struct {
	ID                uint64 // from 1 in order of first appearance
	Verdict           Verdict
	Blame             uint64 // the transaction that decided the verdict, 0 for none
	Sender, Recipient string // addr-specs of From and To
	CallIDs           []string
	HasTime           bool
	FirstRequest      int64         // ns since 1970 UTC
	Total             time.Duration // first request to the final response of the first leg seen
	HasTotal          bool
	Hops              []Hop    // in order of their transactions' first appearance
	Findings          []string // ids of the rules that it breaks as a whole, beside those of its transactions, sorted
	Unseen            string   // what is not seen behind the last hop, since it cannot be read; "" for nothing
	Closed            bool     // its last transaction has closed
	Told              Verdict  // live: it was handed on before, with this verdict; 0 where it was not
}

// Hop is a transaction in its delivery.
type Hop struct {
	Transaction uint64
	Parent      uint64 // the transaction that it forwards, 0 where the capture has none
	Src, Dst    decode.Endpoint
	Outcome     Outcome
	Status      int
	RTT         time.Duration
	HasRTT      bool
	Bound       time.Duration // how far Forward and Relay may be off, where they are between the clocks of two hosts; 0 for one clock
	Times       []HostTime    // where hosts were joined: when each of them saw it
	Forward     time.Duration // from the parent's first request to this one's: what the proxy took to forward it
	Relay       time.Duration // from this hop's final response to the parent's: what the proxy took to pass it back
	HasForward  bool
	HasRelay    bool

	// What the verdict rests on.
	HasTime          bool
	First, Last      int64  // first and latest transmission of the request, ns since 1970 UTC
	Final            int64  // first final response, 0 without one
	SeenUntil        int64  // the capture goes on at least until then, on the clock of the times
	Unmatchable      bool   // an answer came that the sender cannot match
	Blind            bool   // the capture cannot have seen an answer
	StillRetransmits bool   // the request came again when its answer had passed, and nothing tells that it got through
	Undecided        bool   // with StillRetransmits: so did the answer, and the capture ends before it shows whether that did
	Bounced          bool   // an ICMP error quoted its answer, or its TCP connection has not acknowledged it
	Later            int    // status of another final response, for which the request came again; 0 for none
	InVain           int    // with Unmatchable: status of the final response, 0 where another host saw it or there is a further one
	LostBetween      bool   // the capture has the request at two places, and its answer at one
	Halfway          bool   // it has the request at one place, and others of this hop at two, or its TCP connection has not acknowledged it
	AnswersWait      bool   // what its destination sends over TCP waits for what is not acknowledged
	Sealed           string // what its destination sends on that cannot be read
	Refused          string // which next hop its destination could not connect to
	Forwarder        bool   // its destination has been seen to forward
	Transport        decode.Transport
	Frame            capture.Ref // first response, or else the request
}

// Clone returns a copy that stays valid after the handler returns.
func (d *Delivery) Clone() Delivery {
	var c Delivery
	d.CopyTo(&c)
	return c
}

// CopyTo makes dst a copy with memory of its own, for which what dst held is used again.
func (d *Delivery) CopyTo(dst *Delivery) {
	calls, hops, findings := append(dst.CallIDs[:0], d.CallIDs...), append(dst.Hops[:0], d.Hops...), append(dst.Findings[:0], d.Findings...)
	*dst = *d
	dst.CallIDs, dst.Hops, dst.Findings = calls, hops, findings
}

// HostTime is when one of several hosts saw a transaction, by its own clock as far as that
// was put right, in ns since 1970 UTC.
type HostTime struct {
	Host         uint16
	First, Final int64 // 0 for not at all
	Bound        int64 // how far these may be off, in ns
}
