package analyze

import (
	"hash/maphash"
	"unsafe"

	"simplecap/capture"
	"simplecap/decode"
)

// recent is a map that remembers a bounded number of keys, the latest ones. It
// is a ring of entries with chains by hash through it, which takes half the
// memory of a Go map beside a list of its keys.
type recent[K comparable, V any] struct {
	entries []entry[K, V]
	heads   []uint32 // by hash: place of the first entry of a chain, from 1; a power of two of them
	next    int      // the oldest entry, where the map is full
	max     int
}

type entry[K comparable, V any] struct {
	key   K
	value V
	chain uint32 // place of the next entry, from 1; 0 for none
}

func newRecent[K comparable, V any](limit int) *recent[K, V] {
	return &recent[K, V]{heads: make([]uint32, 16), max: limit}
}

// head returns the place in heads for a key.
func (r *recent[K, V]) head(k K) *uint32 {
	return &r.heads[maphash.Comparable(hashSeed, k)&uint64(len(r.heads)-1)]
}

// find returns the entry of a key, or nil.
func (r *recent[K, V]) find(k K) *entry[K, V] {
	for i := *r.head(k); i != 0; i = r.entries[i-1].chain {
		if e := &r.entries[i-1]; e.key == k {
			return e
		}
	}
	return nil
}

func (r *recent[K, V]) get(k K) (v V, ok bool) {
	if e := r.find(k); e != nil {
		return e.value, true
	}
	return v, false
}

// put sets a value; a new key takes the place of the oldest one where the map is full.
func (r *recent[K, V]) put(k K, v V) { r.swap(k, v) }

// swap is put, and returns what the key had before.
func (r *recent[K, V]) swap(k K, v V) (before V, known bool) {
	if e := r.find(k); e != nil {
		before, e.value = e.value, v
		return before, true
	}
	if len(r.entries) < r.max {
		if len(r.entries) == len(r.heads) {
			r.grow()
		}
		r.entries = append(r.entries, entry[K, V]{key: k, value: v})
		r.link(len(r.entries))
		return before, false
	}
	r.unlink(r.next + 1)
	r.entries[r.next] = entry[K, V]{key: k, value: v}
	r.link(r.next + 1)
	r.next = (r.next + 1) % r.max
	return before, false
}

// link puts the entry at a place, counted from 1, into the chain of its key.
func (r *recent[K, V]) link(at int) {
	e := &r.entries[at-1]
	head := r.head(e.key)
	e.chain, *head = *head, uint32(at)
}

// unlink takes it out.
func (r *recent[K, V]) unlink(at int) {
	e := &r.entries[at-1]
	link := r.head(e.key)
	for *link != uint32(at) {
		link = &r.entries[*link-1].chain
	}
	*link = e.chain
}

// grow doubles the number of chains.
func (r *recent[K, V]) grow() {
	r.heads = make([]uint32, 2*len(r.heads))
	for i := range r.entries {
		r.link(i + 1)
	}
}

// lostBytes is what the capture lacks of what one end of a connection sent.
type lostBytes struct {
	of      decode.Endpoint
	gap     bool  // some are missing
	gapAt   int64 // when they were last
	lacking bool  // some were acknowledged and have not come
}

// lostOf is what is lost of an end. Of an association with more than two addresses the
// last one that something is lost of counts.
func (c *connState) lostOf(end decode.Endpoint) *lostBytes {
	l := &c.lost[0]
	if l.of != end && !l.of.IsZero() {
		l = &c.lost[1]
	}
	if l.of != end {
		*l = lostBytes{of: end}
	}
	return l
}

// connState is what happened to a TCP connection.
type connState struct {
	ended decode.ConnKind // ConnReset or ConnClose, 0 while neither came
	time  int64
	frame capture.Ref
	by    decode.Endpoint
	acked bool // all that by had sent before was acknowledged
	gap   bool // bytes are missing in the capture
	lost  [2]lostBytes

	stuck   bool            // bytes were sent again that the other end has not acknowledged
	stuckOf decode.Endpoint // who sent them
	since   int64           // what that one has sent from then on is not acknowledged

	sealed   bool            // what one end sends cannot be read
	sealedBy decode.Endpoint // which
}

// sightings remembers between which hosts SIP was seen, to tell a peer that is
// silent from one whose answers take another way past the capture.
type sightings struct {
	pairs *recent[hostPair, bool]      // with whether the capture had a request between them twice
	hosts *recent[decode.Addr, bool]   // that sent any
	asks  *recent[decode.Addr, uint16] // how often a host has sent one request again, at most, while no answer was seen
	last  hostPair
}

type hostPair struct{ src, dst decode.Addr }

// add notes a message, and reports whether it is the first one of its way.
func (s *sightings) add(src, dst decode.Endpoint) (first bool) {
	if p := (hostPair{src.IP, dst.IP}); p != s.last {
		twice, known := s.pairs.swap(p, false)
		first = !known
		switch {
		case twice:
			s.pairs.put(p, true)
		case first:
			s.hosts.put(p.src, true)
		}
		s.last = p
	}
	return first
}

// heard reports whether SIP came from the host. Where it did not, the capture may see what
// goes to it and not what it sends.
func (s *sightings) heard(host decode.Endpoint) bool {
	_, ok := s.hosts.get(host.IP)
	return ok
}

// asksAgain notes how often a host has sent a request again that has no answer.
func (s *sightings) asksAgain(host decode.Endpoint, times uint16) {
	if most, _ := s.asks.get(host.IP); times > most {
		s.asks.put(host.IP, times)
	}
}

// twice notes that the capture has a request from src to dst twice: it is of several places.
func (s *sightings) twice(src, dst decode.Endpoint) { s.pairs.put(hostPair{src.IP, dst.IP}, true) }

// isTwice reports whether it has had one.
func (s *sightings) isTwice(src, dst decode.Endpoint) bool {
	twice, _ := s.pairs.get(hostPair{src.IP, dst.IP})
	return twice
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

// size is how many bytes the queue takes.
func (q *queue) size() int64 { return int64(cap(q.items)) * int64(unsafe.Sizeof(deadline{})) }

func (q *queue) len() int { return len(q.items) - q.start }

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
