package decode

import "bytes"

// startMatch says whether bytes begin with a SIP start line.
type startMatch uint8

const (
	startNo      startMatch = iota
	startPartial            // all bytes so far fit, the line is not complete
	startYes
)

// maxStartLine bounds a start line, in bytes.
const maxStartLine = 8 << 10

// maxMethod bounds a method token, in bytes.
const maxMethod = 64

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

// maybeSIP is the first look at a payload: could it begin a SIP message? It is
// what most packets are dropped by, so it only looks at the first byte: a token
// character, or a line end before the start line.
func maybeSIP(b []byte) bool {
	return len(b) > 0 && (tokenChar[b[0]] || b[0] == '\r' || b[0] == '\n')
}

// matchStartLine reports whether b begins with a Request-Line or Status-Line of
// SIP version 2.x (RFC 3261 7.1 and 7.2). It is tolerant of what the rule
// start-line reports: any case of "SIP", several spaces or tabs, LF or CR alone.
func matchStartLine(b []byte) startMatch {
	if len(b) == 0 {
		return startPartial
	}
	if b[0]|0x20 == 's' {
		if m := matchStatusLine(b); m != startNo {
			return m
		}
	}
	return matchRequestLine(b)
}

// matchStatusLine matches "SIP/2.x SP 3DIGIT" and then a space or a line end.
func matchStatusLine(b []byte) startMatch {
	const pattern = "sip/2.9 999"
	for i := 0; i < len(pattern); i++ {
		if i == len(b) {
			return startPartial
		}
		c, want := b[i], pattern[i]
		if want == '9' && (c < '0' || c > '9') || want != '9' && c|0x20 != want|0x20 && c != want {
			return startNo
		}
	}
	rest := b[len(pattern):]
	if len(rest) == 0 {
		return startPartial
	}
	if c := rest[0]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
		return startNo
	}
	return lineEndWithin(rest)
}

// matchRequestLine matches a token, white space, and a line whose last word is "SIP/2.x".
func matchRequestLine(b []byte) startMatch {
	n := 0
	for n < len(b) && tokenChar[b[n]] {
		n++
	}
	if n == 0 || n > maxMethod {
		return startNo
	}
	if n == len(b) {
		return startPartial
	}
	if b[n] != ' ' && b[n] != '\t' {
		return startNo
	}
	line, ended := cutLine(b)
	if !ended {
		return lineEndWithin(b[n:])
	}
	if !hasVersion(line[n:]) {
		return startNo
	}
	return startYes
}

// hasVersion reports whether the line's last word is "SIP/2.x", in any case.
func hasVersion(line []byte) bool {
	line = bytes.TrimRight(line, " \t")
	const size = len("SIP/2.0")
	if len(line) <= size {
		return false
	}
	v, before := line[len(line)-size:], line[len(line)-size-1]
	return (before == ' ' || before == '\t' || before == '>') &&
		v[0]|0x20 == 's' && v[1]|0x20 == 'i' && v[2]|0x20 == 'p' && string(v[3:6]) == "/2." && v[6] >= '0' && v[6] <= '9'
}

// cutLine returns b up to its first CR or LF, and whether there is one within
// maxStartLine bytes.
func cutLine(b []byte) (line []byte, ended bool) {
	if len(b) > maxStartLine {
		b = b[:maxStartLine]
	}
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		end = len(b)
	} else {
		ended = true
	}
	if cr := bytes.IndexByte(b[:end], '\r'); cr >= 0 {
		return b[:cr], true
	}
	return b[:end], ended
}

// lineEndWithin reports whether the start line ends in b; control characters
// before the line end rule it out.
func lineEndWithin(b []byte) startMatch {
	line, ended := cutLine(b)
	for _, c := range line {
		if c < ' ' && c != '\t' || c == 0x7f {
			return startNo
		}
	}
	switch {
	case ended:
		return startYes
	case len(b) >= maxStartLine:
		return startNo
	}
	return startPartial
}

// knownMethods are the methods of the IANA registry. They strengthen a guess;
// an unknown method is SIP as well.
var knownMethods = [...]string{"MESSAGE", "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "SUBSCRIBE",
	"NOTIFY", "PUBLISH", "INFO", "REFER", "UPDATE", "PRACK"}

// knownMethod reports whether the token is a registered method, in any case.
func knownMethod(token []byte) bool {
	for _, m := range knownMethods {
		if len(m) == len(token) && equalFold(token, m) {
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
