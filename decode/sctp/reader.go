package sctp

import (
	"encoding/binary"
	"hash/maphash"

	"simplecap/internal/order"
)

// Limits are the bounds of a Reader. A zero field means the default.
type Limits struct {
	Directions   int // directions of associations remembered (default 32,768)
	MessageBytes int // longest user message (default 256 KiB)
	HeldBytes    int // bytes of fragments held for all messages (default 16 MiB)
	Open         int // messages of one direction that are not complete (default 1024)
}

// DefaultLimits are the bounds used where Limits are zero.
var DefaultLimits = Limits{Directions: 1 << 15, MessageBytes: 256 << 10, HeldBytes: 16 << 20, Open: 1024}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		p *int
		v int
	}{
		{&l.Directions, DefaultLimits.Directions}, {&l.MessageBytes, DefaultLimits.MessageBytes}, {&l.HeldBytes, DefaultLimits.HeldBytes},
		{&l.Open, DefaultLimits.Open},
	} {
		if *f.p <= 0 {
			*f.p = f.v
		}
	}
	return l
}

// Stats counts what a Reader has seen.
type Stats struct {
	Packets     uint64 // with a common header
	Broken      uint64 // packets with chunks that cannot be read
	BadChecksum uint64 // packets whose CRC32c is wrong
	Repeated    uint64 // chunks with a TSN that was there before
	Incomplete  uint64 // user messages of which fragments are missing
	Evicted     uint64 // directions and messages given up because of a bound
}

// Message is one user message. What it points to is valid until Sink.Message returns.
type Message[M any] struct {
	Association uint64 // its number
	SrcPort     uint16
	DstPort     uint16
	Stream      uint16
	PPID        uint32 // payload protocol identifier; says nothing reliable
	Unordered   bool
	Cut         bool // the capture cut its end
	Data        []byte
	At          M   // of the packet that completed it
	Parts       []M // of all its fragments in their order, where they are several
}

// Sink takes what a Reader finds.
type Sink[M any] interface {
	// Message takes a user message as soon as it is complete.
	Message(m *Message[M])
	// Abort says that an association has ended at once (RFC 9260 9.1); from the end
	// with the source port of the packet at hand.
	Abort(association uint64, srcPort, dstPort uint16, at M)
	// Contradicted says that data came with a TSN that was there before with other data,
	// which was read. It is told of the latest TSNs only.
	Contradicted(association uint64, srcPort, dstPort uint16, data []byte, at M)
}

// Reader puts user messages together. M is what its owner marks packets with. It is
// used by one goroutine.
type Reader[M any] struct {
	Stats Stats

	out     Sink[M]
	limits  Limits
	dirs    map[dirKey]*direction[M]
	used    order.List[direction[M]] // in the order of use
	pairs   map[pairKey]uint64
	number  uint64 // associations numbered
	held    int
	waiting order.List[message[M]] // that are not complete, by when they began
	msg     Message[M]
	buf     []byte
	parts   []M
	seed    maphash.Seed
}

// dirKey finds a direction.
type dirKey struct {
	src, dst uint16
	tag      uint32
}

// pairKey finds the association of directions whose handshake was not seen.
type pairKey struct {
	low, high         [16]byte
	lowPort, highPort uint16
}

// NewReader returns a Reader that hands messages to out.
func NewReader[M any](out Sink[M], limits Limits) *Reader[M] {
	return &Reader[M]{
		out: out, limits: limits.withDefaults(), dirs: make(map[dirKey]*direction[M]), pairs: make(map[pairKey]uint64), seed: maphash.MakeSeed(),
	}
}

