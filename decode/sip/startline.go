package sip

import (
	"bytes"

	"simplecap/decode/stream"
)

// maxStartLine bounds a start line, in bytes.
const maxStartLine = stream.MaxLine

// maxMethod bounds a method token, in bytes.
const maxMethod = 1024

// tokenChar marks the characters of a token (RFC 3261 25.1).
var tokenChar = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	for _, c := range "-.!%*_+`'~" {
		t[c] = true
	}
	return t
}()

// First reports whether a SIP message may begin with c: a token character, or what
// stands before a start line though it should not. It is what most packets are
// dropped by.
func First(c byte) bool { return tokenChar[c] || c == '\r' || c == '\n' || junkFirst(c) }

// Begins reports whether b, where a message is expected on a stream, begins with a
// start line; unsure says that it may begin in the middle of one.
func Begins(b []byte, unsure bool) stream.Match { return startsHere(b, unsure) }

// StartsMessage reports whether b begins with a whole start line.
func StartsMessage(b []byte) bool { return matchStartLine(b) == stream.Yes }

// matchStartLine reports whether b begins with a Request-Line or Status-Line of
// SIP version 2.x (RFC 3261 7.1 and 7.2). It is tolerant of what the rule
// start-line reports: any case of "SIP", several spaces or tabs, <uri>, no URI,
// a status code that has not three digits, LF or CR alone.
func matchStartLine(b []byte) stream.Match {
	if len(b) == 0 {
		return stream.Maybe
	}
	if b[0]|0x20 == 's' {
		if m := matchStatusLine(b); m != stream.No {
			return m
		}
	}
	return matchRequestLine(b)
}

// matchStatusLine matches "SIP/2.x", blanks, digits, and then a blank or a line end.
func matchStatusLine(b []byte) stream.Match {
	const prefix = "SIP/2."
	i := min(len(b), len(prefix))
	if !equalFold(b[:i], prefix[:i]) {
		return stream.No
	}
	minor := prefixLen(b[i:], isDigit)
	blanks := prefixLen(b[i+minor:], isBlank)
	code := prefixLen(b[i+minor+blanks:], isDigit)
	i += minor + blanks + code
	if i < len(b) && (minor == 0 || blanks == 0 || code == 0 || !isLWS(b[i])) {
		return stream.No
	}
	if _, ended := stream.Line(b); !ended {
		return partialLine(b)
	}
	return stream.Yes
}

// prefixLen counts the bytes at the beginning of b that are of one class.
func prefixLen(b []byte, class func(byte) bool) int {
	for i, c := range b {
		if !class(c) {
			return i
		}
	}
	return len(b)
}

// matchRequestLine matches a token, a blank, and a line whose last word is "SIP/2.x".
func matchRequestLine(b []byte) stream.Match {
	n := 0
	for n < len(b) && n <= maxMethod && tokenChar[b[n]] {
		n++
	}
	switch {
	case n == 0 || n > maxMethod:
		return stream.No
	case n == len(b):
		return stream.Maybe
	case !isBlank(b[n]):
		return stream.No
	}
	line, ended := stream.Line(b)
	if !knownMethod(line[:n]) && lastControl(line) >= 0 {
		return stream.No // it is no text
	}
	if !ended {
		return partialLine(b)
	}
	if _, major := cutVersion(line[n:]); major != '2' {
		return stream.No
	}
	return stream.Yes
}

// cutVersion finds the SIP-Version that is the last word of a Request-Line: it
// returns where it begins in line and the digit before its dot; 0 where there
// is none.
func cutVersion(line []byte) (begin int, major byte) {
	end := len(line)
	if usual := end - len(" SIP/2.0"); usual >= 0 && string(line[usual:]) == " SIP/2.0" {
		return usual + 1, '2'
	}
	for end > 0 && isBlank(line[end-1]) {
		end--
	}
	begin = end
	for begin > 0 && !isLWS(line[begin-1]) && line[begin-1] != '>' {
		begin--
	}
	v := line[begin:end]
	if begin == 0 || len(v) < len("SIP/2.0") || !equalFold(v[:4], "SIP/") || !isDigit(v[4]) || v[5] != '.' {
		return begin, 0
	}
	for _, c := range v[6:] {
		if !isDigit(c) {
			return begin, 0
		}
	}
	return begin, v[4]
}

