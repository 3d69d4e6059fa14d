package live

import (
	"net/netip"
	"simplecap/capture"
	"simplecap/capture/made"
	"sync"
	"time"
)

// hepQueue is between the goroutines that receive and the one that reads. Packets are
// copied into one buffer while another one is read from, so that a steady stream
// allocates nothing.
type hepQueue struct {
	limit int           // bytes of a buffer
	ready chan struct{} // holds a token when there may be something to read

	mu     sync.Mutex
	room   sync.Cond
	in     hepBuffer
	last   int64 // time of the latest packet
	closed bool

	out  hepBuffer // of the reader alone
	next int       // in out.packets
}

// hepBuffer holds packets one after the other.
type hepBuffer struct {
	data    []byte
	packets []hepArrival
}

type hepArrival struct {
	end   int   // of its bytes in hepBuffer.data
	time  int64 // ns since 1970 UTC
	agent int   // as in Frame.Interface
}

func (q *hepQueue) init(limit int) {
	q.limit, q.ready = limit, make(chan struct{}, 1)
	q.room.L = &q.mu
}

// put adds a packet as a frame with headers. It waits for room and reports false
// when the queue is closed.
func (q *hepQueue) put(packet []byte, from, to netip.AddrPort, agent int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.in.data) > 0 && len(q.in.data)+len(packet)+made.MaxIPHeaders > q.limit && !q.closed {
		q.room.Wait()
	}
	if q.closed {
		return false
	}
	q.last = max(q.last, time.Now().UnixNano())
	q.in.data = made.AppendUDP(q.in.data, from, to, packet)
	q.in.packets = append(q.in.packets, hepArrival{len(q.in.data), q.last, agent})
	q.wake()
	return true
}

func (q *hepQueue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// wait waits until there may be something to read. It reports false when the queue is
// closed.
func (q *hepQueue) wait(atMost time.Duration) bool {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-q.ready:
	case <-timer.C:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.closed
}

// read fills frames with what has come, and returns how many it filled. Their data is
// valid until the next call.
func (q *hepQueue) read(frames []capture.Frame) (n int) {
	if q.next == len(q.out.packets) {
		q.swap()
	}
	begin := 0
	if q.next > 0 {
		begin = q.out.packets[q.next-1].end
	}
	for ; n < len(frames) && q.next < len(q.out.packets); n++ {
		p := &q.out.packets[q.next]
		data := q.out.data[begin:p.end:p.end]
		frames[n] = capture.Frame{Data: data, Length: len(data), Time: p.time, HasTime: true, File: 1, Interface: p.agent, Link: capture.LinkRaw}
		begin = p.end
		q.next++
	}
	return n
}

// swap takes what has come to be read, and gives the buffer that was read back.
func (q *hepQueue) swap() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.in, q.out = hepBuffer{q.out.data[:0], q.out.packets[:0]}, q.in
	q.next = 0
	q.room.Broadcast()
}

func (q *hepQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.room.Broadcast()
	q.mu.Unlock()
	q.wake()
}
