package decode

import (
	"math/bits"
	"slices"
	"sort"
	"unsafe"

	"simplecap/capture"
	"simplecap/decode/sip"
)

// maxDatagram bounds the payload of a datagram that came in fragments, in bytes:
// more does not fit the 16-bit lengths of IP.
const maxDatagram = 65535

// fragments puts IPv4 and IPv6 fragments together again. Neither of gopacket's
// packages serves: ip4defrag drops fragments with DF and short last ones, never
// completes packets with options, leaves the protocol out of its key and panics on
// overlaps that are cut; for IPv6 there is none.
//
// Fragments may come in any order. Where two overlap, the bytes that came first
// stay. A datagram whose fragments were captured twice completes with the first
// set; what comes of it within Limits.CopyTime afterwards is taken for a copy,
// which is handed on if it completes as well and forgotten if it does not.
type fragments struct {
	limits  *Limits
	stats   *Stats
	now     int64 // largest capture time so far
	table   map[fragmentKey]*partial
	waiting partialList // datagrams that miss a fragment, oldest first
	done    partialList // datagrams that were complete, oldest first
	bytes   int         // of memory that the datagrams in the table take
	buffers bufferPool
	unused  []*partial
}

// fragmentKey tells datagrams apart (RFC 791 3.2, RFC 8200 4.5). IPv6 leaves the
// protocol out; the number of the Fragment header stands in its place.
type fragmentKey struct {
	src, dst [16]byte
	id       uint32
	protocol uint8
}

// partial is a datagram of which fragments have come.
type partial struct {
	key        fragmentKey
	data       []byte   // its bytes at their place; those outside of filled mean nothing
	filled     []extent // ordered, apart from each other
	total      int      // size, or 0 as long as the last fragment is missing
	captured   int      // bytes before the first that the snapshot length cut
	next       uint8    // protocol, as the first fragment says
	delivered  bool     // was complete: this is the memory of it, or a copy
	since      int64    // capture time when the first fragment came, or when it was complete
	frames     []capture.Ref
	count      int // fragments
	cost       int // bytes counted in fragments.bytes
	prev, succ *partial
}

// extent is a range of bytes.
type extent struct{ from, to int }

func (f *fragments) init(limits *Limits, stats *Stats) {
	f.limits, f.stats = limits, stats
	f.table = make(map[fragmentKey]*partial)
	f.waiting.init()
	f.done.init()
}

// fragment keeps one fragment. Where it completes its datagram, that goes on as if
// it had come in the frame of this fragment. The datagram's buffer is used again
// once the handler has returned.
func (d *Decoder) fragment(p *packet, h *ipHeader) {
	d.carries = true
	if d.place != nil {
		d.place.fragment(p.src, p.dst, h)
		return
	}
	d.fragments.now = d.streams.clock // one clock for all that waits
	g := d.fragments.add(p, h)
	if g == nil {
		return
	}
	d.parts = append(d.parts[:0], g.frames...)
	p.parts = d.parts
	whole, buffer := d.fragments.complete(g)
	whole.v6 = h.v6
	p.carriage |= Fragmented
	p.cut = len(whole.payload) < whole.length
	if whole.skipExtensions(d.limits.ExtHeaders) && !whole.isFragment() {
		d.transport(p, whole.next, whole.payload)
	} else {
		d.broken()
	}
	d.fragments.buffers.put(buffer)
}

// add puts a fragment in its place and returns its datagram if that is complete now.
func (f *fragments) add(p *packet, h *ipHeader) *partial {
	f.expire()
	at, more, ok := fragmentExtent(h)
	if !ok {
		f.stats.DecodeErrors++
		return nil
	}
	g := f.find(fragmentKey{p.src.IP, p.dst.IP, h.id, keyProtocol(h)})
	g.note(p.ref, f.limits.FrameList)
	if !g.fits(at, more) {
		f.stats.DecodeErrors++
		f.charge(g)
		return nil
	}
	f.reserve(g, at.to)
	g.place(at, more, h)
	if !f.charge(g) {
		return nil
	}
	if g.total == 0 || len(g.filled) != 1 || g.filled[0] != (extent{0, g.total}) {
		return nil
	}
	return g
}

func keyProtocol(h *ipHeader) uint8 {
	if h.v6 {
		return protoFragment
	}
	return h.next
}

// fragmentExtent returns where the fragment belongs, by the length that its header
// claims. All but the last are multiples of 8 bytes (RFC 791 3.1).
func fragmentExtent(h *ipHeader) (at extent, more, ok bool) {
	length := h.length
	if length == noLength {
		length = len(h.payload)
	}
	if h.more {
		length &^= 7
	}
	at = extent{h.offset, h.offset + length}
	return at, h.more, length > 0 && at.to <= maxDatagram
}

