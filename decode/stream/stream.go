// Package stream is the contract between what carries bytes and what reads them: a
// TCP connection and the layers inside it, such as TLS and WebSocket. It knows no
// protocol.
//
// A layer takes the bytes of both directions as a Conn, and hands on either the bytes
// inside, to another Conn, or whole units, to a Sink. Each piece says which frames it
// came in (Mark), so that the frames of a message stay true however deep it lies.
package stream

// Side is one direction of a connection.
type Side uint8

// The sides, by who sends.
const (
	First  Side = iota // from the end that sent the first packet that was seen
	Second             // from the other one
)

// Other returns the opposite direction.
func (s Side) Other() Side { return 1 - s }

// End says why a reader is not to wait any longer.
type End uint8

// The reasons. Only after Silence may the bytes go on where they ended.
const (
	Silence End = iota // nothing came for a while: what is complete is complete
	Over               // the connection is over, or stalled
	Capture            // the capture is over
	Missing            // bytes are missing
	Snaplen            // the snapshot length cut the rest of the segment
)

// Wait says what a reader needs to go on.
type Wait uint8

// What a reader may wait for.
const (
	Nothing    Wait = iota // it holds nothing that more bytes would complete
	ForRest                // the rest of a unit
	ForSilence             // the rest of a unit, and silence alone would decide
	Done                   // it wants no more bytes of this side
)

// Conn reads both directions of a connection. It does no I/O and knows no clock.
type Conn interface {
	// Feed takes the next bytes of a side. They are valid until Feed returns.
	Feed(side Side, b []byte, at *Mark)
	// Gap says that n bytes of a side are missing here; 0 where it is not known how many.
	Gap(side Side, n uint64, why End)
	// End makes the reader hand on what it holds of a side as well as it can.
	End(side Side, why End)
	// Waiting says how many bytes of memory are held for a side, and what for.
	Waiting(side Side) (held int, wait Wait)
	// Close gives up what is held. The Conn is not used again.
	Close()
}

// Sink takes whole units from what preserves them: a WebSocket message, a user message
// of SCTP.
type Sink interface {
	// Unit takes one unit that side has sent. It is valid until Unit returns.
	Unit(side Side, b []byte, at *Mark)
}
