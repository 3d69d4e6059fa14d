package stream

import "bytes"

// Match says whether the first bytes of a side are those of a protocol.
type Match uint8

// The answers of who looks at first bytes. Yes and No stay what they are when more
// bytes come.
const (
	No    Match = iota
	Maybe       // all bytes so far fit, and they do not decide
	Yes
)

// MaxLine is how long a line may be, in bytes, that what a stream carries is known by.
const MaxLine = 8 << 10

// Line returns b up to its first CR or LF, and whether there is one within
// MaxLine bytes.
func Line(b []byte) (line []byte, ended bool) {
	if len(b) > MaxLine {
		b = b[:MaxLine]
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
