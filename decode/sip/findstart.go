package sip

import (
	"bytes"

	"simplecap/decode/stream"
)

// This file finds start lines where framing has lost its place, or may have:
// behind a hole, and inside a body whose Content-Length may lie. There a match
// must be certain, so only registered methods in their exact spelling and
// status lines count, and the line after them has to look like a header field.
//
// A body need not end in a line end, so a start line may begin in the middle of
// a line: "Hello world.MESSAGE sip:bob@example.com SIP/2.0".
//
// Everything here answers stream.Maybe where the bytes at hand do not decide,
// and never changes its mind when more bytes come. That is what makes framing
// independent of how a stream was cut into segments.

// maxHeaderName bounds a header field's name, in bytes, where a line must look like one.
const maxHeaderName = 128

// maxCRs bounds the CRs that are taken for one line end together with an LF.
const maxCRs = 64

// startAt reports whether a start line begins at b[0], where one is expected.
// Any method will do. Unlike matchStartLine it does not judge an unfinished
// request line by its control characters, because a finished one is not either.
func startAt(b []byte) stream.Match {
	m := matchStartLine(b)
	if m != stream.No || len(b) >= maxStartLine {
		return m
	}
	if _, ended := stream.Line(b); ended {
		return stream.No
	}
	n := tokenLen(b)
	if n > 0 && n <= maxMethod && n < len(b) && isBlank(b[n]) {
		return stream.Maybe
	}
	return stream.No
}

// findStart returns the first offset in b[from:to] at which a start line begins
// (stream.Yes) or may begin once more bytes are known (stream.Maybe). The line
// itself may end beyond to.
func findStart(b []byte, from, to int) (int, stream.Match) {
	if from >= to {
		return to, stream.No
	}
	window := b[:min(len(b), to+2*maxStartLine)]
	lf, cr := from, from
	for i := from; i < to; {
		q := bytes.Index(window[i:], []byte("SIP/2."))
		if q < 0 {
			break
		}
		q += i
		lf, cr = seek(window, q, lf, '\n'), seek(window, q, cr, '\r')
		begin, end := lineBegin(window, i, q), min(lf, cr)
		if begin >= to || end == len(window) {
			i = begin
			break
		}
		if p := startInLine(window, begin, end); p >= 0 && p < to {
			if m := headerFollows(b, end); m != stream.No {
				return p, m
			}
		}
		i = end
	}
	if len(window) < len(b) {
		return to, stream.No
	}
	return startInTail(b, from, to)
}

// seek returns the offset of the first c in b at or after pos, or len(b). It
// continues from memo, an earlier answer, so that looking for c costs each byte
// once.
func seek(b []byte, pos, memo int, c byte) int {
	memo = max(pos, memo)
	if memo >= len(b) || b[memo] == c {
		return memo
	}
	if i := bytes.IndexByte(b[memo:], c); i >= 0 {
		return memo + i
	}
	return len(b)
}

// lineBegin returns where the line that contains offset q begins, at or after from.
func lineBegin(b []byte, from, q int) int {
	from = max(from, q-maxStartLine)
	line := b[from:q]
	return from + max(bytes.LastIndexByte(line, '\n'), bytes.LastIndexByte(line, '\r')) + 1
}

// startInLine returns where in the line b[begin:end] a start line begins, or -1.
func startInLine(b []byte, begin, end int) int {
	request := requestInLine(b, begin, end)
	begin = max(begin, end-maxStartLine+1)
	begin += lastControl(b[begin:end]) + 1
	for {
		next := bytes.Index(b[begin:end], []byte("SIP/2."))
		if next < 0 || request >= 0 && begin+next > request {
			return request
		}
		begin += next
		if matchStatusLine(b[begin:end+1]) == stream.Yes {
			return begin
		}
		begin++
	}
}

// lastControl returns the offset of the last control character other than a
// tab, or -1. No status line begins before it.
func lastControl(line []byte) int {
	for i := len(line) - 1; i >= 0; i-- {
		if c := line[i]; c < ' ' && c != '\t' || c == 0x7f {
			return i
		}
	}
	return -1
}

// requestInLine returns where a request line begins that ends the line
// b[begin:end], or -1: the version, one word before it, and a registered
// method at the end of the word before that.
func requestInLine(b []byte, begin, end int) int {
	begin = max(begin, end-maxStartLine+1)
	line := trimBlankRight(b[begin:end])
	before := beforeVersion(line)
	uri := trimBlankRight(before)
	blank := bytes.LastIndexAny(uri, " \t")
	if len(uri) == len(before) || blank < 0 {
		return -1
	}
	word := trimBlankRight(uri[:blank])
	n := methodSuffix(word)
	if n == 0 || matchStartLine(b[begin+len(word)-n:end+1]) != stream.Yes {
		return -1
	}
	return begin + len(word) - n
}

// beforeVersion returns what is before the "SIP/2.x" that ends the line, nil where none does.
func beforeVersion(line []byte) []byte {
	n := len(line) - len("SIP/2.0")
	if n < 0 || string(line[n:n+6]) != "SIP/2." || line[n+6] < '0' || line[n+6] > '9' {
		return nil
	}
	return line[:n]
}

