package sctp

import (
	"encoding/binary"
	"math"

	"simplecap/internal/order"
)

// association is what both directions have in common.
type association[M any] struct {
	number  uint64
	matters bool             // the Sink wants to know what is missing of it
	ends    [2]*direction[M] // the latest directions between its addresses, in the order of these
}

// Missing says that the capture lacks chunks of a direction, or may.
type Missing[M any] struct {
	State       State
	Association uint64
	Src, Dst    [16]byte // addresses of the direction's first packet
	SrcPort     uint16
	DstPort     uint16
	Chunks      uint32 // with Lost: how many
	At          M      // of the packet that showed it
}

// State is what is known of chunks that have not come.
type State uint8

// What is known of them.
const (
	Awaited State = iota + 1 // later ones have come, or were acknowledged
	Come                     // those that were awaited have come
	Lost                     // they are waited for no more
)

// holes are the chunks of a direction that the capture lacks: TSNs between the first and the
// highest that it has shown, be it by a chunk or by a receiver that acknowledged it.
type holes[M any] struct {
	chunks uint32 // how many there are
	told   uint32 // of these
	since  int64  // the clock when the first of the others was missed
	at     M      // of the packet that showed that
	place  order.Place[direction[M]]
}

// miss notes that n TSNs were passed over.
func (r *Reader[M]) miss(d *direction[M], n uint32, at M) {
	w := &d.holes
	w.chunks += n
	if n > 0 && !w.place.Listed() {
		w.since, w.at = r.clock, at
		r.waits.Push(&w.place, d)
		r.say(d, Awaited, 0)
		r.Due = min(r.Due, w.since+int64(r.limits.GapTime))
	}
}

// found notes that a TSN which was passed over has come.
func (r *Reader[M]) found(d *direction[M]) {
	w := &d.holes
	if w.chunks--; w.chunks > w.told {
		return
	}
	w.told = w.chunks
	if w.place.Listed() {
		w.place.Remove()
		r.say(d, Come, 0)
	}
}

// say tells of chunks of a direction, if its association matters.
func (r *Reader[M]) say(d *direction[M], state State, chunks uint32) {
	if d.association.matters {
		r.out.Missing(&Missing[M]{
			State: state, Association: d.association.number, Src: d.src, Dst: d.dst, SrcPort: d.key.src, DstPort: d.key.dst, Chunks: chunks, At: d.holes.at,
		})
	}
}

// Advance moves the clock, in nanoseconds, and tells of chunks that have been missing for
// too long. Call it before each packet, and once Due has come.
func (r *Reader[M]) Advance(now int64) {
	r.clock, r.Due = now, math.MaxInt64
	for d := r.waits.Oldest(); d != nil; d = r.waits.Oldest() {
		if due := d.holes.since + int64(r.limits.GapTime); due >= r.clock {
			r.Due = due
			return
		}
		r.tell(d)
	}
}

// tell tells of the chunks of a direction that are missing. Those of an association that
// has shown nothing that matters wait for it.
func (r *Reader[M]) tell(d *direction[M]) {
	w := &d.holes
	w.place.Remove()
	if n := w.chunks - w.told; n > 0 && d.association.matters {
		r.Stats.Missing += uint64(n)
		w.told = w.chunks
		r.say(d, Lost, n)
	}
}

// mattered tells what waited for it, once an association matters.
func (r *Reader[M]) mattered(d *direction[M]) {
	d.association.matters = true
	for _, side := range []*direction[M]{d, d.back} {
		if side != nil && side.association == d.association && side.holes.chunks > 0 && !side.holes.place.Listed() {
			r.tell(side)
		}
	}
}

// acknowledged takes a SACK or SHUTDOWN (RFC 9260 3.3.4, 3.3.8): what is up to its
// cumulative TSN was sent, so that the capture lacks what it has not shown of that.
func (r *Reader[M]) acknowledged(key dirKey, b []byte, src, dst [16]byte, at M) {
	if len(b) < 8 {
		return
	}
	d, tsn := r.dirs[key], binary.BigEndian.Uint32(b[4:])
	if d == nil || d.back == nil {
		if d = r.joined(key, tsn, src, dst); d == nil {
			return
		}
	}
	d = d.back
	if !d.started {
		first := tsn + 1
		if b[0] == chunkSack && d.offered { // who began in the capture has received a chunk since: only that makes it send a SACK (RFC 9260 6.2)
			first = tsn
		}
		d.start(first)
	}
	if ahead := int32(tsn - d.highest); ahead > 0 && ahead < window {
		r.miss(d, d.raise(tsn), at)
	}
}

// abandoned takes a FORWARD TSN or I-FORWARD-TSN (RFC 3758 3.2, RFC 8260 2.3.1): what is up
// to its TSN need not come, and may never have been sent.
func (r *Reader[M]) abandoned(key dirKey, b []byte) {
	d := r.dirs[key]
	if d == nil || !d.started || len(b) < 8 {
		return
	}
	tsn := binary.BigEndian.Uint32(b[4:])
	if ahead := int32(tsn - d.base); ahead < 0 || ahead >= window {
		return
	}
	for ; d.base != tsn+1; d.base++ {
		if behind := d.highest - d.base; behind < window && !d.has(d.base) {
			r.found(d)
		}
	}
}
