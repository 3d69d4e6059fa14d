package sip

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"unicode/utf8"
)

// scanHead reads the start line and the header fields of the message that raw
// begins with into m (which it resets) and returns the offset of the body. The
// caller has checked with matchStartLine that raw begins with a start line.
// Where the empty line is missing, DefectNotTerminated is set and the offset is len(raw).
// It does not touch m.Body: the caller knows where the message ends.
//
// It takes no allocation, except that m.Headers may grow, and time linear in the
// head, whatever is in it.
func scanHead(raw []byte, m *Message, limits *Limits) (body int) {
	if body, ok := scanUsual(raw, m, limits); ok {
		return body
	}
	return scanCareful(raw, m, limits)
}

// scanCareful is scanHead for a head that is written in any way.
func scanCareful(raw []byte, m *Message, limits *Limits) (body int) {
	s := newScanner(raw, m, limits)
	end, next := s.line(0)
	if !endsVersion(raw[:end]) {
		if broken := brokenStart(raw); broken > 0 {
			end, next = s.line(broken)
		}
	}
	s.startLine(raw[:end], bytes.ContainsAny(raw[:end], "\r\n"))
	body = s.headers(next)
	s.finish(body)
	return body
}

// scanner is the state of one scanHead.
type scanner struct {
	raw        []byte
	m          *Message
	maxHeaders int
	seen       uint64 // bit by HeaderID: the header field was there
}

// newScanner resets m for what will be read of raw.
func newScanner(raw []byte, m *Message, limits *Limits) scanner {
	headers := m.Headers[:0]
	*m = Message{}
	m.Raw, m.Headers, m.ContentLength = raw, headers, -1
	return scanner{raw: raw, m: m, maxHeaders: limits.Headers}
}

// finish looks at the whole head, which ends at offset body.
func (s *scanner) finish(body int) {
	s.mandatory()
	if !utf8.Valid(s.raw[:body]) {
		s.m.Defects |= DefectNotUTF8
	}
}

// span locates part, a sub-slice of raw. The distance to the end of raw's
// capacity gives its offset, so that the code that takes a value apart can work
// on plain slices.
func (s *scanner) span(part []byte) Span {
	if len(part) == 0 {
		return Span{}
	}
	return Span{Off: uint32(cap(s.raw) - cap(part)), Len: uint32(len(part))}
}

// line returns the end of the line that begins at pos, and where the next one
// begins: after CR LF, or after what is used in its place (an LF, a CR, several
// CRs and an LF). Without any of them both are len(raw).
func (s *scanner) line(pos int) (end, next int) {
	end = pos + indexLineEnd(s.raw[pos:])
	if end+1 < len(s.raw) && s.raw[end] == '\r' && s.raw[end+1] == '\n' {
		return end, end + 2
	}
	return end, s.afterOddLine(end)
}

// afterOddLine returns where the line after a line end at end begins that is not CR LF.
func (s *scanner) afterOddLine(end int) int {
	if end >= len(s.raw)-1 { // no line end at all, or perhaps a CR LF cut in two
		if end < len(s.raw) && s.raw[end] == '\n' {
			s.m.Defects |= DefectLineEnds
		}
		return len(s.raw)
	}
	s.m.Defects |= DefectLineEnds
	next := end
	for next < len(s.raw) && s.raw[next] == '\r' {
		next++
	}
	if next < len(s.raw) && s.raw[next] == '\n' {
		return next + 1
	}
	return end + 1
}

// indexLineEnd returns the offset of the first CR or LF, or len(b). It looks at
// eight bytes at once: lines are short, so that this costs less than two calls
// of bytes.IndexByte.
func indexLineEnd(b []byte) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		control := (w - ' '*low) &^ w & high // its lowest bit marks the first byte below a space
		for ; control != 0; control &= control - 1 {
			if c := b[i+bits.TrailingZeros64(control)/8]; c == '\r' || c == '\n' {
				return i + bits.TrailingZeros64(control)/8
			}
		}
	}
	for ; i < len(b); i++ {
		if b[i] == '\r' || b[i] == '\n' {
			return i
		}
	}
	return len(b)
}

// headers reads the header fields from pos on and returns the offset of the body.
func (s *scanner) headers(pos int) int {
	for pos < len(s.raw) {
		end, next := s.line(pos)
		if end == pos {
			return next
		}
		for next < len(s.raw) && isBlank(s.raw[next]) {
			end, next = s.line(next)
		}
		s.header(s.raw[pos:end])
		pos = next
	}
	s.m.Defects |= DefectNotTerminated
	return len(s.raw)
}

