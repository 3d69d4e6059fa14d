package capture

import "io"

// window is the part of an input that is in memory: what has been read and not
// yet been parsed. Frames are slices of it.
type window struct {
	r     io.Reader
	buf   []byte
	start int   // of the bytes at hand in buf
	end   int   // of the bytes at hand in buf
	total int64 // bytes received from r
	err   error // why r has no more

	ahead *ahead // what reads r, nil where the window does
	lent  bool   // buf is one of ahead's
}

// bytes returns the bytes at hand. They stay where they are until the next fill.
func (w *window) bytes() []byte { return w.buf[w.start:w.end] }

// advance gives up the first n bytes at hand.
func (w *window) advance(n int) { w.start += n }

// offset returns the position in the input of the first byte at hand.
func (w *window) offset() int64 { return w.total - int64(w.end-w.start) }

// fill reads until want bytes are at hand. It takes what one read gives, so that
// a pipe's packets come out as soon as they are there. The error is io.EOF, or
// what the reader said, and the bytes at hand are then fewer than want.
//
// The buffer grows only when it is full, so it is never more than twice as large
// as what the input has delivered.
func (w *window) fill(want int) error {
	if w.ahead != nil {
		return w.fillAhead(want)
	}
	w.compact()
	for w.end < want {
		if w.err != nil {
			return w.err
		}
		if w.end == len(w.buf) {
			w.grow()
		}
		w.read()
	}
	return nil
}

// fillAhead is fill where a goroutine reads.
func (w *window) fillAhead(want int) error {
	for len(w.bytes()) < want {
		if w.err != nil {
			return w.err
		}
		w.ahead.next(w)
	}
	return nil
}

// readAhead leaves the reading of what follows to a goroutine, until stop.
func (w *window) readAhead(size int) {
	if w.err == nil {
		w.ahead = newAhead(w.r, size)
	}
}

// stop ends a goroutine that reads, and returns the window's own buffer, if it has one.
func (w *window) stop() []byte {
	if w.ahead != nil {
		w.ahead.stop()
	}
	if w.ahead = nil; w.lent {
		return nil
	}
	return w.buf
}

// compact moves the bytes at hand, which are less than a packet, to the front.
func (w *window) compact() {
	if w.start == 0 {
		return
	}
	w.end = copy(w.buf, w.bytes())
	w.start = 0
}

func (w *window) grow() {
	bigger := make([]byte, max(peekWindow, 2*len(w.buf)))
	copy(bigger, w.buf[:w.end])
	w.buf = bigger
}

// read adds what one read gives. It gives up on a reader that returns nothing.
func (w *window) read() {
	for range maxIdle {
		n, err := w.r.Read(w.buf[w.end:])
		w.end += n
		w.total += int64(n)
		w.err = err
		if n > 0 || err != nil {
			return
		}
	}
	w.err = io.ErrNoProgress
}

// maxIdle is how often in a row a reader may return nothing, as for bufio.
const maxIdle = 100

// restart makes the window read from another reader, from its first byte.
func (w *window) restart(r io.Reader) {
	*w = window{r: r, buf: w.buf}
}
