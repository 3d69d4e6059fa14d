package sctp

import (
	"hash/maphash"
	"slices"

	"simplecap/internal/order"
)

// window is how many TSNs behind the largest one are remembered.
const window = 4096

// direction is one direction of an association.
type direction[M any] struct {
	key         dirKey
	src, dst    [16]byte // of its first packet
	association *association[M]
	back        *direction[M] // the other direction; nil where it is not known
	linked      bool          // both directions are known by their handshake, or by what is acknowledged
	good        bool          // a checksum was right
	ended       bool
	fromZero    bool // it numbers the second fragment of I-DATA 0, as Linux does
	fromOne     bool // it is known to number it 1, as RFC 8260 2.1 has it
	started     bool
	base        uint32 // the first TSN that is missed where it does not come
	highest     uint32
	offered     bool   // the end that this direction goes to has sent INIT,
	initial     uint32 // and will begin with this TSN
	holes       holes[M]
	seen        [window / 64]uint64
	sums        *[sums]uint64             // of the bytes of the latest chunks, by TSN; 0 where that is not known
	open        *message[M]               // messages that are not complete, the newest first
	use         order.Place[direction[M]] // in Reader.used
}

// message is a user message in fragments: of DATA a run of TSNs, of I-DATA
// fragments of one message identifier.
type message[M any] struct {
	next      *message[M] // of its direction
	in        *direction[M]
	place     order.Place[message[M]] // in Reader.waiting, with those of all directions
	iData     bool
	stream    uint16
	unordered bool
	mid       uint32
	size      int // bytes held for it
	fragments []fragment[M]
}

// fragment is one chunk of a message.
type fragment[M any] struct {
	tsn, fsn, ppid uint32
	flags          byte
	data           []byte
	at             M
}

const (
	fragmentCost = 128 // memory of a fragment beside its bytes
	messageCost  = 128
)

// start says which TSN is the first.
func (d *direction[M]) start(tsn uint32) {
	d.started, d.base, d.highest, d.seen = true, tsn, tsn-1, [window / 64]uint64{}
}

// raise makes a TSN the highest that is known, less than a window ahead, and returns how
// many should have come up to it and with it.
func (d *direction[M]) raise(tsn uint32) uint32 {
	for n := d.highest + 1; n != tsn+1; n++ {
		d.seen[n%window/64] &^= 1 << (n % 64)
	}
	first := d.highest + 1
	if d.highest = tsn; int32(d.base-first) > 0 {
		first = d.base
	}
	return uint32(max(int32(tsn+1-first), 0))
}

// has reports whether a TSN has come that is at most a window behind the highest.
func (d *direction[M]) has(tsn uint32) bool { return d.seen[tsn%window/64]&(1<<(tsn%64)) != 0 }

// fresh reports whether a TSN comes for the first time, and remembers it.
func (r *Reader[M]) fresh(d *direction[M], tsn uint32, at M) bool {
	if !d.started {
		d.start(tsn)
	}
	passed := uint32(0)
	switch ahead := int32(tsn - d.highest); {
	case ahead >= window || ahead <= -16*window: // another numbering, or a great many are missing
		if ahead > 0 && ahead < 16*window {
			passed = uint32(ahead - 1)
		}
		d.start(tsn)
		d.highest = tsn
	case ahead > 0:
		passed = max(d.raise(tsn), 1) - 1
	case ahead <= -window || d.has(tsn):
		return false
	case int32(tsn-d.base) >= 0:
		r.found(d)
	}
	d.seen[tsn%window/64] |= 1 << (tsn % 64)
	r.miss(d, passed, at)
	return true
}

// sums is how many of the latest chunks are remembered by their bytes.
const sums = 256

// remember keeps what tells the bytes of a chunk from others. A chunk that was cut is
// remembered as none.
func (d *direction[M]) remember(c *chunk, seed maphash.Seed) {
	if d.sums == nil {
		d.sums = new([sums]uint64)
	}
	sum := &d.sums[c.tsn%sums]
	if *sum = 0; !c.cut {
		*sum = maphash.Bytes(seed, c.data)
	}
}

