package tcp

import (
	"math/bits"
	"math/rand/v2"

	"simplecap/decode/packet"
	"simplecap/decode/stream"
	"simplecap/internal/order"
)

// flowTable finds flows by their endpoints, whichever direction a segment goes.
// The hash is seeded so that nobody can make all flows share one chain.
type flowTable struct {
	heads []*Flow // chains; a power of two
	seed  [3]uint64
	count int
	free  *Flow
	slab  []Flow // not used yet

	sip, other order.List[Flow] // by their last use: flows that carry SIP go last when there is no room
}

const (
	firstHeads = 1 << 10 // chains to begin with
	flowSlab   = 64      // flows allocated at once
)

func (t *flowTable) init() {
	t.heads = make([]*Flow, firstHeads)
	for i := range t.seed {
		t.seed[i] = rand.Uint64() | 1
	}
}

// hash is the same for both directions.
func (t *flowTable) hash(a, b *packet.Endpoint) uint64 {
	return t.hashEnd(a) + t.hashEnd(b)
}

func (t *flowTable) hashEnd(e *packet.Endpoint) uint64 {
	h := fold(e.IP.Low^t.seed[0], e.IP.High^t.seed[1])
	return fold(h^uint64(e.Port), t.seed[2])
}

// fold multiplies to 128 bits and mixes both halves.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// find returns the flow between two endpoints and which of its directions goes
// from src to dst; nil where there is none.
func (t *flowTable) find(src, dst *packet.Endpoint, hash uint64) (*Flow, stream.Side) {
	for f := t.heads[hash&uint64(len(t.heads)-1)]; f != nil; f = f.next {
		if f.hash != hash {
			continue
		}
		if f.Ends[0] == *src && f.Ends[1] == *dst {
			return f, 0
		}
		if f.Ends[0] == *dst && f.Ends[1] == *src {
			return f, 1
		}
	}
	return nil, 0
}

// add makes a flow from src to dst.
func (t *flowTable) add(src, dst *packet.Endpoint, hash uint64) *Flow {
	if t.count >= len(t.heads) {
		t.grow()
	}
	f := t.allocate()
	*f = Flow{Ends: [2]packet.Endpoint{*src, *dst}, hash: hash}
	head := &t.heads[hash&uint64(len(t.heads)-1)]
	f.next, *head = *head, f
	t.count++
	t.other.Push(&f.use, f)
	return f
}

func (t *flowTable) allocate() *Flow {
	if f := t.free; f != nil {
		t.free = f.next
		return f
	}
	if len(t.slab) == 0 {
		t.slab = make([]Flow, flowSlab)
	}
	f := &t.slab[0]
	t.slab = t.slab[1:]
	return f
}

// remove forgets a flow; its streams have been released.
func (t *flowTable) remove(f *Flow) {
	link := &t.heads[f.hash&uint64(len(t.heads)-1)]
	for *link != f {
		link = &(*link).next
	}
	*link = f.next
	f.use.Remove()
	t.count--
	f.next, t.free = t.free, f
}

// grow doubles the number of chains.
func (t *flowTable) grow() {
	old := t.heads
	t.heads = make([]*Flow, 2*len(old))
	for _, f := range old {
		for f != nil {
			next := f.next
			head := &t.heads[f.hash&uint64(len(t.heads)-1)]
			f.next, *head = *head, f
			f = next
		}
	}
}

// order returns the order of use that a flow is in.
func (t *flowTable) order(f *Flow) *order.List[Flow] {
	if f.SIP {
		return &t.sip
	}
	return &t.other
}

// oldest returns the flow to give up when there is no room.
func (t *flowTable) oldest() *Flow {
	if f := t.other.Oldest(); f != nil {
		return f
	}
	return t.sip.Oldest()
}
