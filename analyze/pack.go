package analyze

import (
	"encoding/binary"
	"slices"
	"sync"
	"unsafe"

	"github.com/klauspost/compress/s2"
)

// Transactions over UDP stay open for half a minute after their answer (RFC 3261 17.2.2),
// and next to nothing comes for them any more. Chunks of such ones are packed: a record's
// fields hardly differ from those of the record before, so a chunk's records by columns, and
// its strings, take a quarter of their room. What is asked for one of them unpacks the chunk
// and it stays so: each chunk is packed once at most, whatever comes from the wire.
//
// Packing goes on beside the analyzer's goroutine, one chunk at a time. The chunk counts as
// packed from the moment it is chosen, and its bytes when the next one is chosen or anything
// is unpacked, so that what is done does not depend on how long that takes.

// resting is what a packed chunk holds in place of its memory.
type resting struct {
	memory        []byte // outside the heap: the records by columns, text and nodes, each compressed
	columns, text int    // where the first two end in memory
	texts, nodes  int    // how many bytes of text and how many nodes there are
	open, waiting places // records that are open, and those of them without a final response
}

// places has a bit for each record of a chunk.
type places [chunkRecords / 64]uint64

func (p *places) set(at int)      { p[at/64] |= 1 << (at % 64) }
func (p *places) has(at int) bool { return p[at/64]>>(at%64)&1 != 0 }

// packer packs chunks of a store, from the oldest on.
type packer struct {
	limit   int64      // Limits.Unpacked
	next    *chunk     // the first that has not been looked at
	bytes   int64      // of chunks that are packed
	tried   int        // chunks looked at of late
	early   int        // packed ones that were asked for before they were the oldest, of late
	mu      sync.Mutex // for unpacking, which a goroutine beside the analyzer's does at the end
	scratch []byte     // the columns of one chunk
	out     []byte
	now     *chunk      // is being packed beside, or nil
	done    chan packed // what comes of it
}

// packed is what has become of a chunk, in the packer's memory, which it lends.
type packed struct {
	scratch, out  []byte
	columns, text int // where these end in out
}

// stayAwake is how many of the newest chunks are never packed.
const stayAwake = 2

// packOld packs the oldest chunks while more is not packed than may be. It gives up
// for a while where most of what it packs is asked for again.
func (s *store) packOld() {
	p := &s.packer
	for p.next != nil && s.awakeBytes() > p.awakeLimit() && s.added+1-p.next.firstID >= (stayAwake+1)*chunkRecords {
		c := p.next
		p.next = c.next
		if p.tried++; p.tried == 64 {
			p.tried, p.early = p.tried/2, p.early/2
		}
		if c != s.first && c.full && c.packable() && 2*p.early <= p.tried {
			s.pack(c)
		}
	}
}

// awakeLimit is how many bytes need not be packed. What is open for a few seconds is best
// never packed, so packing begins late; the more is packed, the less may be left as it is, so
// that all together stays about the limit.
func (p *packer) awakeLimit() int64 { return max(p.limit*2/5, p.limit-p.bytes) }

// packable reports whether all of the chunk is in its own memory.
func (c *chunk) packable() bool {
	return cap(c.text) == textBytes && len(c.nodes) <= chunkNodes
}

// awakeBytes is how many bytes are neither packed nor being packed.
func (s *store) awakeBytes() int64 {
	if c := s.packer.now; c != nil {
		return s.size - s.packer.bytes - c.counted
	}
	return s.size - s.packer.bytes
}

// pack begins to pack the chunk: see settle.
func (s *store) pack(c *chunk) {
	s.settle()
	p, r := &s.packer, &resting{texts: len(c.text), nodes: len(c.nodes)}
	for i := range c.records[:c.used] {
		if one := &c.records[i]; one.is(isOpen) {
			r.open.set(i)
			if one.status == 0 {
				r.waiting.set(i)
			}
		}
	}
	c.rest.Store(r)
	p.now = c
	go func(to packed) { p.done <- to.of(c) }(packed{scratch: p.scratch, out: p.out})
}

// of packs a chunk into the memory at hand.
func (to packed) of(c *chunk) packed {
	to.scratch = slices.Grow(to.scratch[:0], c.used*recordBytes)[:c.used*recordBytes]
	toColumns(to.scratch, recordsBytes(c.records[:c.used]), c.used)
	to.out = appendPacked(to.out[:0], to.scratch)
	to.columns = len(to.out)
	to.out = appendPacked(to.out, c.text)
	to.text = len(to.out)
	to.out = appendPacked(to.out, nodesBytes(c.nodes))
	return to
}

// settle waits for the chunk that is being packed, if one is, and hands its memory on.
func (s *store) settle() {
	p := &s.packer
	c := p.now
	if c == nil {
		return
	}
	got := <-p.done
	p.now, p.scratch, p.out = nil, got.scratch, got.out
	r := c.rest.Load()
	r.columns, r.text, r.memory = got.columns, got.text, reserve(len(got.out))
	copy(r.memory, got.out)
	s.give(c)
	s.account(c)
	p.bytes += c.counted
}