// Packet reads one SCTP packet between two addresses. cut says that the capture has
// not all of it. b is not kept.
func (r *Reader[M]) Packet(src, dst [16]byte, b []byte, cut bool, at M) {
	if len(b) < commonHeader {
		if !cut {
			r.Stats.Broken++
		}
		return
	}
	r.Stats.Packets++
	key := dirKey{binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:])}
	good := cut || checksumOK(b)
	if !good {
		r.Stats.BadChecksum++
	}
	var d *direction[M]
	for rest := b[commonHeader:]; len(rest) > 0; {
		if len(rest) < chunkHeader {
			r.broken(cut)
			return
		}
		n := int(binary.BigEndian.Uint16(rest[2:]))
		short := n > len(rest)
		if n < chunkHeader || short && !cut {
			r.broken(cut)
			return
		}
		body := rest[:min(n, len(rest))]
		switch body[0] {
		case chunkData, chunkIData:
			if d == nil {
				d = r.direction(key, src, dst)
				if d.good = d.good || good; d.good && !good {
					return // damaged; where all are wrong, the network card sets them later
				}
			}
			r.data(d, body, short, at)
		case chunkInitAck:
			r.initAck(key, body, src, dst)
		case chunkAbort, chunkShutdownComplete:
			r.end(key, body, at)
		}
		rest = rest[min((n+3)&^3, len(rest)):]
	}
}

func (r *Reader[M]) broken(cut bool) {
	if !cut {
		r.Stats.Broken++
	}
}

// initAck links the two directions of an association: packets that go where this
// one came from bear the tag in it (RFC 9260 3.3.3).
func (r *Reader[M]) initAck(key dirKey, b []byte, src, dst [16]byte) {
	if len(b) < 8 {
		return
	}
	there := r.direction(key, src, dst)
	back := r.direction(dirKey{key.dst, key.src, binary.BigEndian.Uint32(b[4:])}, dst, src)
	switch {
	case there.linked && !back.linked: // INIT was sent again, and each answer names another tag
		back.association = there.association
	case back.linked && !there.linked:
		there.association = back.association
	case !there.linked:
		r.number++
		there.association, back.association = r.number, r.number
	}
	there.linked, back.linked = true, true
}

// end takes ABORT and SHUTDOWN COMPLETE.
func (r *Reader[M]) end(key dirKey, b []byte, at M) {
	d := r.dirs[key]
	if b[1]&flagReflected != 0 {
		d = r.dirs[dirKey{key.dst, key.src, key.tag}]
	}
	if d == nil || d.ended {
		return
	}
	d.ended = true
	if b[0] == chunkAbort {
		r.out.Abort(d.association, key.src, key.dst, at)
	}
}

// direction finds a direction, or begins it.
func (r *Reader[M]) direction(key dirKey, src, dst [16]byte) *direction[M] {
	if d := r.dirs[key]; d != nil {
		if r.used.Newest() != d {
			d.use.Remove()
			r.used.Push(&d.use, d)
		}
		return d
	}
	if len(r.dirs) >= r.limits.Directions {
		r.Stats.Evicted++
		r.forget(r.used.Oldest())
	}
	d := &direction[M]{key: key, association: r.pair(key, src, dst)}
	r.dirs[key] = d
	r.used.Push(&d.use, d)
	return d
}

// pair numbers the association between two ends, as far as addresses tell it.
func (r *Reader[M]) pair(key dirKey, src, dst [16]byte) uint64 {
	p := pairKey{src, dst, key.src, key.dst}
	if string(src[:]) > string(dst[:]) || src == dst && key.src > key.dst {
		p = pairKey{dst, src, key.dst, key.src}
	}
	n, ok := r.pairs[p]
	if !ok {
		if len(r.pairs) >= r.limits.Directions {
			clear(r.pairs)
		}
		r.number++
		n = r.number
		r.pairs[p] = n
	}
	return n
}

// forget gives a direction up.
func (r *Reader[M]) forget(d *direction[M]) {
	d.use.Remove()
	for m := d.open; m != nil; m = m.next {
		r.Stats.Incomplete++
		r.unqueue(m)
	}
	delete(r.dirs, d.key)
}

// Flush counts the messages that will not be complete any more.
func (r *Reader[M]) Flush() {
	for d := r.used.Oldest(); d != nil; d = r.used.Oldest() {
		r.forget(d)
	}
}
