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

	swap func(left []byte) ([]byte, error) // ahead.swap where frames of buf are in use while more is read, nil where they are not
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
	if w.swap != nil {
		return w.fillAnother(want)
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

// fillAnother is fill into another buffer, as much as goes into it.
func (w *window) fillAnother(want int) error {
	for len(w.bytes()) < want {
		if w.err != nil {
			return w.err
		}
		buf, err := w.swap(w.bytes())
		if err != nil {
			return err
		}
		w.buf, w.start, w.end = buf, 0, len(w.bytes())
		n, err := readFull(w.r, buf[w.end:])
		w.end, w.total, w.err = w.end+n, w.total+int64(n), err
	}
	return nil
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
