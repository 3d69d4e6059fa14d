package capture

import (
	"errors"
	"io"
	"sync"
)

// ahead lets a reader go on in a goroutine of its own, which reads or decompresses, and
// parses, while what came before is analysed: where a packet begins is known only by the
// one before it, and whoever has just read them waits for memory least. What the reader
// learns beside frames comes with them.
type ahead struct {
	reader *reader
	size   int         // of spare buffers, in bytes
	filled chan *load  // by the goroutine
	free   chan *load  // for it
	spare  chan []byte // for it, to be the window's
	quit   chan struct{}
	ended  sync.WaitGroup
	own    []byte // the window's buffer from before
	making *load  // by the goroutine

	// Of whoever takes the frames.
	load    *load
	rest    []Frame // of load, not taken yet
	secrets Secrets
	secret  func(piece []byte, last bool)
}

// load is what the reader gives at once.
type load struct {
	frames  []Frame // room for them
	count   int     // how many there are
	secrets []toldSecret
	links   []LinkType // facts.links until then
	drops   uint64     // facts.drops until then
	done    []byte     // a buffer that no frame from this load on lies in
	err     error      // why no more comes
}

// toldSecret is a call of Secrets, or of the function it returns.
type toldSecret struct {
	begins bool
	kind   uint32
	piece  []byte // in a buffer that is not given back before this is told
	last   bool
}

// One buffer is read, one is analysed, and the others wait: where the analysis is faster,
// it takes less time for a buffer than the system takes to wake the reader when one is
// given back, so that with three of them both sleep in turn. A load has room for the
// frames of a buffer of RTP in packets of 20 ms, 230 bytes each; shorter ones come in several.
const (
	aheadBuffers = 6
	aheadBytes   = 256 << 10
	aheadFrames  = aheadBytes / 224
	aheadFrom    = 4 << 20 // size of the smallest file that is read ahead; a pipe never is: it could keep the goroutine waiting
)

// newAhead lets r go on, with buffers of size bytes. The caller leaves r alone until stop
// has returned, which waits for a read that is under way.
func newAhead(r *reader, size int) *ahead {
	a := &ahead{reader: r, size: size, own: r.win.buf, secrets: r.facts.secrets, quit: make(chan struct{}),
		filled: make(chan *load, aheadBuffers), free: make(chan *load, aheadBuffers), spare: make(chan []byte, aheadBuffers)}
	for range aheadBuffers {
		a.free <- &load{frames: make([]Frame, aheadFrames)}
		a.spare <- make([]byte, size)
	}
	r.win.swap = a.swap
	if a.secrets != nil {
		r.facts.secrets = a.tell
	}
	a.ended.Go(a.run)
	return a
}

// stop ends the reading. The window has its own buffer again.
func (a *ahead) stop() {
	close(a.quit)
	a.ended.Wait()
	a.reader.win.buf = a.own
}

// run reads until the input ends or nobody wants it any more.
func (a *ahead) run() {
	for {
		select {
		case <-a.quit:
			return
		case l := <-a.free:
			a.making, l.done, l.secrets = l, nil, l.secrets[:0]
			l.count, l.err = a.reader.read(l.frames)
			l.links, l.drops = a.reader.facts.links, a.reader.facts.drops
			a.filled <- l
			if l.err != nil {
				return
			}
		}
	}
}

// Why swap has no other buffer.
var (
	errStopped  = errors.New("given up")
	errHandOver = errors.New("the load has given up a buffer already")
)

// swap returns another buffer for the window, larger than and beginning with what is left
// in the one at hand. Frames of loads before this one may lie in that.
func (a *ahead) swap(left []byte) ([]byte, error) {
	if a.making.done != nil {
		return nil, errHandOver
	}
	var buf []byte
	select {
	case <-a.quit:
		return nil, errStopped
	case buf = <-a.spare:
	}
	a.making.done = a.reader.win.buf
	if 2*len(left) > len(buf) { // most of it is one packet
		a.spare <- buf
		buf = make([]byte, 2*len(left))
	}
	copy(buf, left)
	return buf, nil
}

// tell takes secrets from the reader.
func (a *ahead) tell(kind uint32) func(piece []byte, last bool) {
	a.making.secrets = append(a.making.secrets, toldSecret{begins: true, kind: kind})
	return func(piece []byte, last bool) {
		a.making.secrets = append(a.making.secrets, toldSecret{piece: piece, last: last})
	}
}

// read is reader.read for whoever takes the frames.
func (a *ahead) read(frames []Frame) (int, error) {
	for len(a.rest) == 0 {
		if a.load != nil && a.load.err != nil {
			return 0, a.load.err
		}
		a.next()
	}
	n := copy(frames, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// next takes the next load.
func (a *ahead) next() {
	if a.load != nil {
		a.free <- a.load
	}
	l := <-a.filled
	a.load, a.rest = l, l.frames[:l.count]
	for _, s := range l.secrets {
		switch {
		case s.begins:
			a.secret = a.secrets(s.kind)
		case a.secret != nil:
			a.secret(s.piece, s.last)
		}
	}
	if len(l.done) == a.size && !sameBuffer(l.done, a.own) {
		a.spare <- l.done
	}
}

// sameBuffer reports whether two buffers, which are not empty, are one.
func sameBuffer(a, b []byte) bool { return len(a) > 0 && len(b) > 0 && &a[0] == &b[0] }

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