// methodSuffix returns the length of the longest registered method that word ends with, 0 if none.
func methodSuffix(word []byte) int {
	longest := 0
	for _, m := range knownMethods {
		if len(m) > longest && len(m) <= len(word) && string(word[len(word)-len(m):]) == m {
			longest = len(m)
		}
	}
	return longest
}

// headerFollows reports whether the line after the one that ends at b[end]
// looks like a header field: a name and a colon.
func headerFollows(b []byte, end int) stream.Match {
	next, ok := lineAfter(b, end)
	if !ok {
		return stream.Maybe
	}
	line := b[next:min(len(b), next+maxHeaderName)]
	n := tokenLen(line)
	blanks := n
	for blanks < len(line) && isBlank(line[blanks]) {
		blanks++
	}
	switch {
	case blanks < len(line) && n > 0 && line[blanks] == ':':
		return stream.Yes
	case blanks < len(line) || len(line) == maxHeaderName:
		return stream.No
	}
	return stream.Maybe
}

// lineAfter returns where the line begins after the one that ends at b[end], a
// CR or LF. It is not known yet where b ends in a CR, which an LF may follow.
func lineAfter(b []byte, end int) (next int, known bool) {
	if b[end] == '\n' {
		return end + 1, true
	}
	next = end + 1
	for next < len(b) && b[next] == '\r' && next-end < maxCRs {
		next++
	}
	switch {
	case next == len(b):
		return next, false
	case b[next] == '\n':
		return next + 1, true
	}
	return end + 1, true
}

// startInTail returns the first offset in b[from:to] at which the unfinished
// last line of b may turn out to hold a start line.
func startInTail(b []byte, from, to int) (int, stream.Match) {
	from = lineBegin(b, max(from, len(b)-maxStartLine), len(b))
	if from >= to {
		return to, stream.No
	}
	clean := -1 // where the control characters end, once it is asked for
	for p := from; p < min(to, len(b)); p++ {
		if !startInitial[b[p]] {
			continue
		}
		if clean < 0 {
			clean = from + lastControl(b[from:]) + 1
		}
		if p >= clean && mayGrowToStatus(b[p:]) || mayGrowToRequest(b[p:]) {
			return p, stream.Maybe
		}
	}
	return to, stream.No
}

// startInitial marks the letters that registered methods and "SIP/2.0" begin with.
var startInitial = func() (t [256]bool) {
	t['S'] = true
	for _, m := range knownMethods {
		t[m[0]] = true
	}
	return t
}()

// mayGrowToStatus reports whether b, without a line end, may become a status line.
func mayGrowToStatus(b []byte) bool {
	const version = "SIP/2."
	n := min(len(b), len(version))
	return string(b[:n]) == version[:n] && matchStatusLine(b) != stream.No
}

// mayGrowToRequest reports whether b, without a line end, may become a request line.
func mayGrowToRequest(b []byte) bool {
	for _, m := range knownMethods {
		if b[0] != m[0] {
			continue
		}
		n := min(len(b), len(m))
		if string(b[:n]) == m[:n] && (n == len(b) || isBlank(b[n]) && mayGrowToURI(b[n:])) {
			return true
		}
	}
	return false
}

// mayGrowToURI reports whether b may become blanks, one word, blanks and the version.
func mayGrowToURI(b []byte) bool {
	b = bytes.TrimLeft(b, " \t")
	blank := bytes.IndexAny(b, " \t")
	if blank < 0 {
		return true
	}
	b = bytes.TrimLeft(b[blank:], " \t")
	const version = "SIP/2."
	n := min(len(b), len(version))
	if string(b[:n]) != version[:n] {
		return false
	}
	switch {
	case len(b) <= n:
		return true
	case b[n] < '0' || b[n] > '9':
		return false
	}
	return len(trimBlankRight(b[n+1:])) == 0
}

// tailOfMethod reports whether the token that b begins with is the end of a
// registered method. Where a stream is entered in the middle, "E sip:bob@b
// SIP/2.0" is what is left of a MESSAGE rather than a request of method E.
func tailOfMethod(b []byte) bool {
	token := string(b[:tokenLen(b)])
	for _, m := range knownMethods {
		if n := len(m) - len(token); n > 0 && m[n:] == token {
			return true
		}
	}
	return false
}

// behindText reports whether the token that b begins with ends with a registered method.
// Where a stream is entered in the middle, "yesMESSAGE sip:bob@b SIP/2.0" is the end of a
// body and a MESSAGE rather than a request of a method of its own.
func behindText(b []byte) bool { return methodSuffix(b[:tokenLen(b)]) > 0 }

// isStrongStart reports whether the start line at b[0] is a status line or has a registered method.
func isStrongStart(b []byte) bool {
	return matchStatusLine(b) == stream.Yes || knownMethod(b[:tokenLen(b)])
}

// tokenLen returns how many token characters b begins with.
func tokenLen(b []byte) int {
	n := 0
	for n < len(b) && tokenChar[b[n]] {
		n++
	}
	return n
}

func trimBlankRight(b []byte) []byte {
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// KeepAlive returns how many bytes of CR, LF and NUL b begins with. They keep
// a connection open (RFC 5626 3.5.1) or are left over from a body.
func KeepAlive(b []byte) int {
	n := 0
	for n < len(b) && isKeepAliveByte(b[n]) {
		n++
	}
	return n
}

func isKeepAliveByte(c byte) bool { return c == '\r' || c == '\n' || c == 0 }
