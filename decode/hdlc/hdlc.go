// Package hdlc reads and writes the octet-stuffed framing of PPP on asynchronous lines
// (RFC 1662): flags between frames, an escape before every octet that must not stand on
// the line, and a frame check sequence at the end.
//
// It does not know which control characters a line does without (the ACCM of RFC 1662
// 7.1), and so takes none of them away.
package hdlc

import "bytes"

const (
	flag   = 0x7e // begins and ends a frame
	escape = 0x7d // the next octet is what it is but for its sixth bit
	bit    = 0x20
)

// Stuffed reports whether b, what was captured of a line, is octet-stuffed: it begins with
// a flag, or with an address and an escaped control field. No frame whose escapes have been
// taken away begins with either, unless its address and protocol fields were cut short:
// no PPP protocol has a number of 0x7e00 or above 0xff00.
func Stuffed(b []byte) bool {
	return len(b) > 0 && b[0] == flag || len(b) > 2 && b[0] == 0xff && b[1] == escape && b[2] == 0x03^bit
}

// Next cuts the first frame out of b: what stands between flags, with its escapes and
// its frame check sequence. It is empty where there is no more.
func Next(b []byte) (frame, rest []byte) {
	from, to := next(b)
	return b[from:to], b[min(to+1, len(b)):]
}

// next says where the first frame stands in b.
func next(b []byte) (from, to int) {
	for from < len(b) && b[from] == flag {
		from++
	}
	if n := bytes.IndexByte(b[from:], flag); n >= 0 {
		return from, from + n
	}
	return from, len(b)
}

// Open appends the octets of a frame that Next returned to dst. ok is false where the
// sender has given the frame up (RFC 1662 4.3): it ends with an escape. They are never
// more than those of the frame.
func Open(dst, frame []byte) (octets []byte, ok bool) {
	for {
		at := bytes.IndexByte(frame, escape)
		if at < 0 {
			return append(dst, frame...), true
		}
		dst = append(dst, frame[:at]...)
		if at+1 == len(frame) {
			return dst, false
		}
		dst = append(dst, frame[at+1]^bit)
		frame = frame[at+2:]
	}
}

// Rewrite returns a copy of b, which holds one frame, with other octets in it, as many as
// it had, and with a frame check sequence that is right where it was right. It is as long
// as b: where an octet was escaped the new one is, too, as any octet may be, unless another
// needs the escape more. ok is false where the new octets do not come to that length.
func Rewrite(b, octets []byte) (stuffed []byte, ok bool) {
	from, to := next(b)
	old, whole := Open(nil, b[from:to])
	if !whole || len(old) != len(octets) {
		return nil, false
	}
	octets = bytes.Clone(octets)
	mendCheck(old, octets)
	w := writer{out: append(make([]byte, 0, len(b)), b[:from]...), spare: to - from - len(old)}
	for _, c := range octets {
		if mustEscape(c) {
			w.spare--
		}
	}
	if w.spare < 0 {
		return nil, false
	}
	w.frame(b[from:to], octets)
	return append(w.out, b[to:]...), w.spare == 0
}

// writer writes a frame.
type writer struct {
	out   []byte
	spare int // escapes that no octet needs
}

// frame writes octets in the place of a frame with as many.
func (w *writer) frame(frame, octets []byte) {
	for _, c := range octets {
		escaped := frame[0] == escape
		if escaped {
			frame = frame[1:]
		}
		frame = frame[1:]
		switch {
		case mustEscape(c):
			w.out = append(w.out, escape, c^bit)
		case escaped && w.spare > 0 && !mustEscape(c^bit):
			w.spare--
			w.out = append(w.out, escape, c^bit)
		default:
			w.out = append(w.out, c)
		}
	}
}

func mustEscape(c byte) bool { return c == flag || c == escape }
