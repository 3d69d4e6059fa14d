package result

import (
	"sync"

	"simplecap/capture"
)

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

// SessionFields returns the fields of a session, in the order of the report.
func SessionFields() []FieldOf[MessageSession] { return sessionFields() }

// sessionFields is the table. It is not changed.
var sessionFields = sync.OnceValue(func() []FieldOf[MessageSession] {
	return []FieldOf[MessageSession]{
		number("number", "its number, from 1", func(s *MessageSession) int64 { return int64(s.Number) }),
		text("call_id", "Call-ID of the INVITE", func(s *MessageSession) string { return s.CallID }),
		text("from", "address in From", func(s *MessageSession) string { return s.From }),
		text("to", "address in To", func(s *MessageSession) string { return s.To }),
		text("offer_path", "a=path of the INVITE", func(s *MessageSession) string { return s.OfferPath }),
		text("answer_path", "a=path of its 2xx; none where it was refused", func(s *MessageSession) string { return s.AnswerPath }),
		texts("moved_to", "paths of later offers and answers", func(s *MessageSession) []string { return s.MovedTo }).inJSONIf(func(s *MessageSession) bool { return len(s.MovedTo) > 0 }),
		text("transport", "TCP/MSRP or TCP/TLS/MSRP", func(s *MessageSession) string { return s.Transport }),
		text("accept_types", "media types that the INVITE takes", func(s *MessageSession) string { return s.AcceptTypes }),
		truth("readable", "false where it is TLS", func(s *MessageSession) bool { return s.Readable }),
		number("sip_status", "status of the first final answer to the INVITE; 0 for none", func(s *MessageSession) int64 { return int64(max(s.Status, 0)) }).nonZero(),
		moment("first", "time of the INVITE", func(s *MessageSession) int64 { return s.First }, func(s *MessageSession) bool { return s.HasTime }),
		frame("request_frame", "its frame", func(s *MessageSession) capture.Ref { return s.Frame }),
	}
})
