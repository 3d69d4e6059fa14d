package sip

import (
	"bytes"

	"simplecap/decode/stream"
)

// This file finds the end of a header block on a stream.

// header reads the header block up to the empty line.
func (f *framer) header(b []byte) (int, bool) {
	if f.lf == 0 && f.usualHeader(b) { // once: this looks at all of b
		return f.unglue(), true
	}
	limit := f.Limits.MessageBytes
	for {
		end, next, ok := f.nextLine(b)
		switch {
		case ok && next > limit || !ok && len(b) > limit+maxCRs:
			return f.tooLarge(b)
		case !ok:
			return 0, false
		case f.line > 0 && end == f.line:
			f.headerEnd(b[:next])
			return f.unglue(), true
		case f.line > 0:
			switch f.startInHeader(b[f.line:], end-f.line) {
			case stream.Maybe:
				return 0, false
			case stream.Yes:
				return f.cutHeader(b)
			}
		}
		f.line = next
	}
}

// cutHeader ends a header block that has no empty line before the next start line.
func (f *framer) cutHeader(b []byte) (int, bool) {
	n := f.line
	f.head = n
	f.emit(b[:n], 0)
	f.enter(phaseHeader)
	return n, true
}

// nextLine returns where the line at f.line ends and the next one begins, or
// false where that is not known yet. It looks at each byte once.
func (f *framer) nextLine(b []byte) (end, next int, ok bool) {
	f.lf, f.cr = seek(b, f.line, f.lf, '\n'), seek(b, f.line, f.cr, '\r')
	end = min(f.lf, f.cr)
	if end == len(b) {
		return 0, 0, false
	}
	next, ok = lineAfter(b, end)
	return end, next, ok
}

// startInHeader reports whether a line of the header block, which ends at
// b[end], is the start line of the next message.
func (f *framer) startInHeader(b []byte, end int) stream.Match {
	if matchStartLine(b) != stream.Yes || !isStrongStart(b) {
		return stream.No
	}
	return headerFollows(b, end)
}

// usualHeader reads the header block that b begins with, if all of it is at hand and written
// as usual. No line of it is a start line then: behind the first word of each is a colon.
func (f *framer) usualHeader(b []byte) bool {
	m := f.Framing.Message
	head, ok := scanUsual(b[:min(len(b), f.Limits.MessageBytes)], m, &f.Limits)
	if ok {
		m.Raw, f.head = b[:head:head], head
		f.bodyBegins(m)
	}
	return ok
}

// headerEnd reads the complete header block b and decides how the body ends.
func (f *framer) headerEnd(b []byte) {
	m := f.Framing.Message
	f.head = len(b)
	if body := scanHead(b[:len(b):len(b)], m, &f.Limits); !m.Defects.Any(DefectNotTerminated) {
		f.head = body
	}
	f.bodyBegins(m)
}

// bodyBegins goes on behind the header block, which m has been read from.
func (f *framer) bodyBegins(m *Message) {
	f.suspect, f.scanned = f.head, true
	valid := m.ContentLength >= 0 && !m.Defects.Any(DefectContentLengthInvalid)
	if valid && m.ContentLength <= int64(f.Limits.MessageBytes-f.head) {
		f.claim, f.phase = int(m.ContentLength), phaseBody
		return
	}
	f.phase = phaseOpen
}

// unglue returns how many bytes of what was read as a method are the rest of the message
// before it, whose Content-Length is too small: "lloMESSAGE", in a request that says
// itself that it is a MESSAGE (CSeq, RFC 3261 8.1.1.5). The header block begins behind them.
func (f *framer) unglue() (n int) {
	m := f.Framing.Message
	method, own := m.Method.In(m.Raw), m.CSeqMethod.In(m.Raw)
	if m.Kind != Request || !f.found || f.unsure || f.before.ContentLength < 0 ||
		len(own) == 0 || len(method) <= len(own) || knownMethod(method) || !knownMethod(own) || !bytes.HasSuffix(method, own) {
		return 0
	}
	n = len(method) - len(own)
	f.skip(n)
	f.enter(phaseHeader)
	return n
}
