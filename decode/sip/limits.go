package sip

// Limits bound what is read of a message.
type Limits struct {
	MessageBytes int // longest message over a stream, in bytes (default 256 KiB)
	Headers      int // header fields indexed of one message (default 256)
}

// DefaultLimits are the bounds that Message.Scan uses.
var DefaultLimits = Limits{MessageBytes: 256 << 10, Headers: 256}
