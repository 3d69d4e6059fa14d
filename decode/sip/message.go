package sip

import "simplecap/capture"

// Span is a range of bytes in Message.Raw. The zero Span is empty.
type Span struct{ Off, Len uint32 }

// End is the offset of the first byte after the span.
func (s Span) End() uint32 { return s.Off + s.Len }

// In returns the span's bytes in raw, without copying them.
func (s Span) In(raw []byte) []byte { return raw[s.Off : s.Off+s.Len : s.Off+s.Len] }

// Kind tells requests from responses.
type Kind uint8

// The kinds of SIP message.
const (
	Request Kind = iota + 1
	Response
)

// Header is one header field as it stands on the wire.
type Header struct {
	ID    HeaderID // which header field, compact form or not; HeaderOther if not one that simplecap knows
	Name  Span     // as written, without the white space before the colon
	Value Span     // without leading and trailing white space; folded lines are still folded
}

// Message is one SIP message as it was read: its raw bytes from the start line to the
// end of the body, and where its parts are in them. Every Span points into Raw. Of a
// part that stands there twice the first counts, except for two Content-Lengths that
// differ: neither does.
//
// Raw is a part of what was read and not copied; CopyTo keeps a message for longer.
type Message struct {
	Raw     []byte
	Headers []Header
	Present HeaderSet // which header fields are among Headers

	Kind    Kind
	Status  int  // response status code, 0 in a request and where it has not three digits
	Method  Span // request method token exactly as on the wire
	URI     Span // Request-URI, without angle brackets
	Version Span // "SIP/2.0", as written
	Reason  Span // response reason phrase

	CallID     Span
	CSeq       Span   // the number as written
	CSeqNumber uint64 // 0 where there is none that can be read; may be over 2^32
	CSeqMethod Span

	// The topmost Via (RFC 3261 8.1.1.7 and 18.1.1).
	Via          Span // the whole via-parm
	ViaTransport Span
	SentBy       Span // host and, where given, port; as written, so that "host : 5060" is possible
	Branch       Span
	ViaCount     int // via-parms in all Via header fields, comma-separated ones counted one by one

	FromURI, FromTag Span // addr-spec without the angle brackets
	ToURI, ToTag     Span
	ContentType      Span // with its parameters; see MediaType
	Body             Span
	ContentLength    int64  // as the header says, -1 where there is none or none that can be read
	Beyond           uint32 // bytes of its datagram behind its end, with DefectContentLengthTooShort or DefectTrailing

	Defects Defects // what is wrong with it, as far as the scanner saw
}

// Liar is a message on a stream whose Content-Length is less than its body has.
type Liar struct {
	Frame         capture.Ref // that completes it, as far as its Content-Length goes
	ContentLength int64
}

// Defects is a set of things wrong with a message.
type Defects uint64

// What can be wrong with a message. The scanner reports; rules judge. Where the
// capture cut the message, what is missing may be what it cut off.
const (
	DefectStartLine             Defects = 1 << iota // extra spaces, a tab, <uri>, a version that is not SIP/2.0
	DefectVersionCase                               // "sip/2.0"
	DefectLineEnds                                  // lines that end in LF or CR alone
	DefectNotTerminated                             // no empty line after the header fields
	DefectLeadingCRLF                               // empty lines before the start line of a datagram
	DefectHeaderLine                                // a line that is no header field
	DefectTooManyHeaders                            // more header fields than Limits.Headers; the rest is not indexed
	DefectNoVia                                     // RFC 3261 8.1.1: the mandatory header fields
	DefectNoFrom                                    //
	DefectNoTo                                      //
	DefectNoCallID                                  //
	DefectNoCSeq                                    //
	DefectNoMaxForwards                             // requests only
	DefectBadVia                                    // a top Via that cannot be read
	DefectBadCSeq                                   // a CSeq that cannot be read, or over 2^31-1
	DefectRepeatedHeader                            // two From, To, Call-ID, CSeq, Content-Type, Content-Length or Max-Forwards
	DefectContentLengthMissing                      // none, on a stream
	DefectContentLengthInvalid                      // negative, no number, or two values
	DefectContentLengthTooLong                      // fewer bytes of body than it says
	DefectContentLengthTooShort                     // bytes beyond it before the next message or the end of the datagram
	DefectTrailing                                  // what is beyond it is at most 4 bytes of CR, LF or NUL
	DefectRepeatedParameter                         // two branch or two tag parameters
	DefectNotUTF8                                   // header fields that are not UTF-8
	DefectAnotherBehind                             // what is behind its end in the same datagram, WebSocket message or the like is another one
	DefectFramingLost                               // bytes before it on its stream that belong to no message: the one before it lied about its length
)

// Has reports whether every defect of d2 is in d.
func (d Defects) Has(d2 Defects) bool { return d&d2 == d2 }

// Any reports whether some defect of d2 is in d.
func (d Defects) Any(d2 Defects) bool { return d&d2 != 0 }
