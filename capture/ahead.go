package capture

import (
	"io"
	"sync"
)

// ahead reads from a file, or decompresses it, in a goroutine of its own while what
// came before is analysed. A window takes its buffers over as they are; what is
// left of the one before goes into the room that each has before its data.
type ahead struct {
	filled chan piece  // by the goroutine
	free   chan []byte // for it
	quit   chan struct{}
	ended  sync.WaitGroup
}

// piece is a buffer whose data begins after aheadRoom.
type piece struct {
	buf []byte
	n   int   // bytes of data
	err error // why no more comes
}

// Three buffers let one be read, one wait and one be analysed. Smaller ones are
// handed over too often: with 256 KiB nothing is gained.
const (
	aheadBuffers = 3
	aheadBytes   = 512 << 10
	aheadRoom    = 64 << 10
	aheadFrom    = 4 << 20 // size of the smallest file that is read ahead; a pipe never is: it could keep the goroutine waiting
)

// newAhead begins to read r into buffers of size bytes. The caller leaves r alone
// until stop has returned, which waits for a read that is under way.
func newAhead(r io.Reader, size int) *ahead {
	a := &ahead{filled: make(chan piece, aheadBuffers), free: make(chan []byte, aheadBuffers), quit: make(chan struct{})}
	for range aheadBuffers {
		a.free <- make([]byte, aheadRoom+size)
	}
	a.ended.Go(func() { a.run(r) })
	return a
}

// stop ends the reading.
func (a *ahead) stop() {
	close(a.quit)
	a.ended.Wait()
}

// run fills buffers until r ends or nobody wants them any more.
func (a *ahead) run(r io.Reader) {
	for {
		select {
		case <-a.quit:
			return
		case buf := <-a.free:
			n, err := readFull(r, buf[aheadRoom:])
			a.filled <- piece{buf, n, err}
			if err != nil {
				return
			}
		}
	}
}

// readFull reads until buf is full, or says why it is not.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for idle := 0; n < len(buf) && err == nil; {
		var m int
		m, err = r.Read(buf[n:])
		n += m
		if idle++; m > 0 {
			idle = 0
		}
		if idle == maxIdle && err == nil {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

// next puts the next buffer in the place of the window's, with the bytes at hand
// before its data.
func (a *ahead) next(w *window) {
	p := <-a.filled
	w.total += int64(p.n)
	w.err = p.err
	left := w.bytes()
	if len(left) > aheadRoom { // a packet larger than the room: make one for it
		whole := make([]byte, len(left)+p.n)
		copy(whole[copy(whole, left):], p.buf[aheadRoom:aheadRoom+p.n])
		a.free <- p.buf
		a.giveBack(w)
		w.buf, w.start, w.end = whole, 0, len(whole)
		return
	}
	start := aheadRoom - copy(p.buf[aheadRoom-len(left):], left)
	a.giveBack(w)
	w.buf, w.start, w.end, w.lent = p.buf, start, aheadRoom+p.n, true
}

// giveBack returns the window's buffer to the goroutine, if it is one of its own.
func (a *ahead) giveBack(w *window) {
	if w.lent {
		a.free <- w.buf
	}
	w.lent = false
}
