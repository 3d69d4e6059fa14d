package packet

import (
	"bytes"
	"slices"
	"sort"
	"unsafe"

	"simplecap/capture"
	"simplecap/decode/stream"
	"simplecap/internal/order"
)

// maxDatagram bounds the payload of a datagram that came in fragments, in bytes:
// more does not fit the 16-bit lengths of IP.
const maxDatagram = 65535

// Fragments puts IPv4 and IPv6 fragments together again. Neither of gopacket's
// packages serves: ip4defrag drops fragments with DF and short last ones, never
// completes packets with options, leaves the protocol out of its key and panics on
// overlaps that are cut; for IPv6 there is none.
//
// Fragments may come in any order. Where two overlap, the bytes that came first
// stay, and Contradicted says so where they differ. A datagram whose fragments were
// captured twice completes with the first set; what comes of it within Limits.CopyTime
// afterwards is taken for a copy, which is handed on if it completes as well and forgotten
// if it does not, unless it begins otherwise.
type Fragments struct {
	Stats FragmentStats
	// Incomplete is told of a datagram that misses a fragment: its first bytes, as far as
	// they came, how many fragments came, and their frames.
	Incomplete func(first []byte, count int, frames []capture.Ref)

	limits  *Limits
	now     int64 // largest capture time so far
	table   map[fragmentKey]*partial
	waiting partialList // datagrams that miss a fragment, oldest first
	done    partialList // datagrams that were complete, oldest first
	bytes   int         // of memory that the datagrams in the table take
	buffers bufferPool
	last    []byte // of the datagram that was complete last
	unused  []*partial
}

// FragmentStats counts what became of fragments.
type FragmentStats struct {
	Evicted    uint64 // datagrams given up because of a bound
	Incomplete uint64 // datagrams of which a fragment is missing, those among them
}

// fragmentKey tells datagrams apart (RFC 791 3.2, RFC 8200 4.5). IPv6 leaves the
// protocol out; the number of the Fragment header stands in its place.
type fragmentKey struct {
	src, dst Addr
	id       uint32
	protocol uint8
}

// partial is a datagram of which fragments have come.
type partial struct {
	key       fragmentKey
	data      []byte   // its bytes at their place; those outside of filled mean nothing
	filled    []extent // ordered, apart from each other
	total     int      // size, or 0 as long as the last fragment is missing
	captured  int      // bytes before the first that the snapshot length cut
	next      uint8    // protocol, as the first fragment says
	disputed  bool     // fragments contradict each other
	delivered bool     // was complete: this is the memory of it, or a copy
	head      [8]byte  // what the delivered one begins with: the header of UDP
	since     int64    // capture time when the first fragment came, or when it was complete
	frames    []capture.Ref
	count     int                  // fragments
	cost      int                  // bytes counted in Fragments.bytes
	where     order.Place[partial] // in Fragments.waiting or done
}

// extent is a range of bytes.
type extent struct{ from, to int }

// Init makes f ready for use.
func (f *Fragments) Init(limits *Limits) {
	f.limits = limits
	f.table = make(map[fragmentKey]*partial)
}

// Add keeps the fragment that a Walk has stopped at; now is the capture's clock. Where it
// completes its datagram the Walk goes on with that, as if it had come in the frame of
// this fragment, and Add reports true and the frames of all fragments, appended to parts.
// The datagram is valid until the next one is complete. A fragment that does not fit its
// datagram is Broken.
func (f *Fragments) Add(w *Walk, now int64, parts []capture.Ref) ([]capture.Ref, bool) {
	f.now = now
	g := f.add(w)
	if g == nil {
		return parts, false
	}
	parts = append(parts, g.frames...)
	disputed := g.disputed
	whole, buffer := f.complete(g)
	whole.v6 = w.IP.v6
	if disputed {
		w.At.Carriage |= stream.Contradicted
	}
	w.whole(&whole)
	f.buffers.put(f.last)
	f.last = buffer
	return parts, true
}