// header takes one header field with its folded lines.
func (s *scanner) header(line []byte) {
	if isBlank(line[0]) { // a folded start line; what follows may still be a header field
		s.m.Defects |= DefectHeaderLine
		line = trimLWS(line)
	}
	n := tokenLen(line)
	colon := n
	for colon < len(line) && isLWS(line[colon]) { // RFC 2543 allowed a fold here
		colon++
	}
	if n == 0 || colon == len(line) || line[colon] != ':' {
		s.m.Defects |= DefectHeaderLine
		return
	}
	s.add(headerID(line[:n]), line[:n], trimLWS(line[colon+1:]))
}

// add takes a header field.
func (s *scanner) add(id HeaderID, name, value []byte) {
	if len(s.m.Headers) < s.maxHeaders {
		s.m.Headers = append(s.m.Headers, Header{ID: id, Name: s.span(name), Value: s.span(value)})
		s.m.Present |= 1 << id
	} else {
		s.m.Defects |= DefectTooManyHeaders
	}
	s.field(id, value)
}

// onceOnly are the header fields that may not be repeated and that pairing,
// framing or a rule relies on; a bit for each HeaderID.
const onceOnly = 1<<HeaderFrom | 1<<HeaderTo | 1<<HeaderCallID | 1<<HeaderCSeq |
	1<<HeaderContentLength | 1<<HeaderContentType | 1<<HeaderMaxForwards

// field reads the header fields that Message has places for. The first of
// several counts, except for Content-Length, where they have to agree.
func (s *scanner) field(id HeaderID, value []byte) {
	bit := uint64(1) << id
	again := s.seen&bit != 0
	s.seen |= bit
	if again && onceOnly&bit != 0 {
		s.m.Defects |= DefectRepeatedHeader
		if id != HeaderContentLength {
			return
		}
	}
	switch id {
	case HeaderVia:
		s.via(value)
	case HeaderFrom:
		s.m.FromURI, s.m.FromTag = s.address(value)
	case HeaderTo:
		s.m.ToURI, s.m.ToTag = s.address(value)
	case HeaderCallID:
		s.m.CallID = s.span(value)
	case HeaderCSeq:
		s.cseq(value)
	case HeaderContentType:
		s.m.ContentType = s.span(value)
	case HeaderContentLength:
		s.contentLength(value, again)
	}
}

// cseq reads "1 MESSAGE" (RFC 3261 20.16), with any white space between.
func (s *scanner) cseq(value []byte) {
	digits := prefixLen(value, isDigit)
	number, ok := parseDigits(value[:digits])
	method, rest := cutWord(trimLWS(value[digits:]))
	s.m.CSeq, s.m.CSeqNumber, s.m.CSeqMethod = s.span(value[:digits]), number, s.span(method)
	glued := digits < len(value) && !isLWS(value[digits])
	if !ok || number > math.MaxInt32 || glued || !IsToken(method) || len(rest) > 0 {
		s.m.Defects |= DefectBadCSeq
	}
}

// contentLength reads a Content-Length (RFC 3261 20.14). Two that differ say
// nothing; a bad one is not made good by another.
func (s *scanner) contentLength(value []byte, again bool) {
	number, ok := parseDigits(value)
	if !ok || number > math.MaxInt64 || again && int64(number) != s.m.ContentLength {
		s.m.Defects |= DefectContentLengthInvalid
		s.m.ContentLength = -1
		return
	}
	s.m.ContentLength = int64(number)
}

// mandatoryHeaders are the header fields that RFC 3261 8.1.1 demands.
var mandatoryHeaders = [...]struct {
	id     HeaderID
	defect Defects
}{
	{HeaderVia, DefectNoVia}, {HeaderFrom, DefectNoFrom}, {HeaderTo, DefectNoTo},
	{HeaderCallID, DefectNoCallID}, {HeaderCSeq, DefectNoCSeq}, {HeaderMaxForwards, DefectNoMaxForwards},
}

// mandatory notes which header fields are missing.
func (s *scanner) mandatory() {
	for _, h := range mandatoryHeaders {
		if s.seen&(1<<h.id) == 0 {
			s.m.Defects |= h.defect
		}
	}
	if s.m.Kind == Response { // RFC 3261 8.2.6.2
		s.m.Defects &^= DefectNoMaxForwards
	}
	if s.seen&(1<<HeaderVia) != 0 && s.m.ViaCount == 0 {
		s.m.Defects |= DefectBadVia
	}
}

// parseDigits reads a decimal number that is nothing but digits; 0 and false
// where it is something else or has more than 19 digits after leading zeros.
func parseDigits(b []byte) (n uint64, ok bool) {
	zeros := 0
	for zeros < len(b) && b[zeros] == '0' {
		zeros++
	}
	if len(b) == 0 || len(b)-zeros > 19 {
		return 0, false
	}
	for _, c := range b[zeros:] {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// IsToken reports whether b is a token (RFC 3261 25.1).
func IsToken(b []byte) bool {
	for _, c := range b {
		if !tokenChar[c] {
			return false
		}
	}
	return len(b) > 0
}