// differs reports whether the chunk of a TSN that is not fresh had other bytes, as far as
// that is known.
func (d *direction[M]) differs(tsn uint32, sum uint64) bool {
	behind := d.highest - tsn
	return behind < sums && d.sums[tsn%sums] != 0 && d.sums[tsn%sums] != sum
}

// data takes one DATA or I-DATA chunk.
func (r *Reader[M]) data(d *direction[M], b []byte, cut bool, at M) {
	var c chunk
	if !readChunk(b, &c) {
		r.broken(cut)
		return
	}
	if cut && !c.whole() { // as good as missing
		r.Stats.Incomplete++
		return
	}
	if !r.fresh(d, c.tsn, at) {
		r.Stats.Repeated++
		if !cut && d.differs(c.tsn, maphash.Bytes(r.seed, c.data)) {
			r.out.Contradicted(d.association.number, d.key.src, d.key.dst, c.data, at)
		}
		return
	}
	c.cut = cut
	d.remember(&c, r.seed)
	if c.whole() {
		r.emit(d, &c, c.ppid, c.data, at, nil)
		return
	}
	r.fragment(d, &c, at)
}

// emit hands a message on.
func (r *Reader[M]) emit(d *direction[M], c *chunk, ppid uint32, data []byte, at M, parts []M) {
	r.msg = Message[M]{
		Association: d.association.number, SrcPort: d.key.src, DstPort: d.key.dst, Stream: c.stream, PPID: ppid,
		Unordered: c.flags&flagUnordered != 0, Cut: c.cut, Data: data, At: at, Parts: parts,
	}
	if r.out.Message(&r.msg) && !d.association.matters {
		r.mattered(d)
	}
}

// fragment takes a chunk that is a part of a message.
func (r *Reader[M]) fragment(d *direction[M], c *chunk, at M) {
	m := r.find(d, c)
	if m.size+len(c.data) > r.limits.MessageBytes {
		r.Stats.Evicted++
		r.drop(d, m)
		return
	}
	size := len(c.data) + fragmentCost
	if m.fragments == nil {
		size += messageCost
	}
	m.size += size
	r.held += size
	f := fragment[M]{c.tsn, c.fsn, c.ppid, c.flags, slices.Clone(c.data), at}
	if c.flags&flagBeginning != 0 {
		f.fsn = 0
	}
	i := m.insert(&f)
	if c.iData {
		r.tryIData(d, c, m, at)
	} else {
		r.tryData(d, c, m, i, at)
	}
	for m := r.waiting.Oldest(); m != nil && r.held > r.limits.HeldBytes; m = r.waiting.Oldest() {
		r.Stats.Evicted++
		r.drop(m.in, m)
	}
}

// find returns the message that a fragment belongs to. The fragments of DATA on a
// stream wait together until a run of them is whole.
func (r *Reader[M]) find(d *direction[M], c *chunk) *message[M] {
	unordered := c.flags&flagUnordered != 0
	n := 0
	for m := d.open; m != nil; m = m.next {
		if n++; n == r.limits.Open {
			r.Stats.Evicted++
			r.drop(d, m)
			break
		}
		if m.iData == c.iData && m.stream == c.stream && m.unordered == unordered && (!c.iData || m.mid == c.mid) {
			return m
		}
	}
	m := &message[M]{next: d.open, in: d, iData: c.iData, stream: c.stream, unordered: unordered, mid: c.mid}
	d.open = m
	r.waiting.Push(&m.place, m)
	return m
}