// add puts a fragment in its place and returns its datagram if that is complete now.
func (f *Fragments) add(w *Walk) *partial {
	h := &w.IP
	f.expire()
	at, more, ok := fragmentExtent(h)
	if !ok {
		w.end(Broken)
		return nil
	}
	g := f.find(fragmentKey{w.Src.IP, w.Dst.IP, h.ID, keyProtocol(h)})
	f.renew(g, h)
	g.note(w.At.Frame, f.limits.FrameList)
	if !g.fits(at, more) {
		g.disputed = true
		w.end(Broken)
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

func keyProtocol(h *Header) uint8 {
	if h.v6 {
		return protoFragment
	}
	return h.Next
}

// fragmentExtent returns where the fragment belongs, by the length that its header
// claims. All but the last are multiples of 8 bytes (RFC 791 3.1).
func fragmentExtent(h *Header) (at extent, more, ok bool) {
	length := h.length
	if length == noLength {
		length = len(h.Payload)
	}
	if h.more {
		length &^= 7
	}
	at = extent{h.Offset, h.Offset + length}
	return at, h.more, length > 0 && at.to <= maxDatagram
}

// find returns the datagram of the key, a new one where there is none.
func (f *Fragments) find(key fragmentKey) *partial {
	if g := f.table[key]; g != nil {
		return g
	}
	if f.waiting.len >= f.limits.Datagrams {
		f.evict(f.waiting.Oldest())
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

// renew waits for the rest of what was taken for a copy of a datagram before it and begins
// otherwise: its sender has used the identification again at once.
func (f *Fragments) renew(g *partial, h *Header) {
	if !g.delivered || h.Offset > 0 || len(h.Payload) < len(g.head) || g.head == [8]byte(h.Payload) || g.head == [8]byte{} {
		return
	}
	f.done.remove(g)
	g.delivered, g.since = false, f.now
	if f.waiting.len >= f.limits.Datagrams {
		f.evict(f.waiting.Oldest())
	}
	f.waiting.push(g)
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
func (f *Fragments) reserve(g *partial, size int) {
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
func (f *Fragments) charge(g *partial) bool {
	cost := g.memory()
	f.bytes += cost - g.cost
	g.cost = cost
	for f.bytes > f.limits.DatagramBytes {
		if f.done.len > 0 {
			f.forget(f.done.Oldest())
		} else {
			f.evict(f.waiting.Oldest())
		}
	}
	return f.table[g.key] == g
}

// place copies the fragment's bytes to where none have come before.
func (g *partial) place(at extent, more bool, h *Header) {
	if !more {
		g.total = at.to
	}
	if at.from == 0 && (len(g.filled) == 0 || g.filled[0].from > 0) {
		g.next = h.Next
	}
	if end := at.from + len(h.Payload); end < at.to {
		g.captured = min(g.captured, end)
	}
	from := at.from
	for _, r := range g.filled[firstTouching(g.filled, at):] {
		if r.from >= at.to {
			break
		}
		g.copy(extent{from, min(r.from, at.to)}, at.from, h.Payload)
		g.compare(extent{max(r.from, at.from), min(r.to, at.to)}, at.from, h.Payload)
		from = max(from, r.to)
	}
	g.copy(extent{from, at.to}, at.from, h.Payload)
	g.filled = insertExtent(g.filled, at)
}

// copy fills a range from the payload of a fragment that begins at offset; the
// payload may end before the range does.
func (g *partial) copy(r extent, offset int, payload []byte) {
	if from := r.from - offset; r.from < r.to && from < len(payload) {
		copy(g.data[r.from:r.to], payload[from:])
	}
}

// compare looks whether a range that has come before came with the same bytes, as far as
// both were captured.
func (g *partial) compare(r extent, offset int, payload []byte) {
	r.to = min(r.to, offset+len(payload), g.captured)
	if r.from < r.to && !bytes.Equal(g.data[r.from:r.to], payload[r.from-offset:r.to-offset]) {
		g.disputed = true
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
func (f *Fragments) complete(g *partial) (whole Header, buffer []byte) {
	whole = Header{Next: g.next, Payload: g.data[:min(g.total, g.captured)], length: g.total}
	buffer = g.data
	f.listOf(g).remove(g)
	f.bytes -= g.cost
	g.reset(g.key, f.now)
	g.cost = g.memory()
	f.bytes += g.cost
	g.delivered = true
	if len(whole.Payload) >= len(g.head) {
		g.head = [8]byte(whole.Payload)
	}
	if f.done.len >= f.limits.Datagrams {
		f.forget(f.done.Oldest())
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

func (f *Fragments) listOf(g *partial) *partialList {
	if g.delivered {
		return &f.done
	}
	return &f.waiting
}

// expire gives up what is older than the limits allow, by the capture's clock.
func (f *Fragments) expire() {
	for g := f.waiting.Oldest(); g != nil && f.now-g.since > int64(f.limits.FragmentTime); g = f.waiting.Oldest() {
		f.incomplete(g)
	}
	for g := f.done.Oldest(); g != nil && f.now-g.since > int64(f.limits.CopyTime); g = f.done.Oldest() {
		f.forget(g)
	}
}

// evict gives up a datagram because there are too many.
func (f *Fragments) evict(g *partial) {
	f.Stats.Evicted++
	f.incomplete(g)
}

// incomplete tells of a datagram that misses a fragment, and forgets it.
func (f *Fragments) incomplete(g *partial) {
	f.Stats.Incomplete++
	if f.Incomplete != nil {
		f.Incomplete(g.first(), g.count, g.frames)
	}
	f.forget(g)
}

// first is what was captured of the beginning of the datagram without a hole.
func (g *partial) first() []byte {
	if len(g.filled) == 0 || g.filled[0].from != 0 {
		return nil
	}
	return g.data[:min(g.filled[0].to, g.captured)]
}

// forget removes a datagram without a trace.
func (f *Fragments) forget(g *partial) {
	f.listOf(g).remove(g)
	delete(f.table, g.key)
	f.bytes -= g.cost
	f.buffers.put(g.data)
	g.data = nil
	g.reset(g.key, 0)
	f.unused = append(f.unused, g)
}

// Held returns for how many datagrams fragments are waited, and the bytes of memory that
// all take.
func (f *Fragments) Held() (datagrams, bytes int) { return f.waiting.len, f.bytes }

// Flush counts what never became complete, at the end of the capture.
func (f *Fragments) Flush() {
	for f.waiting.len > 0 {
		f.incomplete(f.waiting.Oldest())
	}
	for f.done.len > 0 {
		f.forget(f.done.Oldest())
	}
}

// partialList are datagrams in order of time.
type partialList struct {
	order.List[partial]
	len int
}

func (l *partialList) push(g *partial) {
	l.Push(&g.where, g)
	l.len++
}

func (l *partialList) remove(g *partial) {
	g.where.Remove()
	l.len--
}
