package sip

import (
	"simplecap/capture"
	"simplecap/decode/stream"
)

// This file cuts the bytes of one direction of a connection into SIP
// messages (RFC 3261 7.5 and 18.3). Content-Length is trusted first. A start
// line is looked for inside a body only where what follows the claimed body is
// no start line, so SIP that is quoted in a body stays text.
//
// Each decision waits until the bytes at hand determine it, so the messages
// depend on the stream alone and not on how it was cut into segments. The time
// that passes can only end the waiting (framer.finish).

// phase says what a framer reads at the moment.
type phase uint8

const (
	phaseStart  phase = iota // a start line
	phaseHeader              // header fields
	phaseBody                // a body of known length
	phaseOpen                // a body without a usable Content-Length
	phaseSearch              // anything, until a start line
)

// Framing is what the Streams of one reader share: their bounds, what they count, and
// memory. The zero value is not of use: Limits must be set.
type Framing struct {
	Limits  Limits   // of which no field is 0
	Message *Message // scratch of the message that is being handed on
	Stats   FramingStats

	framed  Framed   // scratch
	buffers [][]byte // empty ones, for unfinished messages
}

// FramingStats counts what Streams met.
type FramingStats struct {
	Lost     uint64 // bytes that belong to no message, as behind a Content-Length that is too small
	TooLarge uint64 // messages over Limits.MessageBytes
}

// Framed is a message that a Stream has cut out, and how it came. It is valid until
// Sink.Framed returns.
type Framed struct {
	*Message
	Last    stream.Mark   // the frame that completes it, and what happened to any of its bytes; Also is not set
	Parts   []capture.Ref // all frames that hold its bytes, in their order
	Behind  int64         // how many bytes back it begins, from the last one that was fed
	Skipped uint32        // bytes before it that belong to no message, with DefectFramingLost
	Liar    Liar          // the message before it, whose length is wrong; with DefectFramingLost
}

// Sink takes what a Stream finds.
type Sink interface {
	// Framed takes a message.
	Framed(side stream.Side, m *Framed)
	// Left says that n bytes behind a message belong to none, and that none follows;
	// last is the frame that completes the message.
	Left(side stream.Side, n uint32, of Liar, last *stream.Mark)
	// Unreadable tells of bytes that begin like a message and cannot be read.
	Unreadable(side stream.Side, at *stream.Mark)
}

// framer cuts one direction of a connection into messages. It reads out of what
// it is fed and keeps only what is left of an unfinished message.
type framer struct {
	*Framing
	sink Sink
	side stream.Side
	stream.Trail

	buf  []byte // what is left of an unfinished message
	base int64  // offset of the message in the stream

	phase    phase
	found    bool   // a message has been found in this direction
	unsure   bool   // the stream was entered in the middle, or cut before this point
	afterGap bool   // a hole lies before this message
	junk     bool   // what must not stand before a start line does before this one
	skipped  uint32 // bytes before this message that belong to none
	begun    uint32 // of these, while the stream ends: the beginning of a message that does not go on
	before   Liar   // the message before this one, which those bytes are the rest of
	time     int64  // of its last frame
	hasTime  bool

	// Of the message that is being read, as offsets from its beginning.
	line     int // the line of the header block that comes next
	lf, cr   int // where to go on looking for its end
	head     int // length of the header block
	claim    int // Content-Length
	suspect  int // no start line begins in the body before this offset
	lineWait stream.LineWait
	scanned  bool // Framing.Message holds its header block
}

// feed takes the next bytes of the stream, which came as at says. They are not kept.
func (f *framer) feed(data []byte, at *stream.Mark) {
	f.Add(len(data), at)
	if len(f.buf) == 0 {
		f.keep(data[f.run(data):])
	} else {
		f.buf = append(f.buf, data...)
		f.consume(f.run(f.buf))
	}
	f.Drop(f.base)
}

// keep stores what feed could not use yet.
func (f *framer) keep(rest []byte) {
	if len(rest) == 0 {
		return
	}
	if f.buf == nil {
		f.buf = f.takeBuffer(len(rest))
	}
	f.buf = append(f.buf, rest...)
}

// forget gives up what is held.
func (f *framer) forget() {
	f.giveBuffer(&f.buf)
	f.base = f.Given()
	f.lineWait.Stop()
	f.Drop(f.base)
}

// consume drops the first n bytes of what is kept.
func (f *framer) consume(n int) {
	f.buf = f.buf[:copy(f.buf, f.buf[n:])]
	switch c := cap(f.buf); {
	case len(f.buf) == 0:
		f.giveBuffer(&f.buf)
	case c > maxSpareBuffer && len(f.buf) < c/4: // far less than there was
		f.buf = append(make([]byte, 0, 2*len(f.buf)), f.buf...)
	}
}

// run reads as far as b goes and returns how many bytes are done with.
func (f *framer) run(b []byte) (used int) {
	for {
		n, more := f.step(b[used:])
		used += n
		f.base += int64(n)
		if !more {
			f.scanned = false
			return used
		}
	}
}

// step reads one part of b. It returns how many bytes are done with, and
// whether to go on with the rest.
func (f *framer) step(b []byte) (n int, more bool) {
	if f.lineWait.Still(b) {
		return 0, false
	}
	switch f.phase {
	case phaseHeader:
		return f.header(b)
	case phaseBody:
		return f.body(b)
	case phaseOpen:
		return f.open(b)
	case phaseSearch:
		return f.search(b)
	}
	return f.start(b)
}

// waitForLine puts off the next step until a line ends, because before that
// nothing can be decided about the line at offset from.
func (f *framer) waitForLine(b []byte, from int) (int, bool) {
	f.lineWait.For(b, from+maxStartLine)
	return 0, false
}