// partialLine is the answer for a start line that does not end in b.
func partialLine(b []byte) stream.Match {
	if len(b) >= maxStartLine {
		return stream.No
	}
	return stream.Maybe
}

// knownMethods are the methods of the IANA registry. They strengthen a guess;
// an unknown method is SIP as well.
var knownMethods = [...]string{"MESSAGE", "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "SUBSCRIBE",
	"NOTIFY", "PUBLISH", "INFO", "REFER", "UPDATE", "PRACK"}

// knownMethod reports whether the token is a registered method, in any case.
func knownMethod(token []byte) bool {
	for _, m := range knownMethods {
		if equalFold(token, m) {
			return true
		}
	}
	return false
}

// equalFold compares ASCII bytes without case and without allocating.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		c, d := b[i], s[i]
		if c == d {
			continue
		}
		if c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// isBlank reports whether c is a space or a tab.
func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// anyBlank reports whether b holds a space or a tab.
func anyBlank(b []byte) bool { return bytes.IndexByte(b, ' ') >= 0 || bytes.IndexByte(b, '\t') >= 0 }

// trimBlanks cuts spaces and tabs off both ends.
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// startLine reads a start line that matchStartLine has accepted; broken says that there
// are line ends in it.
func (s *scanner) startLine(line []byte, broken bool) {
	var exact bool
	if len(line) > 4 && equalFold(line[:4], "SIP/") { // no method has a slash
		exact = s.statusLine(line)
	} else {
		exact = s.requestLine(line)
	}
	version := s.m.Version.In(s.raw)
	switch {
	case len(version) == 0:
	case !exact, broken, !equalFold(version, "SIP/2.0"):
		s.m.Defects |= DefectStartLine
	case string(version) != "SIP/2.0":
		s.m.Defects |= DefectVersionCase
	}
}

// requestLine reads "Method SP Request-URI SP SIP-Version" and reports whether
// it is written exactly so (RFC 3261 7.1).
func (s *scanner) requestLine(line []byte) (exact bool) {
	n := tokenLen(line)
	method, rest := line[:n], line[n:]
	begin, major := cutVersion(rest)
	if major == 0 { // the capture cuts the line
		begin = len(rest)
	}
	version := trimBlanks(rest[begin:])
	uri := trimLWS(rest[:begin])
	exact = len(rest) == len(uri)+len(version)+2 && len(uri) > 0 && uri[0] != '<' && !anyBlank(uri) && rest[0] == ' ' && rest[begin-1] == ' '
	uri = bytes.TrimSuffix(bytes.TrimPrefix(uri, []byte("<")), []byte(">"))
	s.m.Kind = Request
	s.m.Method, s.m.URI, s.m.Version = s.span(method), s.span(uri), s.span(version)
	return exact
}

// statusLine reads "SIP-Version SP Status-Code SP Reason-Phrase" and reports
// whether it is written exactly so (RFC 3261 7.2). A code without three digits,
// or of a class that there is not, leaves m.Status 0.
func (s *scanner) statusLine(line []byte) (exact bool) {
	n := 0
	for n < len(line) && !isLWS(line[n]) {
		n++
	}
	version, rest := line[:n], trimBlanks(line[n:])
	if len(rest) > 0 && isLWS(rest[0]) { // broken in two: who reads lines finds no status
		s.m.Kind, s.m.Version, s.m.Reason = Response, s.span(version), s.span(trimLWS(rest))
		return false
	}
	digits := prefixLen(rest, isDigit)
	known := digits == 3 && rest[0] >= '1' && rest[0] <= '6' // there are six classes
	if known {
		s.m.Status = int(rest[0]-'0')*100 + int(rest[1]-'0')*10 + int(rest[2]-'0')
	}
	s.m.Kind = Response
	s.m.Version, s.m.Reason = s.span(version), s.span(trimBlanks(rest[digits:]))
	return known && len(line) >= n+5 && line[n] == ' ' && isDigit(line[n+1]) && line[n+4] == ' '
}
