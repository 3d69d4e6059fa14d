package decode

import (
	"simplecap/capture"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
)

// Message is one SIP message: what was read, and how it came.
//
// Raw, Headers, Parts and Payload belong to the Decoder and are valid until the Handler
// returns; Clone or CopyTo keep a message for longer, without its Parts.
type Message struct {
	sip.Message
	Carrier
}

// Carrier is what carried a SIP message.
type Carrier struct {
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
	Liar      sip.Liar      // the message before it, whose length is wrong; with DefectFramingLost

	// Payload is the payload of the UDP datagram that Raw is a part of; nil over
	// TCP, and in a copy. It belongs to the Decoder.
	Payload []byte

	// Who saw it. Clocks of agents may be wrong by any amount, so that what has to do
	// with the time that passed in the capture goes by Seen, not by Time.
	Agent uint8 // number of the HEP agent that reported it (Stats.HEP), 0 where it was captured itself
	Lag   int64 // how much later the frame was captured than the agent says, in nanoseconds; may be negative
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
	Fragmented   = stream.Fragmented   // in IP fragments
	Cut          = stream.Cut          // its end is not in the capture, or over Limits.MessageBytes
	AfterGap     = stream.AfterGap     // its stream has a hole before it
	MidStream    = stream.MidStream    // its connection began before the capture
	Tunneled     = stream.Tunneled     // inside a tunnel
	IPsec        = stream.IPsec        // in ESP or AH
	Contradicted = stream.Contradicted // other bytes came in the place of some of its bytes

	TextFrame     = stream.TextFrame     // in a WebSocket frame that says that it holds UTF-8
	NoSubprotocol = stream.NoSubprotocol // its sender did not name the subprotocol sip when the WebSocket began
	ShortFrame    = stream.ShortFrame    // its connection ended inside its WebSocket frame
	WrongMask     = stream.WrongMask     // its WebSocket frame has no mask where it needs one, or one where it must have none
)

// Seen returns when the frame that completes the message was captured, by the
// capture's clock, in nanoseconds since 1970 UTC.
func (m *Message) Seen() int64 { return m.Time + m.Lag }

// CopyTo copies the message into dst so that it outlives the Handler, as
// sip.Message.CopyTo does, and returns the longer buf.
func (m *Message) CopyTo(dst *Message, buf []byte) []byte {
	buf = m.Message.CopyTo(&dst.Message, buf)
	dst.Carrier = m.Carrier
	dst.Parts, dst.Payload = nil, nil
	return buf
}

// Clone returns a copy of the message with memory of its own.
func (m *Message) Clone() *Message {
	var c Message
	m.CopyTo(&c, make([]byte, 0, len(m.Raw)))
	return &c
}
