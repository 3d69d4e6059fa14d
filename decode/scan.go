package decode

import (
	"bytes"
	"math"
	"unicode/utf8"
)

// scanHead reads the start line and the header fields of the message that raw
// begins with into m (which it resets) and returns the offset of the body. The
// caller has checked with matchStartLine that raw begins with a start line.
// Where the empty line is missing, DefectNotTerminated is set and the offset is len(raw).
// It does not touch m.Body: the caller knows where the message ends.
//
// It is one pass without allocation, except that m.Headers may grow, and takes
// time linear in the head, whatever is in it.
func scanHead(raw []byte, m *Message, limits *Limits) (body int) {
	*m = Message{Raw: raw, Headers: m.Headers[:0], ContentLength: -1}
	s := scanner{raw: raw, m: m, maxHeaders: limits.Headers, lf: -1}
	end, next := s.line(0)
	s.startLine(raw[:end])
	body = s.headers(next)
	s.mandatory()
	if !utf8.Valid(raw[:body]) {
		m.Defects |= DefectNotUTF8
	}
	return body
}

// scanner is the state of one scanHead.
type scanner struct {
	raw        []byte
	m          *Message
	maxHeaders int
	lf         int    // offset of the next LF, or len(raw); found once for all lines before it
	seen       uint64 // bit by HeaderID: the header field was there
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
	if s.lf < pos {
		s.lf = len(s.raw)
		if i := bytes.IndexByte(s.raw[pos:], '\n'); i >= 0 {
			s.lf = pos + i
		}
	}
	cr := pos + bytes.IndexByte(s.raw[pos:s.lf], '\r')
	if cr == s.lf-1 && cr >= pos && s.lf < len(s.raw) {
		return cr, s.lf + 1
	}
	return s.oddLine(pos, cr)
}

// oddLine is line for what does not end in CR LF; cr is before pos where the
// line has no CR.
func (s *scanner) oddLine(pos, cr int) (end, next int) {
	switch {
	case cr < pos && s.lf == len(s.raw):
		return s.lf, s.lf
	case cr < pos:
		s.m.Defects |= DefectLineEnds
		return s.lf, s.lf + 1
	}
	next = cr + 1
	for next < len(s.raw) && s.raw[next] == '\r' {
		next++
	}
	if next == s.lf && s.lf < len(s.raw) {
		s.m.Defects |= DefectLineEnds
		return cr, next + 1
	}
	if cr+1 < len(s.raw) { // else it may be a CR LF cut in two
		s.m.Defects |= DefectLineEnds
	}
	return cr, cr + 1
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
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		s.m.Defects |= DefectHeaderLine
		return
	}
	name := line[:colon]
	if isBlank(name[colon-1]) {
		name = trimBlanks(name)
	}
	id := headerID(name)
	if id == HeaderOther && !isToken(name) {
		s.m.Defects |= DefectHeaderLine
		return
	}
	value := trimLWS(line[colon+1:])
	if len(s.m.Headers) < s.maxHeaders {
		s.m.Headers = append(s.m.Headers, Header{ID: id, Name: s.span(name), Value: s.span(value)})
	} else {
		s.m.Defects |= DefectTooManyHeaders
	}
	s.field(id, value)
}

// field reads the header fields that Message has places for. The first of
// several counts, except for Content-Length, where they have to agree.
func (s *scanner) field(id HeaderID, value []byte) {
	bit := uint64(1) << id
	again := s.seen&bit != 0
	s.seen |= bit
	switch id {
	case HeaderVia:
		s.via(value, again)
		return
	case HeaderContentLength:
		s.contentLength(value, again)
	case HeaderFrom, HeaderTo, HeaderCallID, HeaderCSeq, HeaderContentType, HeaderMaxForwards:
	default:
		return
	}
	if again {
		s.m.Defects |= DefectRepeatedHeader
		return
	}
	switch id {
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
	}
}

// cseq reads "1 MESSAGE" (RFC 3261 20.16), with any white space between.
func (s *scanner) cseq(value []byte) {
	digits := 0
	for digits < len(value) && isDigit(value[digits]) {
		digits++
	}
	number, ok := parseDigits(value[:digits])
	method, rest := cutWord(trimLWS(value[digits:]))
	s.m.CSeq, s.m.CSeqNumber, s.m.CSeqMethod = s.span(value[:digits]), number, s.span(method)
	glued := digits < len(value) && !isLWS(value[digits])
	if !ok || number > math.MaxInt32 || glued || !isToken(method) || len(rest) > 0 {
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
}

// parseDigits reads a decimal number that is nothing but digits; 0 and false
// where it is something else or does not fit.
func parseDigits(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		d := uint64(c - '0')
		if d > 9 || n > (math.MaxUint64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, len(b) > 0
}

// isToken reports whether b is a token (RFC 3261 25.1).
func isToken(b []byte) bool {
	for _, c := range b {
		if !tokenChar[c] {
			return false
		}
	}
	return len(b) > 0
}
