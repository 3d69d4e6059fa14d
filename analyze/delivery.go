package analyze

import (
	"slices"
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
	Hops              []Hop   // in order of their transactions' first appearance
	Unseen            string  // what is not seen behind the last hop, since it cannot be read; "" for nothing
	Closed            bool    // its last transaction has closed
	Told              Verdict // live: it was handed on before, with this verdict; 0 where it was not
}

// Hop is a transaction in its delivery.
type Hop struct {
	Transaction uint64
	Parent      uint64 // the transaction that it forwards, 0 for the first leg seen
	Src, Dst    decode.Endpoint
	Outcome     Outcome
	Status      int
	RTT         time.Duration
	HasRTT      bool
	Forward     time.Duration // from the parent's first request to this one's: what the proxy took to forward it
	Relay       time.Duration // from this hop's final response to the parent's: what the proxy took to pass it back
	HasForward  bool
	HasRelay    bool

	first, last, final int64
	hasTime            bool
	unmatchable        bool
	blind              bool   // the capture cannot have seen an answer
	stillRetransmits   bool   // the request came again when its answer had passed
	bounced            bool   // an ICMP error quoted its answer
	sealed             string // what its destination sends on that cannot be read
	refused            string // which next hop its destination could not connect to
	forwarder          bool   // its destination has been seen to forward
	seenUntil          int64
	frame              capture.Ref // Transaction.lastWord
	transport          decode.Transport
}

// Clone returns a copy that stays valid after the handler returns.
func (d *Delivery) Clone() Delivery {
	c := *d
	c.CallIDs, c.Hops = slices.Clone(d.CallIDs), slices.Clone(d.Hops)
	return c
}

// DeliveryHandler is implemented by a Handler that wants deliveries.
type DeliveryHandler interface {
	// Delivery is called when the last transaction of a delivery has closed; live, also
	// before, when its verdict is known or becomes another one. The delivery is valid
	// until the method returns.
	Delivery(d *Delivery)
}