// find returns the datagram of the key, a new one where there is none.
func (f *fragments) find(key fragmentKey) *partial {
	if g := f.table[key]; g != nil {
		return g
	}
	if f.waiting.len >= f.limits.Datagrams {
		f.evict(f.waiting.first())
	}
	var g *partial
	if n := len(f.unused); n > 0 {
		g, f.unused = f.unused[n-1], f.unused[:n-1]
	} else {
		g = new(partial)
	}
	g.reset(key, f.now)
	f.table[key] = g
	f.waiting.push(g)
	return g
}

// note remembers the frame of a fragment.
func (g *partial) note(frame capture.Ref, limit int) {
	g.count++
	if len(g.frames) < limit {
		g.frames = append(g.frames, frame)
	}
}

// fits reports whether the fragment agrees with what is known of the size.
func (g *partial) fits(at extent, more bool) bool {
	switch {
	case g.total > 0:
		return at.to <= g.total && (more || at.to == g.total)
	case !more && len(g.filled) > 0:
		return at.to >= g.filled[len(g.filled)-1].to
	}
	return true
}

// reserve makes the datagram's buffer large enough.
func (f *fragments) reserve(g *partial, size int) {
	if size <= cap(g.data) {
		g.data = g.data[:max(size, len(g.data))]
		return
	}
	grown := f.buffers.get(size)
	copy(grown, g.data)
	f.buffers.put(g.data)
	g.data = grown
}

// partialBytes is what a datagram takes beside its buffer and lists: itself and
// its entry in the table.
const partialBytes = 400

// memory is how many bytes the datagram takes.
func (g *partial) memory() int {
	return partialBytes + cap(g.data) + int(unsafe.Sizeof(extent{}))*cap(g.filled) + int(unsafe.Sizeof(capture.Ref(0)))*cap(g.frames)
}

// charge counts what the datagram takes now, at the cost of others where the
// limit is reached. It reports false where the datagram itself had to go.
func (f *fragments) charge(g *partial) bool {
	cost := g.memory()
	f.bytes += cost - g.cost
	g.cost = cost
	for f.bytes > f.limits.DatagramBytes {
		if f.done.len > 0 {
			f.forget(f.done.first())
		} else {
			f.evict(f.waiting.first())
		}
	}
	return f.table[g.key] == g
}

// place copies the fragment's bytes to where none have come before.
func (g *partial) place(at extent, more bool, h *ipHeader) {
	if !more {
		g.total = at.to
	}
	if at.from == 0 && (len(g.filled) == 0 || g.filled[0].from > 0) {
		g.next = h.next
	}
	if end := at.from + len(h.payload); end < at.to {
		g.captured = min(g.captured, end)
	}
	from := at.from
	for _, r := range g.filled[firstTouching(g.filled, at):] {
		if r.from >= at.to {
			break
		}
		g.copy(extent{from, min(r.from, at.to)}, at.from, h.payload)
		from = max(from, r.to)
	}
	g.copy(extent{from, at.to}, at.from, h.payload)
	g.filled = insertExtent(g.filled, at)
}

// copy fills a range from the payload of a fragment that begins at offset; the
// payload may end before the range does.
func (g *partial) copy(r extent, offset int, payload []byte) {
	if from := r.from - offset; r.from < r.to && from < len(payload) {
		copy(g.data[r.from:r.to], payload[from:])
	}
}

// firstTouching returns the first range that does not end before s.
func firstTouching(spans []extent, s extent) int {
	return sort.Search(len(spans), func(i int) bool { return spans[i].to >= s.from })
}

// insertExtent adds a range and joins those that touch.
func insertExtent(spans []extent, s extent) []extent {
	first := firstTouching(spans, s)
	last := first
	for last < len(spans) && spans[last].from <= s.to {
		s.from, s.to = min(s.from, spans[last].from), max(s.to, spans[last].to)
		last++
	}
	return slices.Replace(spans, first, last, s)
}

// complete takes the datagram and its buffer out of the table. Its key stays, so
// that late copies are known as such.
func (f *fragments) complete(g *partial) (whole ipHeader, buffer []byte) {
	whole = ipHeader{next: g.next, payload: g.data[:min(g.total, g.captured)], length: g.total}
	buffer = g.data
	f.listOf(g).remove(g)
	f.bytes -= g.cost
	g.reset(g.key, f.now)
	g.cost = g.memory()
	f.bytes += g.cost
	g.delivered = true
	if f.done.len >= f.limits.Datagrams {
		f.forget(f.done.first())
	}
	f.done.push(g)
	return whole, buffer
}

// spareExtents is how long the lists of a datagram may be that are used again.
const spareExtents = 16

