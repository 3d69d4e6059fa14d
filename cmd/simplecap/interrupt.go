package main

import (
	"context"
	"errors"
	"io"
	"sync"
)

// interruptible is a pipe of which a read ends with the context: one on
// which nothing comes would be waited for otherwise, whatever signal arrives.
type interruptible struct {
	ctx     context.Context
	in      io.Reader
	begin   sync.Once
	chunks  chan chunk
	buffers [2][64 << 10]byte // one is read into while the other is used
	left    []byte            // of the chunk that came last
	err     error
}

// chunk is what a read brought.
type chunk struct {
	b   []byte
	err error
}

var errInterrupted = errors.New("interrupted")

// untilInterrupted makes reads of pipes end with ctx.
func untilInterrupted(ctx context.Context) func(io.Reader) io.Reader {
	return func(in io.Reader) io.Reader { return &interruptible{ctx: ctx, in: in, chunks: make(chan chunk)} }
}

// Read implements io.Reader.
func (r *interruptible) Read(p []byte) (int, error) {
	r.begin.Do(func() { go r.pump() })
	for len(r.left) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		select {
		case c := <-r.chunks:
			r.left, r.err = c.b, c.err
		case <-r.ctx.Done():
			r.err = errInterrupted
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// pump reads ahead. A chunk is taken when the one before it is used up, so that its
// buffer is free again.
func (r *interruptible) pump() {
	for i := 0; ; i = 1 - i {
		n, err := r.in.Read(r.buffers[i][:])
		select {
		case r.chunks <- chunk{r.buffers[i][:n], err}:
		case <-r.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}
