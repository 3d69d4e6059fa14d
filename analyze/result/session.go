package result

import "simplecap/capture"

// SessionText is what MSRP says of a text (RFC 4975).
type SessionText struct {
	MessageID                    string
	ToPath, FromPath             string // on the hop seen first
	SuccessReport, FailureReport string // as the sender asked; "" where it did not
	Bytes                        int64  // of the whole message, as far as the capture tells
	Chunks                       int    // on that hop
}

// MessageSession is a session of MSRP that an INVITE set up, or tried to (RFC 4975 8).
type MessageSession struct {
	Number      int // from 1
	CallID      string
	From, To    string // URIs of the INVITE
	OfferPath   string // a=path of the INVITE
	AnswerPath  string // of its 2xx; "" where it was refused or not answered
	Transport   string // TCP/MSRP or TCP/TLS/MSRP
	AcceptTypes string
	MovedTo     []string // paths of later offers and answers
	Readable    bool     // false where it is TLS
	Status      int      // of the first final answer to the INVITE, 0 for none
	HasTime     bool
	First       int64 // of the INVITE, ns since 1970 UTC
	Frame       capture.Ref
}
