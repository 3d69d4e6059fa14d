package main

import (
	"bytes"
	"io"
	"sync/atomic"
)

// queue is between the analysis and an output that may be slow, stopped or
// closed: lines that find no room in it are dropped and counted, so that the
// analysis never waits. One goroutine writes to it.
type queue struct {
	dropped atomic.Uint64 // lines
	lines   chan []byte
	held    atomic.Int64 // bytes in lines
	partial []byte       // a line that is not complete yet
	wait    bool         // wait for room instead
	done    chan struct{}
	failure error // read it when done is closed
}

// What a queue holds at most.
const (
	queueWrites = 1 << 15
	queueBytes  = 8 << 20
	writeBytes  = 64 << 10 // what is written at once, about
)

// newQueue returns a queue to w, which shares its terminal with the status line.
// failed is called once, from another goroutine, when w cannot be written to.
func newQueue(w io.Writer, status *statusLine, failed func(error)) *queue {
	q := &queue{lines: make(chan []byte, queueWrites), done: make(chan struct{})}
	go q.deliver(w, status, failed)
	return q
}

func (q *queue) deliver(w io.Writer, status *statusLine, failed func(error)) {
	defer close(q.done)
	for b := range q.lines {
		b = q.more(b)
		q.held.Add(-int64(len(b)))
		if q.failure != nil {
			continue
		}
		if q.failure = status.print(w, b); q.failure != nil {
			failed(q.failure)
		}
	}
}

// more appends what waits to the lines at hand: a write for each of them is what makes an
// output slow.
func (q *queue) more(b []byte) []byte {
	for len(b) < writeBytes {
		select {
		case next := <-q.lines:
			if next == nil { // closed
				return b
			}
			b = append(b, next...)
		default:
			return b
		}
	}
	return b
}

// Write takes whole lines and parts of them. It never fails.
func (q *queue) Write(p []byte) (int, error) {
	end := bytes.LastIndexByte(p, '\n') + 1
	q.partial = append(q.partial, p[:end]...)
	if end > 0 {
		q.put(q.partial)
		q.partial = nil
	}
	q.partial = append(q.partial, p[end:]...)
	return len(p), nil
}

// put adds whole lines if there is room for them.
func (q *queue) put(b []byte) {
	if q.wait {
		q.held.Add(int64(len(b)))
		q.lines <- b
		return
	}
	if q.held.Load()+int64(len(b)) <= queueBytes {
		q.held.Add(int64(len(b)))
		select {
		case q.lines <- b:
			return
		default:
			q.held.Add(-int64(len(b)))
		}
	}
	q.dropped.Add(uint64(bytes.Count(b, []byte("\n"))))
}

// waitForRoom makes Write wait from now on: the analysis is over.
func (q *queue) waitForRoom() { q.wait = true }

// close writes the rest and waits until it is written.
func (q *queue) close() {
	if len(q.partial) > 0 {
		q.put(q.partial)
	}
	close(q.lines)
	<-q.done
}

// err is why the output could not be written, after close.
func (q *queue) err() error { return q.failure }
