package result

import (
	"time"

	"simplecap/capture"
	"simplecap/decode"
)

// Outcome is how a transaction ended. There is exactly one; a provisional
// response alone changes nothing about it.
type Outcome uint8

// The outcomes.
const (
	Success     Outcome = iota + 1 // a 2xx
	Challenged                     // 401 or 407
	Redirected                     // 3xx
	Rejected                       // any other final response
	Unreachable                    // no final response, and an ICMP error, TCP reset or close instead
	Timeout                        // no final response within Timer F, and the capture goes on for longer
	Pending                        // no final response, and the capture ends before Timer F: unknown
	Orphan                         // responses without a request in the capture
	outcomes
)

var outcomeNames = [outcomes]string{"", "success", "challenged", "redirected", "rejected", "unreachable", "timeout", "pending", "orphan"}

// String returns the outcome as the report spells it.
func (o Outcome) String() string {
	if o < outcomes {
		return outcomeNames[o]
	}
	return ""
}

// OutcomeNames lists the outcomes of transactions.
func OutcomeNames() []string { return outcomeNames[1:] }

// Missing reports whether the outcome counts as a missing 200.
func (o Outcome) Missing() bool { return o == Timeout || o == Unreachable }

// OutcomeOf maps the status of a final response to the outcome.
func OutcomeOf(status int) Outcome {
	switch {
	case status < 300:
		return Success
	case status < 400:
		return Redirected
	case status == 401 || status == 407:
		return Challenged
	}
	return Rejected
}

// Transaction is one MESSAGE request with its retransmissions and responses on
// one hop (RFC 3261 17.1.3), or responses whose request the capture lacks.
//
// Strings hold bytes from the wire as they came: whoever prints them makes them
// safe. Times are nanoseconds since 1970 UTC by the capture's clock.
type Transaction struct {
	ID       uint64  // from 1 in order of first appearance
	Delivery uint64  // the delivery it belongs to, 0 for none
	Verdict  Verdict // of that delivery; only with Options.Whole, and only when it has closed

	Method     string // the method token exactly as on the wire; of the CSeq where there is no request
	CallID     string
	CSeq       uint64
	HasCSeq    bool   // false where there is no CSeq, or none that can be read
	Branch     string // of the topmost Via
	SentBy     string
	From, To   string // addr-specs
	RequestURI string

	Transport decode.Transport
	IPsec     bool            // it came in ESP or AH
	Src, Dst  decode.Endpoint // of the request; of an orphan, as the request must have had them

	ContentType string
	BodyBytes   int    // of the first transmission, as far as it was captured
	BodyCut     bool   // the capture holds a part of the body only, or none
	Body        []byte // only with Options.Bodies

	HasTime         bool  // false where the capture has no times
	FirstRequest    int64 // first transmission; 0 for an orphan
	LastRequest     int64 // last transmission before the first final response
	Retransmissions int   // copies the sender sent again
	Duplicates      int   // copies the capture itself made, requests and responses

	Provisional []int // 1xx statuses in order of arrival
	Status      int   // first final response, 0 without one
	Reason      string
	Final       int64         // time of the first final response
	RTT         time.Duration // first transmission to first final response
	RTTLast     time.Duration // last transmission before it to first final response
	HasRTT      bool

	Outcome  Outcome
	Cause    string   // why there is no final response, as far as the capture shows
	Findings []string // ids of the rules it breaks, sorted
	Closed   bool     // nothing can join it any more
	Again    bool     // live: it was handed on before, at its first final response
	Changed  bool     // live: something is different since then

	AnswerHidden bool // pending, since its answer may be among what the capture lacks or cannot read
	LeftBySender bool // unreachable, and it was the sender that closed or reset the connection

	RequestFrames  []capture.Ref // one for each transmission
	ResponseFrames []capture.Ref // one for each response

	// What filters ask of it beside; a Clone has neither.
	InDelivery *Delivery  // its delivery as judged; only with Options.Whole, and only when that has closed
	InFindings []*Finding // the first 32 that it is in, as counted so far; only with Options.Found
}

// Clone returns a copy that stays valid after the handler returns.
func (t *Transaction) Clone() Transaction {
	var c Transaction
	t.CopyTo(&c)
	return c
}

// CopyTo makes dst a copy with memory of its own, for which what dst held is used again.
func (t *Transaction) CopyTo(dst *Transaction) {
	body, provisional, findings, requests, responses := dst.Body, dst.Provisional, dst.Findings, dst.RequestFrames, dst.ResponseFrames
	*dst = *t
	switch dst.Body = append(body[:0], t.Body...); {
	case t.Body == nil:
		dst.Body = nil
	case dst.Body == nil:
		dst.Body = []byte{} // an empty one is not none
	}
	dst.Provisional = append(provisional[:0], t.Provisional...)
	dst.Findings = append(findings[:0], t.Findings...)
	dst.RequestFrames = append(requests[:0], t.RequestFrames...)
	dst.ResponseFrames = append(responses[:0], t.ResponseFrames...)
	dst.InDelivery, dst.InFindings = nil, nil
}

// InFile turns a transaction's frames into those of another file, which a report of
// several hosts numbers from 1.
func (t *Transaction) InFile(file int) {
	for _, frames := range [][]capture.Ref{t.RequestFrames, t.ResponseFrames} {
		for i, f := range frames {
			frames[i] = capture.MakeRef(file, f.Number())
		}
	}
}
