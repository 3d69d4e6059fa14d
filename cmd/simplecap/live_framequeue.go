package main

import (
	"sync"
	"sync/atomic"

	"simplecap/capture"
)

// frameQueue is between the analysis and the disk. Frames are copied into blocks,
// and one goroutine takes the blocks: a disk that is slow for a while holds no
// packet up. What finds no room is counted.
type frameQueue struct {
	limits evidenceLimits
	lost   atomic.Uint64 // frames that found no room

	mu     sync.Mutex
	filled *frameBlock   // not handed over yet, nil for none
	free   []*frameBlock // to be filled again
	made   int           // blocks in all
	full   chan *frameBlock
}

// frameBlock is copied frames and the memory that they lie in.
type frameBlock struct {
	data   []byte
	frames []heldFrame
}

// origin is what a file says of where a frame comes from.
type origin struct {
	name    string // of its interface
	comment string // "" for none
}

// heldFrame is a frame with memory of its own.
type heldFrame struct {
	capture.Frame
	origin
}

func newFrameQueue(limits evidenceLimits) *frameQueue {
	return &frameQueue{limits: limits, full: make(chan *frameBlock, max(1, limits.Queue/limits.Block))}
}

// put copies a frame into the queue; any goroutine may call it.
func (q *frameQueue) put(f *capture.Frame, from origin) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if b := q.filled; b != nil && len(b.data)+len(f.Data) > q.limits.Block {
		q.send()
	}
	if q.filled == nil {
		q.filled = q.empty()
	}
	if q.filled == nil {
		q.lost.Add(1)
		return
	}
	q.filled.add(f, from)
}

// empty returns a block without frames, nil where there may be no further one.
func (q *frameQueue) empty() *frameBlock {
	if n := len(q.free); n > 0 {
		b := q.free[n-1]
		q.free = q.free[:n-1]
		return b
	}
	if q.made >= cap(q.full) {
		return nil
	}
	q.made++
	return &frameBlock{data: make([]byte, 0, q.limits.Block)}
}

// add copies a frame. One that is larger than a block moves it to more memory.
func (b *frameBlock) add(f *capture.Frame, from origin) {
	at := len(b.data)
	b.data = append(b.data, f.Data...)
	held := heldFrame{*f, from}
	held.Data = b.data[at:len(b.data):len(b.data)]
	b.frames = append(b.frames, held)
}

// send hands the filled block over. There is room: no more blocks are made.
func (q *frameQueue) send() {
	q.full <- q.filled
	q.filled = nil
}

// handOver lets the frames that were put so far be written.
func (q *frameQueue) handOver() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.filled != nil {
		q.send()
	}
}

// giveBack takes a block whose frames have been written.
func (q *frameQueue) giveBack(b *frameBlock) {
	if cap(b.data) > 2*q.limits.Block {
		b.data = make([]byte, 0, q.limits.Block)
	}
	b.data, b.frames = b.data[:0], b.frames[:0]
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free = append(q.free, b)
}

// close ends the queue; nothing may be put into it any more.
func (q *frameQueue) close() {
	q.handOver()
	close(q.full)
}