// awake unpacks the chunk if it is packed.
func (s *store) awake(c *chunk) {
	if c.rest.Load() != nil {
		s.unpack(c)
	}
}

// unpack makes the chunk what it was.
func (s *store) unpack(c *chunk) {
	s.settle()
	p := &s.packer
	p.mu.Lock()
	defer p.mu.Unlock()
	r := c.rest.Load()
	if r == nil {
		return
	}
	c.use(s.take())
	p.scratch = unpacked(slices.Grow(p.scratch[:0], c.used*recordBytes)[:c.used*recordBytes], r.memory[:r.columns])
	toRecords(recordsBytes(c.records[:c.used]), p.scratch, c.used)
	c.text = unpacked(c.text[:r.texts], r.memory[r.columns:r.text])
	c.nodes = c.nodes[:r.nodes]
	unpacked(nodesBytes(c.nodes), r.memory[r.text:])
	giveBack(r.memory)
	c.rest.Store(nil)
	if s.draining { // nothing counts bytes any more
		return
	}
	if c != s.first {
		p.early++
	}
	p.bytes -= c.counted
	s.account(c)
	s.grown(s.outside())
}

func appendPacked(out, data []byte) []byte {
	out = slices.Grow(out, s2.MaxEncodedLen(len(data)))
	return out[:len(out)+len(s2.Encode(out[len(out):cap(out)], data))]
}

// unpacked decompresses into to, which is as long as what comes out.
func unpacked(to, packed []byte) []byte {
	got, err := s2.Decode(to, packed)
	if err != nil || len(got) != len(to) {
		panic("analyze: a packed chunk is broken") // it never left this process
	}
	return got
}

func recordsBytes(records []record) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(records))), len(records)*recordBytes)
}

func nodesBytes(nodes []node) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(nodes))), len(nodes)*nodeBytes)
}

// toColumns writes the first bytes of n records, then all second ones, and so on.
func toColumns(to, records []byte, n int) {
	for column := 0; column < recordBytes; column += 8 {
		i := 0
		for ; i+8 <= n; i += 8 {
			transposed(to[column*n+i:], n, records[i*recordBytes+column:], recordBytes)
		}
		for ; i < n; i++ {
			for j, b := range records[i*recordBytes+column:][:8] {
				to[(column+j)*n+i] = b
			}
		}
	}
}

// toRecords is the reverse of toColumns.
func toRecords(to, columns []byte, n int) {
	for column := 0; column < recordBytes; column += 8 {
		i := 0
		for ; i+8 <= n; i += 8 {
			transposed(to[i*recordBytes+column:], recordBytes, columns[column*n+i:], n)
		}
		for ; i < n; i++ {
			eight := to[i*recordBytes+column:][:8]
			for j := range eight {
				eight[j] = columns[(column+j)*n+i]
			}
		}
	}
}

// transposed writes eight rows of eight bytes, each so many bytes after the one before: the
// first bytes of the eight rows of from, then their second ones, and so on. It swaps halves,
// quarters and eighths of rows that are four, two and one apart.
func transposed(to []byte, apart int, from []byte, fromApart int) {
	row := func(i int) uint64 { return binary.LittleEndian.Uint64(from[i*fromApart:]) }
	a, e := swapped(row(0), row(4), 32, 0xffffffff)
	b, f := swapped(row(1), row(5), 32, 0xffffffff)
	c, g := swapped(row(2), row(6), 32, 0xffffffff)
	d, h := swapped(row(3), row(7), 32, 0xffffffff)
	a, c = swapped(a, c, 16, 0xffff0000ffff)
	b, d = swapped(b, d, 16, 0xffff0000ffff)
	e, g = swapped(e, g, 16, 0xffff0000ffff)
	f, h = swapped(f, h, 16, 0xffff0000ffff)
	put := func(i int, x, y uint64) {
		x, y = swapped(x, y, 8, 0xff00ff00ff00ff)
		binary.LittleEndian.PutUint64(to[i*apart:], x)
		binary.LittleEndian.PutUint64(to[(i+1)*apart:], y)
	}
	put(0, a, b)
	put(2, c, d)
	put(4, e, f)
	put(6, g, h)
}

// swapped exchanges the upper part of x with the lower part of y, in every group of bits.
func swapped(x, y uint64, by int, mask uint64) (uint64, uint64) {
	t := (x>>by ^ y) & mask
	return x ^ t<<by, y ^ t
}

// A record is as many whole groups of 8 bytes as toColumns moves.
var _ = [1]struct{}{}[unsafe.Sizeof(record{})%8]

// isOpen reports whether the record at a place is open. It unpacks nothing.
func (c *chunk) isOpen(at int) bool {
	if r := c.rest.Load(); r != nil {
		return r.open.has(at)
	}
	return c.records[at].is(isOpen)
}

// waits reports whether the open transaction may be without a final response. It
// unpacks nothing.
func (s *store) waits(h handle) bool {
	r := s.chunks[h>>chunkBits].rest.Load()
	return r == nil || r.waiting.has(int(h%chunkRecords))
}
