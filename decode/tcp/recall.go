package tcp

import (
	"bytes"

	"simplecap/decode/stream"
	"simplecap/internal/order"
)

// This file compares what comes again on a TCP connection with what was read in its
// place. Who retransmits sends the same bytes (RFC 9293 3.8.1); other bytes in the same
// place are of somebody else, and nobody but the receiver knows which it took.

// recall is the end of what has been read of one direction of a connection.
type recall struct {
	owner *direction
	data  []byte // the bytes up to the position end
	end   int64
	at    int64        // the capture's clock when the last of them came
	trail stream.Trail // the frames that brought them
	cost  int          // bytes counted in recalls.held
	place order.Place[recall]
}

// recalls are those of all connections, by when something was added to them last.
type recalls struct {
	list  order.List[recall]
	held  int
	spare *recall // the last one that was given up, for its memory
}

// remember keeps bytes that are read now, which begin at pos.
func (s *Flows) remember(d *direction, pos int64, b []byte, mk *stream.Mark) {
	limits, r := &s.Limits, d.recall
	if r == nil {
		r = s.recalls.take()
		r.owner, d.recall = d, r
	}
	if r.end != pos {
		r.data = r.data[:0]
		r.trail.Reset()
	}
	r.add(b[max(0, len(b)-limits.RecallBytes):], limits.RecallBytes, mk)
	r.end, r.at = pos+int64(len(b)), s.clock
	s.recalls.settle(r, limits.RecallTotal)
}

// add keeps b, at most limit bytes, at the cost of the oldest ones. These go by halves, so
// that each byte is moved once.
func (r *recall) add(b []byte, limit int, mk *stream.Mark) {
	if over := len(r.data) + len(b) - limit; over > 0 {
		n := min(len(r.data), max(over, limit/2))
		r.data = r.data[:copy(r.data, r.data[n:])]
		r.trail.Drop(r.trail.Given() - int64(len(r.data)))
	}
	r.data = append(r.data, b...)
	r.trail.Add(len(b), mk)
}

// take returns a recall to use.
func (q *recalls) take() *recall {
	r := q.spare
	if q.spare = nil; r == nil {
		r = new(recall)
	}
	return r
}

// settle counts what a recall takes now, at the cost of the others where that is more
// than the limit.
func (q *recalls) settle(r *recall, limit int) {
	cost := recallCost + cap(r.data) + r.trail.Held()
	q.held += cost - r.cost
	r.cost = cost
	if q.list.Newest() != r {
		r.place.Remove()
		q.list.Push(&r.place, r)
	}
	for old := q.list.Oldest(); q.held > limit && old != r; old = q.list.Oldest() {
		q.forget(old)
	}
}

// recallCost is what a recall takes beside what it holds.
const recallCost = 160

// forget takes a recall from its direction; nil is none.
func (q *recalls) forget(r *recall) {
	if r == nil {
		return
	}
	r.owner.recall = nil
	r.place.Remove()
	q.held -= r.cost
	r.owner, r.data, r.cost, r.end = nil, r.data[:0], 0, 0
	r.trail.Reset()
	q.spare = r
}

// compare looks whether bytes that lie before the next byte of a direction, from pos on,
// are those that were read there. What is no longer kept cannot be compared.
func (s *Flows) compare(f *Flow, dir stream.Side, pos int64, b []byte) {
	r := f.dirs[dir].recall
	if r == nil || pos >= r.end {
		return
	}
	first := r.end - int64(len(r.data))
	b = b[:min(int64(len(b)), r.end-pos)]
	if skip := first - pos; skip > 0 {
		pos, b = first, b[min(int64(len(b)), skip):]
	}
	read := r.data[pos-first:][:len(b)]
	if bytes.Equal(read, b) || s.keepAlive(r, pos, len(b)) {
		return
	}
	n := int64(0)
	for read[n] == b[n] {
		n++
	}
	at, _ := r.trail.Piece(r.trail.Given()-(r.end-pos-n), nil)
	one := doubt{side: dir, of: at, at: s.mark}
	if f.SIP {
		s.contradicted(f, one)
	} else if f.doubt == nil {
		f.doubt = &one
	}
}

// keepAliveIdle is after how long without data a byte of garbage may be a keep-alive, in
// nanoseconds.
const keepAliveIdle = 1e9

// keepAlive reports whether n bytes at pos may be the one byte of garbage that keeps an
// idle connection alive: the last one that was acknowledged (RFC 9293 3.8.4).
func (s *Flows) keepAlive(r *recall, pos int64, n int) bool {
	return n == 1 && pos == r.end-1 && (!s.mark.HasTime || s.clock-r.at >= keepAliveIdle)
}

// doubt is bytes that came again and differ.
type doubt struct {
	side stream.Side
	of   stream.Mark // what was read
	at   stream.Mark // what came again
}

// contradicted tells of a doubt about a connection that carries SIP.
func (s *Flows) contradicted(f *Flow, d doubt) {
	if s.Event != nil {
		s.Event(&Event{Kind: Contradicted, Flow: f, Side: d.side, At: &d.at, Of: &d.of})
	}
}

// forget gives up what was read last of a flow.
func (s *Flows) forget(f *Flow) {
	s.recalls.forget(f.dirs[0].recall)
	s.recalls.forget(f.dirs[1].recall)
}
