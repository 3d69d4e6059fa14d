package decode

import (
	"math/bits"
	"math/rand/v2"

	"simplecap/internal/order"
)

// flow is one TCP connection, as far as it was captured.
type flow struct {
	ends [2]Endpoint // ends[0] sent the first segment that was seen
	dirs [2]direction
	conn uint64 // its number in this run

	class     Class // what it carries, ClassOther where that is not known
	sip       bool  // it has carried a SIP message
	hint      bool  // one of its ports is known for SIP
	midStream bool  // it began before the capture
	gone      bool  // it is a copy for what is read after the end of the connection

	gaps, gapBytes uint64 // holes that are not in Stats, because SIP was not found yet

	session *session // who reads it; nil where neither direction is followed

	hash    uint64
	next    *flow             // in its chain of the table, or in the list of free flows
	use     order.Place[flow] // in the order of use, flowTable.sip or other
	last    int64             // the capture's clock at the last segment
	opened  int64             // and at the first one
	touched uint64            // which segment moved it last in the order of use
}

// direction is one half of a connection.
type direction struct {
	next     int64  // position of the byte that comes next; its low 32 bits are the sequence number
	cutAt    int64  // position at which the snapshot length cut the stream, 0 for none
	fin      int64  // position of the FIN
	isn      uint32 // sequence number of the SYN
	acked    uint32 // what the other side has acknowledged last
	far      uint32 // where a segment ended that was too far off to be believed
	searched int    // bytes looked at without finding SIP
	started  bool   // next is known
	syn      bool   // the SYN was seen
	ackSeen  bool   // acked is known
	farSeen  bool
	finSeen  bool
	ended    bool // FIN or RST has been reached
	repeated bool // the SYN was sent again before it had an answer
	ignored  bool // no SIP here

	stream *half // what is held of it; nil where nothing is followed
}

// flowTable finds flows by their endpoints, whichever direction a segment goes.
// The hash is seeded so that nobody can make all flows share one chain.
type flowTable struct {
	heads []*flow // chains; a power of two
	seed  [3]uint64
	count int
	free  *flow
	slab  []flow // not used yet

	sip, other order.List[flow] // by their last use: flows that carry SIP go last when there is no room
}

const (
	firstHeads = 1 << 10 // chains to begin with
	flowSlab   = 64      // flows allocated at once
)

func (t *flowTable) init() {
	t.heads = make([]*flow, firstHeads)
	for i := range t.seed {
		t.seed[i] = rand.Uint64() | 1
	}
}

// hash is the same for both directions.
func (t *flowTable) hash(a, b *Endpoint) uint64 {
	return t.hashEnd(a) + t.hashEnd(b)
}

func (t *flowTable) hashEnd(e *Endpoint) uint64 {
	ip := &e.IP
	hi := uint64(ip[0])<<56 | uint64(ip[1])<<48 | uint64(ip[2])<<40 | uint64(ip[3])<<32 |
		uint64(ip[4])<<24 | uint64(ip[5])<<16 | uint64(ip[6])<<8 | uint64(ip[7])
	lo := uint64(ip[8])<<56 | uint64(ip[9])<<48 | uint64(ip[10])<<40 | uint64(ip[11])<<32 |
		uint64(ip[12])<<24 | uint64(ip[13])<<16 | uint64(ip[14])<<8 | uint64(ip[15])
	h := fold(lo^t.seed[0], hi^t.seed[1])
	return fold(h^uint64(e.Port), t.seed[2])
}

// fold multiplies to 128 bits and mixes both halves.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// find returns the flow between two endpoints and which of its directions goes
// from src to dst; nil where there is none.
func (t *flowTable) find(src, dst *Endpoint, hash uint64) (*flow, int) {
	for f := t.heads[hash&uint64(len(t.heads)-1)]; f != nil; f = f.next {
		if f.hash != hash {
			continue
		}
		if f.ends[0] == *src && f.ends[1] == *dst {
			return f, 0
		}
		if f.ends[0] == *dst && f.ends[1] == *src {
			return f, 1
		}
	}
	return nil, 0
}

// add makes a flow from src to dst.
func (t *flowTable) add(src, dst *Endpoint, hash uint64) *flow {
	if t.count >= len(t.heads) {
		t.grow()
	}
	f := t.allocate()
	*f = flow{ends: [2]Endpoint{*src, *dst}, hash: hash}
	head := &t.heads[hash&uint64(len(t.heads)-1)]
	f.next, *head = *head, f
	t.count++
	t.other.Push(&f.use, f)
	return f
}

func (t *flowTable) allocate() *flow {
	if f := t.free; f != nil {
		t.free = f.next
		return f
	}
	if len(t.slab) == 0 {
		t.slab = make([]flow, flowSlab)
	}
	f := &t.slab[0]
	t.slab = t.slab[1:]
	return f
}

// remove forgets a flow; its streams have been released.
func (t *flowTable) remove(f *flow) {
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
	t.heads = make([]*flow, 2*len(old))
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
func (t *flowTable) order(f *flow) *order.List[flow] {
	if f.sip {
		return &t.sip
	}
	return &t.other
}

// oldest returns the flow to give up when there is no room.
func (t *flowTable) oldest() *flow {
	if f := t.other.Oldest(); f != nil {
		return f
	}
	return t.sip.Oldest()
}
