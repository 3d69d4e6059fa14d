package websocket

import (
	"encoding/binary"

	"simplecap/decode/stream"
)

// state says what a side reads.
type state uint8

const (
	stateHTTP   state = iota // the handshake
	stateFrames              // frames
	stateJoin                // anything, until a segment begins with a frame
)

// opcodes of frames (RFC 6455 5.2).
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opControl      = 8 // and above
	opClose        = 8
	opPong         = 10
)

// side is one direction of a Conn.
type side struct {
	stream.Buffer
	conn  *Conn
	side  stream.Side
	state state
	skip  uint64 // bytes that belong to a frame which is not read

	closed  bool // it has sent a close frame: nobody reads what it sends behind that (RFC 6455 5.5.1)
	unnamed bool // its part of the handshake does not name the subprotocol sip

	// The message in fragments that is being put together.
	parts      int // its frames so far; 0 where there is none
	compressed bool
	text       bool   // it says that it is UTF-8
	wrongMask  bool   // a frame of it is masked and must not be, or the other way round
	broken     bool   // it is too long, or lacks its beginning
	message    []byte // its payload so far
	marks      stream.Trail

	scratch []byte // an unmasked payload
	inflate
}

// frame is the header of a frame.
type frame struct {
	fin, compressed, masked bool
	opcode                  byte
	header                  int    // its length
	length                  uint64 // of the payload
	key                     [4]byte
}

// readFrame reads the header that b begins with. It reports false where more bytes are
// needed, and valid false where this is none.
func readFrame(b []byte) (f frame, known, valid bool) {
	if len(b) < 2 {
		return f, false, len(b) == 0 || validFirst(b[0])
	}
	f.fin, f.compressed, f.opcode = b[0]&0x80 != 0, b[0]&0x40 != 0, b[0]&0x0f
	f.masked, f.length, f.header = b[1]&0x80 != 0, uint64(b[1]&0x7f), 2
	if !validFirst(b[0]) || f.opcode >= opControl && f.length > 125 {
		return f, true, false
	}
	long := map[uint64]int{126: 2, 127: 8}[f.length]
	if f.header += long; f.masked {
		f.header += 4
	}
	if len(b) < f.header {
		return f, false, true
	}
	switch long {
	case 2:
		f.length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 8:
		f.length = binary.BigEndian.Uint64(b[2:])
	}
	if f.masked {
		f.key = [4]byte(b[f.header-4:])
	}
	return f, true, f.length < 1<<63
}

// validFirst reports whether a frame may begin with c: no reserved bit or opcode, and
// control frames are neither in fragments nor compressed (RFC 6455 5.2 and 5.5, RFC 7692 6).
func validFirst(c byte) bool {
	opcode := c & 0x0f
	switch {
	case c&0x30 != 0 || opcode > opBinary && opcode < opControl || opcode > opPong:
		return false
	case opcode >= opControl:
		return c&0xc0 == 0x80
	}
	return opcode != opContinuation || c&0x40 == 0
}

// Looks reports whether b, the beginning of a segment, is one frame with data or several,
// the first of them whole.
func Looks(b []byte) bool {
	for n := 0; ; n++ {
		f, known, valid := readFrame(b)
		whole := known && f.length <= uint64(len(b)-f.header)
		switch {
		case !valid || n == 0 && (!whole || f.opcode != opText && f.opcode != opBinary || f.length == 0):
			return false
		case !whole:
			return true
		}
		if b = b[f.header+int(f.length):]; len(b) == 0 {
			return true
		}
	}
}

// Step implements stream.Steps.
func (s *side) Step(b []byte) (int, bool) {
	if s.skip > 0 {
		n := int(min(s.skip, uint64(len(b))))
		s.skip -= uint64(n)
		return n, n < len(b)
	}
	switch s.state {
	case stateHTTP:
		return s.http(b)
	case stateJoin:
		if !Looks(b) {
			return len(b), false
		}
		s.conn.begin()
		s.state = stateFrames
	}
	return s.frame(b)
}

