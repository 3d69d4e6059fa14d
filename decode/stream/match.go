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

// LineWait puts off a look at bytes that decide nothing before a line in them ends. Without
// it, one byte a segment would cost a look at the whole line each. The zero value waits for
// nothing.
type LineWait struct {
	looked int // bytes that were not enough
	wake   int // bytes that are
}

// For begins to wait for more than b: the end of a line, or so many bytes in all.
func (w *LineWait) For(b []byte, most int) { w.looked, w.wake = len(b), most }

// Stop waits for nothing any more.
func (w *LineWait) Stop() { w.looked = 0 }

// Still reports whether b, to which bytes have come, decides nothing yet.
func (w *LineWait) Still(b []byte) bool {
	if w.looked > 0 && len(b) < w.wake && !bytes.ContainsAny(b[w.looked:], "\r\n") {
		w.looked = len(b)
		return true
	}
	w.looked = 0
	return false
}