// reset empties g for the fragments of a datagram. It keeps short lists.
func (g *partial) reset(key fragmentKey, now int64) {
	filled, frames := g.filled[:0], g.frames[:0]
	if cap(filled) > spareExtents {
		filled = nil
	}
	if cap(frames) > spareExtents {
		frames = nil
	}
	*g = partial{key: key, since: now, captured: maxDatagram, filled: filled, frames: frames}
}

func (f *fragments) listOf(g *partial) *partialList {
	if g.delivered {
		return &f.done
	}
	return &f.waiting
}

// expire gives up what is older than the limits allow, by the capture's clock.
func (f *fragments) expire() {
	for g := f.waiting.first(); g != nil && f.now-g.since > int64(f.limits.FragmentTime); g = f.waiting.first() {
		f.incomplete(g)
	}
	for g := f.done.first(); g != nil && f.now-g.since > int64(f.limits.CopyTime); g = f.done.first() {
		f.forget(g)
	}
}

// evict gives up a datagram because there are too many.
func (f *fragments) evict(g *partial) {
	f.stats.Evicted++
	f.incomplete(g)
}

// incomplete counts a datagram that misses a fragment, and forgets it.
func (f *fragments) incomplete(g *partial) {
	f.stats.FragmentsIncomplete++
	f.stats.Census.Packets[ClassFragment] += uint64(g.count)
	room := f.limits.FrameList - len(f.stats.IncompleteFrames)
	f.stats.IncompleteFrames = append(f.stats.IncompleteFrames, g.frames[:min(room, len(g.frames))]...)
	if g.beginsSIP() {
		f.stats.IncompleteSIP++
		room := f.limits.FrameList - len(f.stats.IncompleteSIPFrames)
		f.stats.IncompleteSIPFrames = append(f.stats.IncompleteSIPFrames, g.frames[:min(room, len(g.frames))]...)
	}
	f.forget(g)
}

// beginsSIP reports whether the first fragment came and begins a SIP message.
func (g *partial) beginsSIP() bool {
	const udpHeader = 8
	if len(g.filled) == 0 || g.filled[0].from != 0 || g.filled[0].to <= udpHeader {
		return false
	}
	return sip.StartsMessage(g.data[udpHeader:g.filled[0].to])
}

// forget removes a datagram without a trace.
func (f *fragments) forget(g *partial) {
	f.listOf(g).remove(g)
	delete(f.table, g.key)
	f.bytes -= g.cost
	f.buffers.put(g.data)
	g.data = nil
	g.reset(g.key, 0)
	f.unused = append(f.unused, g)
}

// flush counts what never became complete, at the end of the capture.
func (f *fragments) flush() {
	for f.waiting.len > 0 {
		f.incomplete(f.waiting.first())
	}
	for f.done.len > 0 {
		f.forget(f.done.first())
	}
}

// partialList is a list in order of time, without memory of its own.
type partialList struct {
	ends partial // its neighbours are the first and the last
	len  int
}

func (l *partialList) init() { l.ends.prev, l.ends.succ = &l.ends, &l.ends }

// first returns the oldest, nil in an empty list.
func (l *partialList) first() *partial {
	if l.len == 0 {
		return nil
	}
	return l.ends.succ
}

func (l *partialList) push(g *partial) {
	g.prev, g.succ = l.ends.prev, &l.ends
	g.prev.succ, l.ends.prev = g, g
	l.len++
}

func (l *partialList) remove(g *partial) {
	g.prev.succ, g.succ.prev = g.succ, g.prev
	g.prev, g.succ = nil, nil
	l.len--
}

// Buffers are powers of two from 2 KiB, so that most datagrams fit the smallest
// that is twice an Ethernet frame; some of each size are kept.
const (
	smallestBuffer = 11 // bits
	buffersKept    = 16
)

// bufferPool keeps buffers for use again.
type bufferPool [17 - smallestBuffer][][]byte

// get returns a buffer of size bytes, at most maxDatagram.
func (b *bufferPool) get(size int) []byte {
	class := max(bits.Len(uint(size-1)), smallestBuffer) - smallestBuffer
	kept := b[class]
	if len(kept) == 0 {
		return make([]byte, size, 1<<(class+smallestBuffer))
	}
	b[class] = kept[:len(kept)-1]
	return kept[len(kept)-1][:size]
}

// put takes back what get returned; nil is nothing.
func (b *bufferPool) put(buffer []byte) {
	if cap(buffer) == 0 {
		return
	}
	class := bits.Len(uint(cap(buffer)-1)) - smallestBuffer
	if len(b[class]) < buffersKept {
		b[class] = append(b[class], buffer)
	}
}
