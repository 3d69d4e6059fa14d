package analyze

import (
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// Leg is a transaction as one host saw it, with what it takes to join it with what
// other hosts saw: deliveries, verdicts and texts are made of legs and of nothing else
// (see Joiner). A host publishes a leg when its request has its first final response, or
// has waited for a second, and again when it closes, unless nothing has changed since.
type Leg struct {
	// Who saw it, for whoever joins: the number that it gives the agent, what tells the
	// runs of an agent apart, and where on its way it came: see Joiner.Floor.
	Agent uint16
	Epoch uint64
	Seq   uint64
	Bound int64 // how far its times may be off those of other hosts, in ns

	// Transaction has the numbers, frames and times of its own host; Findings are the
	// rules that its messages break. What shows in a closed transaction, a delivery or a
	// text is judged where legs are joined.
	Transaction result.Transaction

	// Head is the request without what nobody joins by: its request line, Via, From, To,
	// Call-ID and CSeq, the header fields in which a B2BUA names the other leg
	// (Options.Correlate), Content-Type and, where it carries more than text, the header
	// fields that tell of the content, and the body, of which the words are hidden unless
	// Options.Bodies asks for them. Answer is the same of a 2xx that carries an SMS
	// report. They have pseudonyms where Options.Redact makes them. Head is nil where the
	// host saw no request.
	Head, Answer []byte

	// About is a hash of what a text and all that is said of it have in common, the handset or
	// the message id, so that their legs can be brought together: that of the text which this
	// leg was found to be of, or about. Itself is what its own message says, which is all
	// that another host may know. 0 is for nothing: what is of it has its Call-ID, or names it.
	About, Itself uint64

	// Message is Head, scanned, where whoever hands the leg on has done that; nil
	// otherwise.
	Message *decode.Message

	Server   string // what the host that the request went to calls itself, "" where it did not say
	LastSeen int64  // latest transmission of the request, ns since 1970 UTC
	Until    int64  // when the transaction closes, if nothing more comes: ns since 1970 UTC
	Seen     int64  // up to when the capture had been read, on the clock of the times

	// What only the host that saw it knows: see Exchange and Hop.
	Unmatchable, Looped, NotTheType, Blind, Bounced, Again, Forwards bool
	Sealed, Refused, Reporter, Detail                                string

	Found []Found
}

// Found counts how often messages of a leg break a rule.
type Found struct {
	Rule      string
	Severity  result.Severity
	Peer      decode.Endpoint // who breaks it; the port is 0 where it does not matter
	Status    int             // of the responses that it is about, 0 where it is not about any
	Count     uint64
	Message   string // the sentence of the first one
	UserAgent string
}

// LegHandler receives the legs of a run: see Options.Legs. Run's goroutine calls it.
type LegHandler interface {
	// Leg is called with a leg that has changed. It is valid until the method returns.
	Leg(l *Leg)
	// Mark is called when the capture's clock has moved, in ns since 1970 UTC: every
	// transaction that began before low has been handed on at least once, and every
	// change of one before clock.
	Mark(clock, low int64)
	// Read is called about once in a second of the capture's clock, and at the end, with
	// what has been read.
	Read(inputs []capture.Input, stats decode.Stats)
}