// frame reads one frame.
func (s *side) frame(b []byte) (int, bool) {
	f, known, valid := readFrame(b)
	switch {
	case !valid:
		s.conn.lost(1) // the other end reads no further (RFC 6455 7.1.7)
		s.reset()
		s.forgetWindow()
		s.state = stateJoin
		return len(b), false
	case !known:
		return 0, false
	case f.opcode >= opControl:
		return s.control(&f, b)
	case s.closed || f.length > uint64(s.conn.options.Limits.MessageBytes):
		s.unread(&f)
		s.skip = f.length
		return f.header, true
	case f.length > uint64(len(b)-f.header):
		return 0, false
	}
	n := f.header + int(f.length)
	at := s.Mark(n)
	s.data(&f, b[f.header:n], &at)
	return n, true
}

// control passes over a control frame, which may stand between fragments, or is the last.
func (s *side) control(f *frame, b []byte) (int, bool) {
	n := f.header + int(f.length)
	if len(b) < n {
		return 0, false
	}
	s.closed = s.closed || f.opcode == opClose
	return n, true
}

// unread notes that the message at hand has a frame that is not read.
func (s *side) unread(f *frame) {
	s.start(f)
	s.broken = true
	if f.fin {
		s.finish()
	}
}

// start begins a message, unless the frame continues one.
func (s *side) start(f *frame) {
	if f.opcode != opContinuation {
		s.conn.lost(min(s.parts, 1)) // one that never came to its end
		s.reset()
		s.compressed, s.text = f.compressed, f.opcode == opText
	} else if s.parts == 0 {
		s.broken = true
	}
	s.wrongMask = s.wrongMask || s.conn.client >= 0 && f.masked != (s.conn.client == int(s.side))
	s.parts++
}

// data takes the payload of a frame.
func (s *side) data(f *frame, payload []byte, at *stream.Mark) {
	if f.masked {
		payload = s.unmask(payload, f.key)
	}
	s.start(f)
	if s.parts == 1 && f.fin && !f.compressed && !s.broken { // whole, as most are
		s.unit(payload, at)
		s.reset()
		return
	}
	if s.broken = s.broken || len(s.message)+len(payload) > s.conn.options.Limits.MessageBytes; !s.broken {
		s.message = append(s.message, payload...)
		s.marks.Add(len(payload), at)
	}
	if f.fin {
		s.finish()
	}
}

// unmask returns the payload without its mask (RFC 6455 5.3).
func (s *side) unmask(payload []byte, key [4]byte) []byte {
	s.scratch = append(s.scratch[:0], payload...)
	for i := range s.scratch {
		s.scratch[i] ^= key[i&3]
	}
	return s.scratch
}

// finish hands on the message in fragments, or compressed, that has come to its end.
func (s *side) finish() {
	message, ok := s.message, !s.broken
	if s.compressed {
		message, ok = s.inflated(ok)
	}
	if !ok {
		s.conn.lost(1)
	} else if len(s.message) > 0 {
		at, refs := s.marks.Span(0, s.marks.Given(), nil)
		at.Also = refs[:len(refs)-1]
		s.unit(message, &at)
	}
	s.reset()
}

// unit hands on a message that is not empty.
func (s *side) unit(b []byte, at *stream.Mark) {
	if len(b) == 0 {
		return
	}
	if s.text {
		at.Carriage |= stream.TextFrame
	}
	if s.unnamed {
		at.Carriage |= stream.NoSubprotocol
	}
	if s.wrongMask {
		at.Carriage |= stream.WrongMask
	}
	s.conn.options.Sink.Unit(s.side, b, at)
}

// maxSpare is what is kept of a buffer for the next message, in bytes.
const maxSpare = 8 << 10

// reset forgets the message at hand.
func (s *side) reset() {
	if s.message = s.message[:0]; cap(s.message) > maxSpare {
		s.message = nil
	}
	if cap(s.scratch) > maxSpare {
		s.scratch = nil
	}
	s.parts, s.compressed, s.broken, s.wrongMask = 0, false, false, false
	s.marks.Reset()
}

// forget gives up what is held.
func (s *side) forget() {
	s.Clear()
	s.forgetWindow()
	*s = side{conn: s.conn, side: s.side, state: stateJoin}
}
