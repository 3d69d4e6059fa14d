package stream

import "simplecap/capture"

// Steps reads the units of a stream one after the other.
type Steps interface {
	// Step reads one unit, or a part of one, at the beginning of b. It returns how many
	// bytes are done with, and whether to go on with the rest: false waits for more.
	Step(b []byte) (n int, more bool)
}

// Buffer is one direction of a stream on its way to what cuts it into units. It lends
// the bytes as they come and keeps only what is left of an unfinished unit.
type Buffer struct {
	Trail
	kept []byte
	base int64 // offset of the first byte that is not done with
	refs []capture.Ref
}

// Feed takes the next bytes and runs steps over what is there.
func (q *Buffer) Feed(b []byte, at *Mark, steps Steps) {
	q.Add(len(b), at)
	if len(q.kept) == 0 {
		q.kept = append(q.kept[:0], b[q.run(b, steps):]...)
	} else {
		q.kept = append(q.kept, b...)
		n := q.run(q.kept, steps)
		q.kept = q.kept[:copy(q.kept, q.kept[n:])]
	}
	if c := cap(q.kept); c > maxKept && len(q.kept) < c/4 {
		q.kept = append([]byte(nil), q.kept...)
	}
	q.Drop(q.base)
}

// maxKept is the memory in bytes that a buffer keeps although it holds far less.
const maxKept = 4 << 10

// run steps through b and returns how many bytes are done with.
func (q *Buffer) run(b []byte, steps Steps) (used int) {
	for {
		n, more := steps.Step(b[used:])
		used += n
		q.base += int64(n)
		if !more || used == len(b) {
			return used
		}
	}
}

// Mark returns the mark of the n bytes that the step at hand begins with. What Also
// holds is valid until the next call.
func (q *Buffer) Mark(n int) Mark {
	at, refs := q.Span(q.base, q.base+int64(max(n, 1)), q.refs[:0])
	q.refs, at.Also = refs, refs[:len(refs)-1]
	return at
}

// Hold keeps the next bytes without a look at them, for who asks for Kept.
func (q *Buffer) Hold(b []byte, at *Mark) {
	q.Add(len(b), at)
	q.kept = append(q.kept, b...)
}

// Give feeds what is kept to a Conn, as it came, and keeps nothing of it.
func (q *Buffer) Give(to Conn, side Side) {
	b := q.kept
	q.kept = nil
	for len(b) > 0 {
		at, end := q.Piece(q.base, nil)
		n := min(len(b), int(end-q.base))
		to.Feed(side, b[:n], &at)
		b = b[n:]
		q.base += int64(n)
	}
	q.Drop(q.base)
}

// Clear drops what is kept, as where bytes are missing behind it, and returns how much
// that was. A step must not call it.
func (q *Buffer) Clear() int {
	n := len(q.kept)
	q.kept, q.base = q.kept[:0], q.end
	q.Drop(q.base)
	return n
}

// Waiting is what a Conn answers whose side has this buffer and nothing else.
func (q *Buffer) Waiting() (held int, wait Wait) {
	if len(q.kept) == 0 {
		return cap(q.kept), Nothing
	}
	return cap(q.kept) + q.Held(), ForRest
}

// Kept returns the bytes that are not done with.
func (q *Buffer) Kept() []byte { return q.kept }
