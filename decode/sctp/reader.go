package sctp

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"time"

	"simplecap/internal/order"
	"simplecap/internal/preset"
)

// Limits are the bounds of a Reader. A zero field means the default.
type Limits struct {
	Directions   int           // directions of associations remembered (default 32,768)
	MessageBytes int           // longest user message (default 256 KiB)
	HeldBytes    int           // bytes of fragments held for all messages (default 16 MiB)
	Open         int           // messages of one direction that are not complete (default 1024)
	GapTime      time.Duration // how long a missing chunk is waited for: it may be sent again (default 5 s)
}

// DefaultLimits are the bounds used where Limits are zero.
var DefaultLimits = Limits{Directions: 1 << 15, MessageBytes: 256 << 10, HeldBytes: 16 << 20, Open: 1024, GapTime: 5 * time.Second}

func (l Limits) withDefaults() Limits {
	preset.Numbers(&l, DefaultLimits)
	return l
}

// Stats counts what a Reader has seen.
type Stats struct {
	Packets     uint64 // with a common header
	Broken      uint64 // packets with chunks that cannot be read
	BadChecksum uint64 // packets whose CRC32c is wrong
	Repeated    uint64 // chunks with a TSN that was there before
	Missing     uint64 // chunks that the capture lacks, of associations that matter to the Sink
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
	// Message takes a user message as soon as it is complete. It reports whether it matters
	// what is missing of the association.
	Message(m *Message[M]) (matters bool)
	// Missing says that chunks of an association that matters are not in the capture, or
	// have not come yet.
	Missing(m *Missing[M])
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
	Due   int64 // when Advance has something to do, math.MaxInt64 for never

	out     Sink[M]
	limits  Limits
	dirs    map[dirKey]*direction[M]
	used    order.List[direction[M]] // in the order of use
	pairs   map[pairKey]*association[M]
	loose   map[[2]uint16][]*direction[M] // whose other direction is not known, by their ports
	number  uint64                        // associations numbered
	clock   int64
	waits   order.List[direction[M]] // that lack chunks which may come, by since when
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
		Due: math.MaxInt64,
		out: out, limits: limits.withDefaults(), dirs: make(map[dirKey]*direction[M]), pairs: make(map[pairKey]*association[M]), loose: make(map[[2]uint16][]*direction[M]), seed: maphash.MakeSeed(),
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
		case chunkInit:
			r.init(key, body, src, dst)
		case chunkInitAck:
			r.initAck(key, body, src, dst)
		case chunkSack, chunkShutdown:
			r.acknowledged(key, body, src, dst, at)
		case chunkForwardTSN, chunkIForwardTSN:
			r.abandoned(key, body)
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

// init remembers where the sender of INIT begins to count (RFC 9260 3.3.2).
func (r *Reader[M]) init(key dirKey, b []byte, src, dst [16]byte) {
	if len(b) < initHeader {
		return
	}
	d := r.direction(dirKey{key.dst, key.src, binary.BigEndian.Uint32(b[4:])}, dst, src)
	d.offered, d.initial = true, binary.BigEndian.Uint32(b[16:])
}

// initAck links the two directions of an association: packets that go where this
// one came from bear the tag in it (RFC 9260 3.3.3).
func (r *Reader[M]) initAck(key dirKey, b []byte, src, dst [16]byte) {
	if len(b) < initHeader {
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
		there.association = &association[M]{number: r.number}
		back.association = there.association
	}
	there.linked, back.linked = true, true
	there.back, back.back = back, there
	if !there.started {
		there.start(binary.BigEndian.Uint32(b[16:]))
	}
	if there.offered && !back.started {
		back.start(there.initial)
	}
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
		r.out.Abort(d.association.number, key.src, key.dst, at)
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
	d := &direction[M]{key: key, src: src, dst: dst}
	r.pair(d)
	r.loosen(d)
	r.dirs[key] = d
	r.used.Push(&d.use, d)
	return d
}

// pair finds the association between the two ends of a direction, as far as addresses
// tell it, and the other direction.
func (r *Reader[M]) pair(d *direction[M]) {
	p, end := d.pair()
	a := r.pairs[p]
	if a == nil {
		r.number++
		a = &association[M]{number: r.number}
		r.pairs[p] = a
	}
	d.association, a.ends[end] = a, d
	if back := a.ends[1-end]; back != nil && !back.linked {
		d.back, back.back = back, d
	}
}

// pair is the key of a direction's association, and which of its ends it is.
func (d *direction[M]) pair() (p pairKey, end int) {
	if string(d.src[:]) > string(d.dst[:]) || d.src == d.dst && d.key.src > d.key.dst {
		return pairKey{d.dst, d.src, d.key.dst, d.key.src}, 1
	}
	return pairKey{d.src, d.dst, d.key.src, d.key.dst}, 0
}

// unpair forgets a direction, and the association with the last one that is known of it: there
// are no more of them than directions.
func (r *Reader[M]) unpair(d *direction[M]) {
	p, end := d.pair()
	a := r.pairs[p]
	if a == nil {
		return
	}
	if a.ends[end] == d {
		a.ends[end] = nil
	}
	if a.ends == [2]*direction[M]{} {
		delete(r.pairs, p)
	}
}

// forget gives a direction up.
func (r *Reader[M]) forget(d *direction[M]) {
	r.tell(d)
	d.use.Remove()
	if d.back != nil && d.back.back == d {
		d.back.back = nil
	}
	r.unpair(d)
	for m := d.open; m != nil; m = m.next {
		r.Stats.Incomplete++
		r.unqueue(m)
	}
	r.tighten(d)
	delete(r.dirs, d.key)
}

// Flush tells of the chunks that are missing and counts the messages that will not be
// complete any more.
func (r *Reader[M]) Flush() {
	for d := r.used.Oldest(); d != nil; d = r.used.Oldest() {
		r.forget(d)
	}
}
