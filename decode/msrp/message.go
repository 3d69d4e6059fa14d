package msrp

import (
	"bytes"
	"strconv"
	"strings"
)

// Unknown is a number that a Byte-Range does not say ("*").
const Unknown = -1

// Message is one MSRP request (one chunk of a message) or response.
type Message struct {
	Transaction string
	Method      string // of a request: SEND, REPORT, AUTH, NICKNAME, ...; "" for a response
	Status      int    // of a response, 0 for a request
	Reason      string // of a response

	ToPath, FromPath string // URIs, the next hop first
	MessageID        string
	Range            Range
	SuccessReport    string // yes, no, or "" where it is not said
	FailureReport    string // yes, no, partial, or ""
	ReportStatus     int    // of the Status header field of a REPORT
	ContentType      string
	HasBody          bool
	Body             []byte // valid as long as what it was parsed from
	Raw              []byte // all of it, with its end-line; valid as long as Body
	Flag             byte   // of the end-line: '$' the last chunk, '+' more follow, '#' aborted; 0 where the end is missing

	Defects []Defect
}

// Range is a Byte-Range: which octets, counted from 1, of how many.
type Range struct {
	First, Last, Total int64 // Last and Total may be Unknown
	Given              bool
}

// Defect is something wrong with a message, at an offset from its first byte.
type Defect struct {
	At   int
	What string
}

// Start reports whether b begins with the start line of an MSRP message, as far as
// it goes: "MSRP", a transaction id, and a method or a status code.
func Start(b []byte) bool {
	line, _, whole := bytes.Cut(b, []byte("\r\n"))
	if !whole {
		line = bytes.TrimSuffix(line, []byte("\r"))
	}
	if !bytes.HasPrefix(line, []byte("MSRP ")) {
		return !whole && len(line) < 5 && bytes.HasPrefix([]byte("MSRP "), line) && len(line) > 0
	}
	if len(line) > longestLine {
		return false
	}
	id, what, spaced := bytes.Cut(line[5:], []byte(" "))
	if !isToken(id) || len(id) > longestToken {
		return !whole && len(id) == 0
	}
	if !spaced {
		return !whole
	}
	what, _, _ = bytes.Cut(what, []byte(" "))
	return len(what) == 0 && !whole || isStatus(what) || isMethod(what) || !whole && isToken(what)
}

const (
	longestLine  = 512
	longestToken = 64 // RFC 4975 9: at most 32; some send more
)

func isStatus(b []byte) bool { return len(b) == 3 && isAll(b, isDigit) }
func isMethod(b []byte) bool { return len(b) > 0 && len(b) <= 32 && isAll(b, isUpper) }
func isToken(b []byte) bool  { return len(b) > 0 && isAll(b, isIdentifier) }

func isAll(b []byte, is func(byte) bool) bool {
	for _, c := range b {
		if !is(c) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// isIdentifier is ident-char of RFC 4975 9.
func isIdentifier(c byte) bool {
	return isDigit(c) || isUpper(c) || c >= 'a' && c <= 'z' || strings.IndexByte(".-+%=", c) >= 0
}

// parse reads a message that begins at raw, of which b is what stands before its
// end-line.
func parse(raw, b []byte, flag byte) Message {
	m := Message{Raw: raw, Flag: flag}
	all := len(b)
	line, rest := cutLine(b)
	m.start(string(line))
	for len(rest) > 0 {
		at := all - len(rest)
		line, rest = cutLine(rest)
		if len(line) == 0 {
			m.HasBody, m.Body = true, bytes.TrimSuffix(rest, []byte("\r\n"))
			break
		}
		m.field(string(line), at)
	}
	return m
}

func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\r\n"))
	return line, rest
}

func (m *Message) start(line string) {
	words := strings.SplitN(line, " ", 4)
	if len(words) < 3 {
		m.defect(0, "a start line that cannot be read")
		return
	}
	m.Transaction = words[1]
	if isStatus([]byte(words[2])) {
		m.Status, _ = strconv.Atoi(words[2])
		if len(words) > 3 {
			m.Reason = words[3]
		}
		return
	}
	m.Method = words[2]
}

func (m *Message) defect(at int, what string) {
	if len(m.Defects) < 16 {
		m.Defects = append(m.Defects, Defect{at, what})
	}
}

// field takes a header field. Names are compared without case.
func (m *Message) field(line string, at int) {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		m.defect(at, "a line that is no header field")
		return
	}
	value = strings.TrimSpace(value)
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "to-path":
		m.ToPath = value
	case "from-path":
		m.FromPath = value
	case "message-id":
		m.MessageID = value
	case "success-report":
		m.SuccessReport = strings.ToLower(value)
	case "failure-report":
		m.FailureReport = strings.ToLower(value)
	case "content-type":
		m.ContentType = value
	case "byte-range":
		if m.Range, ok = parseRange(value); !ok {
			m.defect(at, "a Byte-Range that cannot be read")
		}
	case "status":
		words := strings.Fields(value)
		if len(words) < 2 || !isStatus([]byte(words[1])) {
			m.defect(at, "a Status that cannot be read")
			return
		}
		m.ReportStatus, _ = strconv.Atoi(words[1])
	}
}

// parseRange reads "1-39/39", "1-*/*".
func parseRange(v string) (r Range, ok bool) {
	first, rest, ok1 := strings.Cut(v, "-")
	last, total, ok2 := strings.Cut(rest, "/")
	r.First, r.Given = number(first), true
	r.Last, r.Total = number(last), number(total)
	if !ok1 || !ok2 || r.First < 0 || !valid(last) || !valid(total) {
		return Range{}, false
	}
	return r, true
}

func valid(v string) bool { return strings.TrimSpace(v) == "*" || number(v) != Unknown }

// mostOctets is how long a message may be for its Byte-Range to be believed: so far,
// numbers are what they are in JSON too, and may be added.
const mostOctets = 1 << 53

// number reads a number of octets; what is none, or too large, is Unknown.
func number(v string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if err != nil || n < 0 || n > mostOctets {
		return Unknown
	}
	return n
}

// End is the last URI of a path: the other end of the session.
func End(path string) string {
	path = strings.TrimSpace(path)
	return path[strings.LastIndexByte(path, ' ')+1:]
}

// Hops is the number of URIs of a path.
func Hops(path string) int { return len(strings.Fields(path)) }