// insert puts a fragment in its place among those of its message, by TSN or, of I-DATA, with
// the first one in front and the others by number, and returns that.
func (m *message[M]) insert(f *fragment[M]) int {
	i, _ := slices.BinarySearchFunc(m.fragments, f, func(a fragment[M], f *fragment[M]) int {
		switch {
		case !m.iData:
			return int(int32(a.tsn - f.tsn))
		case a.flags&flagBeginning != f.flags&flagBeginning:
			return int(f.flags&flagBeginning) - int(a.flags&flagBeginning)
		}
		return int(int32(a.fsn - f.fsn))
	})
	m.fragments = slices.Insert(m.fragments, i, *f)
	return i
}

// tryData looks for a whole run of TSNs around the fragment at i, which came last (RFC 9260 6.9).
func (r *Reader[M]) tryData(d *direction[M], c *chunk, m *message[M], i int, at M) {
	list := m.fragments
	low, high := i, i
	for low > 0 && list[low].flags&flagBeginning == 0 && list[low-1].tsn == list[low].tsn-1 {
		low--
	}
	for high < len(list)-1 && list[high].flags&flagEnd == 0 && list[high+1].tsn == list[high].tsn+1 {
		high++
	}
	if list[low].flags&flagBeginning == 0 || list[high].flags&flagEnd == 0 {
		return
	}
	r.complete(d, c, list[low:high+1], at)
	for j := low; j <= high; j++ {
		m.size -= len(list[j].data) + fragmentCost
		r.held -= len(list[j].data) + fragmentCost
	}
	if m.fragments = slices.Delete(list, low, high+1); len(m.fragments) == 0 {
		r.remove(d, m)
	}
}

// tryIData looks whether all fragments of a message are there (RFC 8260 2.1). The
// second has the number 1; Linux gives it 0.
func (r *Reader[M]) tryIData(d *direction[M], c *chunk, m *message[M], at M) {
	if c.flags&flagBeginning == 0 && c.fsn == 0 {
		d.fromZero = true
	}
	list := m.fragments
	first := uint32(1)
	if d.fromZero {
		first = 0
	}
	if list[0].flags&flagBeginning == 0 || list[len(list)-1].flags&flagEnd == 0 {
		return
	}
	for i := range list[1:] {
		if list[i+1].fsn != first+uint32(i) {
			return
		}
	}
	if !d.fromZero && !d.fromOne && len(list) > 1 && !d.numbersFromOne(list) {
		return
	}
	r.complete(d, c, list, at)
	r.remove(d, m)
}

// numbersFromOne reports whether the fragments of a message show that the second has the
// number 1: none lies where one with the number 0 would be before it, or nothing is
// missing there. Else a fragment may be on its way.
func (d *direction[M]) numbersFromOne(list []fragment[M]) bool {
	begin, end := list[0].tsn, list[1].tsn
	if d.fromOne = end-begin == 1; d.fromOne {
		return true
	}
	for tsn := begin + 1; tsn != end; tsn++ {
		if d.highest-tsn >= window || !d.has(tsn) {
			return false
		}
	}
	d.fromOne = true
	return true
}

// complete hands on a message that all fragments are there of.
func (r *Reader[M]) complete(d *direction[M], c *chunk, list []fragment[M], at M) {
	r.buf, r.parts = r.buf[:0], r.parts[:0]
	for i := range list {
		r.buf = append(r.buf, list[i].data...)
		r.parts = append(r.parts, list[i].at)
	}
	r.emit(d, c, list[0].ppid, r.buf, at, r.parts)
}

// remove takes a message out of the list of those that are not complete.
func (r *Reader[M]) remove(d *direction[M], m *message[M]) {
	r.unqueue(m)
	for p := &d.open; *p != nil; p = &(*p).next {
		if *p == m {
			*p = m.next
			return
		}
	}
}

// drop gives a message up.
func (r *Reader[M]) drop(d *direction[M], m *message[M]) {
	r.Stats.Incomplete++
	r.remove(d, m)
}

// unqueue takes a message out of the order in which they began, and its bytes out of
// what is held.
func (r *Reader[M]) unqueue(m *message[M]) {
	r.held -= m.size
	m.place.Remove()
}
