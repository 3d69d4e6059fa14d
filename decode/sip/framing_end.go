package sip

import "simplecap/decode/stream"

// This file hands on what a framer has read, and what it still holds when there
// is nothing more to wait for.

// emit hands on raw, of which the first f.head bytes are the header block; c is what
// happened to it here.
func (f *framer) emit(raw []byte, c stream.Carriage) {
	m, out := f.Framing.Message, &f.framed
	if !f.scanned {
		scanHead(raw[:f.head:f.head], m, &f.Limits)
		m.dropUnfinished(c&stream.Cut != 0)
	}
	m.Raw = raw
	m.Body = Span{Off: uint32(f.head), Len: uint32(len(raw) - f.head)}
	m.Defects |= m.LengthDefects()
	if f.junk {
		m.Defects |= DefectStartLine
		f.junk = false
	}
	out.Message, out.Behind, out.Skipped, out.Liar = m, f.Given()-f.base, f.skipped, Liar{}
	if f.skipped > 0 {
		m.Defects |= DefectFramingLost
		out.Liar = f.before
	}
	if f.afterGap {
		c |= stream.AfterGap
	}
	out.Last, out.Parts = f.Span(f.base, f.base+int64(len(raw)), out.Parts[:0])
	out.Last.Carriage |= c
	f.before, f.time, f.hasTime = Liar{out.Last.Frame, m.ContentLength}, out.Last.Time, out.Last.HasTime
	f.found, f.unsure, f.afterGap, f.skipped = true, false, false, 0
	f.sink.Framed(f.side, out)
}

// LengthDefects compares Content-Length with the body that was found on a stream
// (RFC 3261 20.14). Where the capture cut the message it need not be the sender's fault.
func (m *Message) LengthDefects() Defects {
	switch {
	case m.Defects.Any(DefectNotTerminated | DefectContentLengthInvalid):
		return 0
	case m.ContentLength < 0:
		return DefectContentLengthMissing
	case m.ContentLength > int64(m.Body.Len):
		return DefectContentLengthTooLong
	}
	return 0
}

// waiting says how many bytes the framer holds, and what it waits for.
func (f *framer) waiting() (held int, wait stream.Wait) {
	switch {
	case len(f.buf) == 0:
		return 0, stream.Nothing
	case f.phase == phaseOpen || f.phase == phaseBody && len(f.buf) >= f.head+f.claim:
		wait = stream.ForSilence
	default:
		wait = stream.ForRest
	}
	return cap(f.buf) + f.Held(), wait
}

// finish hands on what is held, because there is no more to wait for.
func (f *framer) finish(why stream.End) {
	f.lineWait.Stop()
	used := f.run(f.buf) // what waitForLine has put off
	for used < len(f.buf) {
		n := f.finishOne(f.buf[used:], why)
		f.base += int64(n)
		used += n
		f.lineWait.Stop()
		used += f.run(f.buf[used:])
		if why == stream.Silence {
			break
		}
	}
	f.tellRest(why)
	f.consume(used)
	f.Drop(f.base)
	f.unsure = f.unsure || why != stream.Silence
}

// gap tells the framer that bytes of the stream are missing from here on; why
// is stream.Missing or stream.Snaplen.
func (f *framer) gap(why stream.End) {
	f.finish(why)
	f.enter(phaseStart)
	f.unsure, f.afterGap, f.skipped = true, true, 0
}

// finishOne ends the message that b begins with and returns its length.
func (f *framer) finishOne(b []byte, why stream.End) (n int) {
	c := stream.Carriage(0)
	limit := f.Limits.MessageBytes
	if why != stream.Silence && why != stream.Over || f.phase != phaseBody && len(b) > limit {
		c = stream.Cut
	}
	switch f.phase {
	case phaseHeader:
		n = f.finishHeader(b[:min(len(b), limit)], why, c)
	case phaseBody:
		n = f.finishBody(b, why, c)
	case phaseOpen:
		n = min(len(b), limit)
		f.emit(trimKeepAlive(b, f.head, n), c)
	case phaseSearch:
		f.skip(len(b))
		return len(b)
	default:
		if len(b) == 0 || mayGrowToStatus(b) || mayGrowToRequest(b) {
			return f.skipBegun(b)
		}
		f.skip(len(b))
		return len(b)
	}
	f.enter(phaseStart)
	return n
}

// skipBegun skips what may be the beginning of a message.
func (f *framer) skipBegun(b []byte) int {
	before := f.skipped
	f.skip(len(b))
	f.begun += f.skipped - before
	return len(b)
}

// finishHeader hands on a header block without an empty line where its sender
// left it so, or the snapshot length cut it, so that no SIP packet is hidden. Where its
// rest is merely missing, what is there does not say enough.
func (f *framer) finishHeader(b []byte, why stream.End, c stream.Carriage) int {
	line, _ := stream.Line(b)
	missing := why == stream.Missing || why == stream.Capture
	if missing || headerFollows(b, len(line)) != stream.Yes {
		return f.skipBegun(b)
	}
	f.head = len(b)
	f.emit(b, c)
	return len(b)
}

// finishBody hands on a body whose end is not there or was held back. Behind a
// body that is too short for its Content-Length the next message may be waiting.
func (f *framer) finishBody(b []byte, why stream.End, c stream.Carriage) int {
	end := f.head + f.claim
	if len(b) >= end {
		f.emit(b[:end], 0)
		return end
	}
	if why != stream.Missing && why != stream.Snaplen {
		if pos, match := findStart(b, f.head, len(b)); match == stream.Yes {
			f.emit(b[:pos], 0)
			return pos
		}
	}
	f.emit(b, c)
	return len(b)
}

// tellRest tells of bytes behind the last message that no other will tell of. The
// beginning of a message that the capture or its sender cut is no such rest.
func (f *framer) tellRest(why stream.End) {
	if why != stream.Silence && f.skipped > f.begun && f.before.ContentLength >= 0 {
		f.sink.Left(f.side, f.skipped-f.begun, f.before, &stream.Mark{Frame: f.before.Frame, Time: f.time, HasTime: f.hasTime})
		f.skipped = f.begun
	}
	f.begun = 0
}
