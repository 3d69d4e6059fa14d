package decode

import (
	"simplecap/capture"
	"simplecap/decode/stream"
)

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

// Message is one SIP message: its raw bytes from the start line to the end of
// the body, where its parts are in them, and what carried it. Every Span points
// into Raw. Of a part that stands there twice the first counts, except for two
// Content-Lengths that differ: neither does.
//
// Raw, Headers and Parts belong to the Decoder and are valid until the Handler
// returns; Clone or CopyTo keep a message for longer, without its Parts.
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
	ContentLength    int64 // as the header says, -1 where there is none or none that can be read

	Defects Defects // what is wrong with it, as far as the scanner saw

	// What carried it.
	Src, Dst  Endpoint
	Transport Transport
	Time      int64         // in nanoseconds since 1970 UTC: capture time of the frame that completes the message, or what a HEP agent says
	HasTime   bool          // false where the capture has no times
	Frame     capture.Ref   // the frame that completes the message
	First     capture.Ref   // the frame that holds its first byte
	Parts     []capture.Ref // all frames that hold its bytes, where they are several; a datagram's first Limits.FrameList
	Conn      uint64        // number of the TCP connection in this run, 0 over UDP
	IPID      uint32        // IP identification of the datagram, 0 where there is none
	Datagram  Datagram      // of the UDP header; zero where there was none
	Seq       uint32        // sequence number of its first byte, over TCP
	Carriage  Carriage      // how it came
	Skipped   uint32        // bytes of its stream before it that belong to no message, with DefectFramingLost
	Liar      Liar          // the message before it, whose length is wrong; with DefectFramingLost
	Beyond    uint32        // bytes of its datagram behind its end, with DefectContentLengthTooShort or DefectTrailing

	// Payload is the payload of the UDP datagram that Raw is a part of; nil over
	// TCP, and in a copy. It belongs to the Decoder.
	Payload []byte

	// Who saw it. Clocks of agents may be wrong by any amount, so that what has to do
	// with the time that passed in the capture goes by Seen, not by Time.
	Agent uint8 // number of the HEP agent that reported it (Stats.HEP), 0 where it was captured itself
	Lag   int64 // how much later the frame was captured than the agent says, in nanoseconds; may be negative
}

// Liar is a message on a stream whose Content-Length is less than its body has.
type Liar struct {
	Frame         capture.Ref // that completes it, as far as its Content-Length goes
	ContentLength int64
}

// Datagram is what a UDP header says of a datagram as a whole (RFC 768), as its
// receiver sees it.
type Datagram struct {
	Length   uint16 // with the header, in bytes
	Checksum uint16 // the right one, also where the network card was to fill it in; 0 for none
}

// Carriage says what happened to a message on its way to the capture.
type Carriage = stream.Carriage

// The ways a message may have come.
const (
	Fragmented = stream.Fragmented // in IP fragments
	Cut        = stream.Cut        // its end is not in the capture, or over Limits.MessageBytes
	AfterGap   = stream.AfterGap   // its stream has a hole before it
	MidStream  = stream.MidStream  // its connection began before the capture
	Tunneled   = stream.Tunneled   // inside a tunnel
	IPsec      = stream.IPsec      // in ESP or AH

	TextFrame     = stream.TextFrame     // in a WebSocket frame that says that it holds UTF-8
	NoSubprotocol = stream.NoSubprotocol // its sender did not name the subprotocol sip when the WebSocket began
)

// Defects is a set of things wrong with a message.
type Defects uint64

// What can be wrong with a message. The scanner reports; rules judge. Where
// Message.Carriage has Cut, what is missing may be what the capture cut off.
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
	DefectAnotherBehind                             // what is behind its end in the same WebSocket message or the like is another one (RFC 7118 5)
	DefectFramingLost                               // bytes before it on its stream that belong to no message: the one before it lied about its length
)

// Has reports whether every defect of d2 is in d.
func (d Defects) Has(d2 Defects) bool { return d&d2 == d2 }

// Any reports whether some defect of d2 is in d.
func (d Defects) Any(d2 Defects) bool { return d&d2 != 0 }
