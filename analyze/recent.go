package analyze

import "simplecap/decode"

// recent is a map that remembers a bounded number of keys, the latest ones.
type recent[K comparable, V any] struct {
	values map[K]V
	order  []K // a ring
	next   int
	max    int
}

func newRecent[K comparable, V any](limit int) *recent[K, V] {
	return &recent[K, V]{values: make(map[K]V), max: limit}
}

func (r *recent[K, V]) get(k K) (V, bool) {
	v, ok := r.values[k]
	return v, ok
}

// put sets a value; a new key takes the place of the oldest one where the map is full.
func (r *recent[K, V]) put(k K, v V) {
	if _, ok := r.values[k]; !ok {
		if len(r.order) < r.max {
			r.order = append(r.order, k)
		} else {
			delete(r.values, r.order[r.next])
			r.order[r.next] = k
			r.next = (r.next + 1) % r.max
		}
	}
	r.values[k] = v
}

// connState is what happened to a TCP connection.
type connState struct {
	ended decode.ConnKind // ConnReset or ConnClose, 0 while neither came
	time  int64
	frame decode.FrameRef
	by    decode.Endpoint
	gap   bool // bytes are missing in the capture
}

// connection takes an event of a TCP connection that carries SIP.
func (a *analyzer) connection(e *decode.ConnEvent) {
	state, _ := a.conns.get(e.Conn)
	switch {
	case e.Kind == decode.ConnGap:
		state.gap = true
	case state.ended == 0:
		state.ended, state.time, state.frame, state.by = e.Kind, e.Time, e.Frame, e.Src
	}
	a.conns.put(e.Conn, state)
}

// sightings remembers between which hosts SIP was seen, to tell a peer that is
// silent from one whose answers take another way past the capture.
type sightings struct {
	pairs *recent[hostPair, bool]
	last  hostPair
}

type hostPair struct{ src, dst [16]byte }

func (s *sightings) add(src, dst decode.Endpoint) {
	if p := (hostPair{src.IP, dst.IP}); p != s.last {
		s.pairs.put(p, true)
		s.last = p
	}
}

// seen reports whether SIP went from src to dst.
func (s *sightings) seen(src, dst decode.Endpoint) bool {
	_, ok := s.pairs.get(hostPair{src.IP, dst.IP})
	return ok
}

// queue holds transactions in the order they are to close.
type queue struct {
	items []deadline
	start int
}

type deadline struct {
	at int64
	id uint64
	h  handle
}

func (q *queue) push(d deadline) { q.items = append(q.items, d) }

// head returns the first entry, or nil.
func (q *queue) head() *deadline {
	if q.start == len(q.items) {
		return nil
	}
	return &q.items[q.start]
}

func (q *queue) pop() {
	q.start++
	if q.start >= 1024 && q.start*2 >= len(q.items) {
		q.items = append(q.items[:0], q.items[q.start:]...)
		q.start = 0
	}
}
