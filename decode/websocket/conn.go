// Package websocket reads WebSocket connections (RFC 6455) from both their directions
// as they were captured, from the handshake of HTTP on or from the middle, and hands on
// whole messages. It does no I/O and trusts nothing.
package websocket

import (
	"simplecap/decode/stream"
)

// Options configure a Conn.
type Options struct {
	Sink   stream.Sink
	Turns  func(webSocket bool) // called when HTTP asks to become a WebSocket, is refused, or has become one; may be nil
	Shared *Shared              // what connections share
	Limits Limits               // bounds; zero fields mean the defaults
	Joined bool                 // the capture begins behind the handshake
	Lost   func(int)            // called with the number of messages that could not be read; may be nil
}

// Limits are the bounds of a Conn. A zero field means the default.
type Limits struct {
	MessageBytes   int // longest message, in bytes, also after inflating (default 256 KiB)
	HandshakeBytes int // longest header block of HTTP, in bytes (default 16 KiB)
}

func (l Limits) withDefaults() Limits {
	if l.MessageBytes <= 0 {
		l.MessageBytes = 256 << 10
	}
	if l.HandshakeBytes <= 0 {
		l.HandshakeBytes = 16 << 10
	}
	return l
}

// Conn reads one connection. It implements stream.Conn.
type Conn struct {
	options Options
	sides   [2]side
	client  int  // the side that asks; -1 where that is not known
	asked   bool // the client asked for a WebSocket and has had no answer
	open    bool // frames have begun
}

// New returns a Conn for a connection of which nothing has been read.
func New(options Options) *Conn {
	c := &Conn{options: options, client: -1}
	c.options.Limits = options.Limits.withDefaults()
	for i := range c.sides {
		c.sides[i].conn, c.sides[i].side = c, stream.Side(i)
		if options.Joined {
			c.sides[i].state = stateJoin
		}
	}
	return c
}

// Feed implements stream.Conn.
func (c *Conn) Feed(side stream.Side, b []byte, at *stream.Mark) {
	c.sides[side].Buffer.Feed(b, at, &c.sides[side])
}

// Gap implements stream.Conn.
func (c *Conn) Gap(side stream.Side, n uint64, _ stream.End) { c.sides[side].gap(n) }

// End implements stream.Conn.
func (c *Conn) End(side stream.Side, why stream.End) {
	if why != stream.Silence {
		c.sides[side].end(why)
	}
}

// Waiting implements stream.Conn. Of HTTP only what clients ask for is of interest.
func (c *Conn) Waiting(side stream.Side) (held int, wait stream.Wait) {
	s := &c.sides[side]
	if s.state == stateHTTP && !c.asked && !c.open && c.client >= 0 && c.client != int(side) {
		return 0, stream.Done
	}
	held, wait = s.Buffer.Waiting()
	if s.parts > 0 {
		wait = stream.ForRest
	}
	return held + cap(s.message) + cap(s.window), wait
}

// Close implements stream.Conn.
func (c *Conn) Close() {
	for i := range c.sides {
		c.sides[i].forget()
	}
}

// Open reports whether the connection has become a WebSocket.
func (c *Conn) Open() bool { return c.open }

// begin notes that frames have begun.
func (c *Conn) begin() {
	if c.asked = false; !c.open {
		c.open = true
		c.turns(true)
	}
}

// turns tells that the connection is a WebSocket from here on, or none.
func (c *Conn) turns(webSocket bool) {
	if c.options.Turns != nil {
		c.options.Turns(webSocket)
	}
}

// lost counts messages that could not be read.
func (c *Conn) lost(n int) {
	if n > 0 && c.options.Lost != nil {
		c.options.Lost(n)
	}
}