// enter begins a phase in which nothing of the message is known yet.
func (f *framer) enter(p phase) {
	f.phase = p
	f.line, f.lf, f.cr, f.head, f.claim, f.suspect = 0, 0, 0, 0, 0, 0
	f.scanned = false
	f.lineWait.Stop()
}

// start reads the start line, and the keep-alives before it.
func (f *framer) start(b []byte) (int, bool) {
	if n := KeepAlive(b); n > 0 || len(b) == 0 {
		return n, n < len(b)
	}
	switch startsHere(b, f.unsure) {
	case stream.Maybe:
		return f.waitForLine(b, 0)
	case stream.Yes:
		f.enter(phaseHeader)
		rest, junk := cutJunk(b)
		f.junk = junk
		return len(b) - len(rest), true
	}
	at, _ := f.Piece(f.base, nil)
	f.unreadable(b, &at)
	f.enter(phaseSearch)
	return 0, true
}

// unreadable tells of what b begins with, if it begins like a message and cannot be read,
// and reports whether it does. The message before it has nothing to do with that.
func (f *framer) unreadable(b []byte, at *stream.Mark) bool {
	rest, junk := cutJunk(b)
	n := tokenLen(rest)
	if !BeginsLikeSIP(b) || junk && !knownMethod(rest[:n]) && !equalFold(rest[:n], "SIP") { // it may be the end of a text
		return false
	}
	f.sink.Unreadable(f.side, at)
	f.unsure = true
	return true
}

// startsHere reports whether b, where a message is expected, begins with a start line;
// unsure says that it may begin in the middle of one.
func startsHere(b []byte, unsure bool) stream.Match {
	if len(b) < len(byteOrderMark) && string(b) == byteOrderMark[:len(b)] {
		return stream.Maybe
	}
	rest, junk := cutJunk(b)
	if junk {
		b = rest
	}
	match := startAt(b)
	if match == stream.No {
		match = brokenMatch(b)
	}
	if match == stream.Yes && (junk || unsure && (tailOfMethod(b) || behindText(b))) && !isStrongStart(b) {
		return stream.No
	}
	return match
}

// search skips bytes until the next start line.
func (f *framer) search(b []byte) (int, bool) {
	n, match := findStart(b, 0, len(b))
	f.skip(n)
	switch match {
	case stream.Yes:
		f.enter(phaseHeader)
		return n, true
	case stream.Maybe:
		f.waitForLine(b[n:], 0)
	}
	return n, false
}

// skip counts bytes that belong to no message. Only where framing was right so
// far does the message before them have to answer for it.
func (f *framer) skip(n int) {
	if f.found && !f.unsure {
		f.skipped += uint32(n)
		f.Stats.Lost += uint64(n)
	}
}

// body reads a body of known length. Where a start line begins inside it, the
// bytes after it decide whether Content-Length is right.
func (f *framer) body(b []byte) (int, bool) {
	end := f.head + f.claim
	if len(b) < end {
		return 0, false
	}
	if f.suspect < end && strongStart(b[end+KeepAlive(b[end:]):]) { // whatever is inside: see afterBody
		return f.message(b, end)
	}
	pos, match := findStart(b, f.suspect, end)
	f.suspect = pos
	if match == stream.No {
		return f.message(b, end)
	}
	switch after := f.afterBody(b, end, pos); {
	case after == stream.Yes:
		return f.message(b, end)
	case after == stream.Maybe || match == stream.Maybe:
		return f.waitForLine(b, max(pos, end))
	}
	return f.message(b, pos)
}

// strongStart reports whether a start line begins at b[0], where one is expected, that
// cannot be the rest of another.
func strongStart(b []byte) bool { return startAt(b) == stream.Yes && isStrongStart(b) }

// afterBody reports whether a start line follows the claimed body, which ends
// at b[end]. At pos, inside the body, one begins or may begin.
func (f *framer) afterBody(b []byte, end, pos int) stream.Match {
	next := end + KeepAlive(b[end:])
	if next == len(b) {
		return stream.Maybe
	}
	match := startAt(b[next:])
	if match != stream.Yes || isStrongStart(b[next:]) {
		return match
	}
	// An unknown method may be the rest of a start line that begins inside the body.
	if line, _ := stream.Line(b[pos:]); next == end && pos+len(line) > end {
		return stream.No
	}
	return stream.Yes
}

// open reads a body that lasts until the next start line.
func (f *framer) open(b []byte) (int, bool) {
	limit := f.Limits.MessageBytes
	pos, match := findStart(b, f.suspect, len(b))
	f.suspect = pos
	switch {
	case pos > limit:
		return f.tooLarge(b)
	case match == stream.Maybe:
		return f.waitForLine(b, pos)
	case match == stream.No:
		return 0, false
	}
	f.emit(trimKeepAlive(b, f.head, pos), 0)
	f.enter(phaseHeader)
	return pos, true
}

// trimKeepAlive returns b[:end] without the line ends and NULs at its end. A body
// without Content-Length does not say which of them are its own.
func trimKeepAlive(b []byte, head, end int) []byte {
	for end > head && isKeepAliveByte(b[end-1]) {
		end--
	}
	return b[:end]
}

// message hands on the message b[:n].
func (f *framer) message(b []byte, n int) (int, bool) {
	f.emit(b[:n], 0)
	f.enter(phaseStart)
	return n, n < len(b)
}

// tooLarge hands on the first Limits.MessageBytes of a message and skips the rest.
func (f *framer) tooLarge(b []byte) (int, bool) {
	n := f.Limits.MessageBytes
	if f.head == 0 {
		f.head = n
	}
	f.emit(b[:n], stream.Cut)
	f.Stats.TooLarge++
	f.enter(phaseSearch)
	f.unsure = true
	return n, n < len(b)
}
