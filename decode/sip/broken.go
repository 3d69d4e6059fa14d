package sip

import (
	"bytes"

	"simplecap/decode/stream"
)

// This file reads datagrams and streams that begin like SIP but for their first bytes or
// the end of their start line, so that none of them is invisible: DefectStartLine
// says what they are, and a receiver would hardly read them.

// maxJunk bounds the bytes before a start line that are passed over.
const maxJunk = 64

// byteOrderMark is that of UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// junkFirst reports whether c begins what may stand before a start line and must not.
func junkFirst(c byte) bool { return c == 0 || isBlank(c) || c == byteOrderMark[0] }

// cutJunk returns b without what may stand before a start line: line ends, which
// are allowed (RFC 3261 7.5), and NULs, blanks and a byte-order mark. It reports
// whether there was any that is not allowed.
func cutJunk(b []byte) (rest []byte, junk bool) {
	if len(b) > 0 && tokenChar[b[0]] {
		return b, false
	}
	rest = bytes.TrimLeft(b, "\r\n")
	if len(rest) == 0 || !junkFirst(rest[0]) {
		return rest, false
	}
	rest = bytes.TrimPrefix(rest, []byte(byteOrderMark))
	rest = bytes.TrimLeft(rest, "\x00 \t\r\n")
	return rest, len(b)-len(rest) <= maxJunk
}

// maxBreaks is how many lines a start line may be broken into.
const maxBreaks = 4

// brokenStart returns where a start line ends in b that line ends have broken
// into several lines, or 0 where b does not begin with one: "SIP/2.0" and behind
// it a line that begins with a status code, or a registered method and some lines
// on a line that ends with the version.
func brokenStart(b []byte) (end int) {
	b = b[:min(len(b), maxStartLine)]
	end = indexLineEnd(b)
	status := isVersion(trimBlanks(b[:end]))
	if !status && !opensRequest(b[:end]) {
		return 0
	}
	for range maxBreaks {
		begin := afterLineEnd(b, end)
		end = begin + indexLineEnd(b[begin:])
		switch {
		case end == len(b) || end == begin:
			return 0
		case status && prefixLen(trimBlanks(b[begin:end]), isDigit) == 3:
			return end
		case status:
			return 0
		}
		if _, major := cutVersion(b[:end]); major == '2' {
			return end
		}
	}
	return 0
}

// brokenMatch is brokenStart for a stream, where bytes may be still to come and text of
// other protocols begins with INFO or NOTIFY as well: a request has to name a SIP URI.
func brokenMatch(b []byte) stream.Match {
	line, ended := stream.Line(b)
	status := isVersion(trimBlanks(line))
	if !ended || !status && !opensRequest(line) {
		return stream.No
	}
	uri := trimBlanks(line[min(len(line), tokenLen(line)):])
	for lines := 1; ; lines++ {
		next, known := lineAfter(b, len(line))
		if !known || next == len(b) {
			return stream.Maybe
		}
		rest, ended := stream.Line(b[next:])
		if len(uri) == 0 {
			uri = trimBlanks(rest)
		}
		switch {
		case !status && len(uri) >= 5 && !mayBeSIPURI(uri), len(rest) == 0 && ended:
			return stream.No
		case !ended:
			return partialLine(b)
		case brokenStart(b) > 0 && mayBeSIPURI(uri) || status && brokenStart(b) > 0:
			return stream.Yes
		case status || lines == maxBreaks:
			return stream.No
		}
		line = b[:next+len(rest)]
	}
}

// mayBeSIPURI reports whether uri, perhaps in angle brackets and cut, has a scheme that
// MESSAGE goes to.
func mayBeSIPURI(uri []byte) bool {
	uri = bytes.TrimPrefix(uri, []byte("<"))
	for _, scheme := range [...]string{"sip:", "sips:", "tel:", "im:"} {
		if n := min(len(uri), len(scheme)); n > 0 && equalFold(uri[:n], scheme[:n]) {
			return true
		}
	}
	return false
}

// endsVersion is a quick look at a line: has it the version where one line has it, as
// cutVersion finds it?
func endsVersion(line []byte) bool {
	const version = "SIP/2.0"
	n := len(line) - len(version)
	return n > 1 && (string(line[n:]) == version && (isLWS(line[n-1]) || line[n-1] == '>') || string(line[:8]) == version+" ")
}

// opensRequest reports whether a line is a registered method and perhaps more,
// without the version that should end it.
func opensRequest(line []byte) bool {
	n := tokenLen(line)
	if n == 0 || n < len(line) && !isBlank(line[n]) || !knownMethod(line[:n]) {
		return false
	}
	_, major := cutVersion(line)
	return major == 0
}

// isVersion reports whether word is a SIP-Version and nothing else.
func isVersion(word []byte) bool {
	return len(word) >= len("SIP/2.0") && len(word) < 16 && equalFold(word[:6], "SIP/2.") && prefixLen(word[6:], isDigit) == len(word)-6
}

// afterLineEnd returns where the line begins behind the line end at end.
func afterLineEnd(b []byte, end int) int {
	for end < len(b) && b[end] == '\r' {
		end++
	}
	if end < len(b) && b[end] == '\n' {
		end++
	}
	return end
}

// BeginsLikeSIP reports whether a datagram that is no message begins as one would.
func BeginsLikeSIP(b []byte) bool {
	b, _ = cutJunk(b)
	line := b[:min(len(b), 512)]
	line = line[:indexLineEnd(line)]
	if len(line) >= 5 && equalFold(line[:4], "SIP/") && isDigit(line[4]) {
		return true
	}
	n := tokenLen(line)
	if n == 0 || n == len(line) || !isBlank(line[n]) {
		return false
	}
	_, major := cutVersion(line)
	return major != 0 || knownMethod(line[:n]) && hasSIPScheme(trimBlanks(line[n:]))
}

// hasSIPScheme reports whether uri, perhaps in angle brackets, is one of SIP.
func hasSIPScheme(uri []byte) bool {
	uri = bytes.TrimPrefix(uri, []byte("<"))
	return len(uri) > 5 && (equalFold(uri[:4], "sip:") || equalFold(uri[:5], "sips:"))
}
