package analyze

import (
	"bytes"
	"hash/maphash"
	"unsafe"
)

// A chunk holds records that were created one after the other, and their
// strings. State for millions of open transactions lives here: nothing in a
// chunk is a pointer, so the garbage collector has next to nothing to do, and a
// chunk is freed as a whole when its last record closes, which is soon, because
// records close in nearly the order they were created.
type chunk struct {
	number     uint32
	firstID    uint64      // of the first record
	deliveries uint64      // what record.delivery counts from
	prev, next *chunk      // in order of creation
	used       int         // records handed out
	live       int         // of them still open
	head       int         // no record before it is open
	full       bool        // no record will be added
	counted    int64       // bytes it counts for in store.size
	records    []record    // outside the heap, as text is
	text       []byte      // strings, each behind its length
	dict       []interned  // strings that may come again, by hash: store.dict in the newest chunk, few in others
	few        [8]interned // what is interned later, mostly reason phrases
	memory     []byte      // what records, text and nodes are in
	nodes      []node      // lists of what most records have none or one of; outside the heap as far as there is room
}

const (
	chunkBits    = 11
	chunkRecords = 1 << chunkBits
	dictSize     = 1024       // strings of the newest chunk that are shared; beyond them they are stored again
	maxText      = 4096       // longest string kept of a message, in bytes
	textBytes    = 1 << 22    // room for a chunk's text; what is not used takes no memory
	maxChunkText = 3600 << 10 // text after which a chunk is full
	chunkNodes   = 1 << 14    // room for a chunk's nodes
)

// handle names a record: its chunk's number and its place there. 0 is none.
type handle uint32

// ref names a string in a chunk's text. 0 is the empty string.
type ref uint32

// interned is a string that may come again. Most strings that are not the wanted one are told
// by their hash, without a look at their bytes.
type interned struct {
	hash uint32
	at   ref // 0 where the place is free
}

// node is an entry of a record's list of further frames, statuses and findings.
type node struct {
	value uint64
	next  uint32
	kind  nodeKind
}

const nodeBytes = int(unsafe.Sizeof(node{}))

type nodeKind uint8

const (
	nodeRequest     nodeKind = iota + 1 // a further request frame
	nodeResponse                        // a further response frame
	nodeLast                            // time of a transmission before the final response
	nodeProvisional                     // a 1xx status
	nodeFinding                         // index of a rule
	nodeCause                           // ref of why there is no final response
	nodeBody                            // ref of the body
	nodeCSeq                            // a CSeq number of more than 32 bits
	nodeLag                             // see txn.lag
	nodeHead                            // ref of a part of Leg.Head
	nodeAnswer                          // ref of a part of Leg.Answer
	nodeAbout                           // see Leg.About
	nodeItself                          // see Leg.Itself
	nodeID                              // IP identification of a transmission before the latest one
)

var hashSeed = maphash.MakeSeed()

func hash32(b []byte) uint32 {
	h := maphash.Bytes(hashSeed, b)
	return uint32(h ^ h>>32)
}

// put stores a string that is unlikely to come again.
func (c *chunk) put(b []byte) ref {
	if len(b) == 0 {
		return 0
	}
	if len(b) > maxText {
		b = b[:maxText]
	}
	at := ref(len(c.text))
	c.text = append(c.text, byte(len(b)), byte(len(b)>>8))
	c.text = append(c.text, b...)
	return at
}

// intern stores a string that is likely to come again, once.
func (c *chunk) intern(b []byte) ref {
	if len(b) == 0 {
		return 0
	}
	if len(b) > maxText {
		b = b[:maxText]
	}
	for i, h := 0, hash32(b); i < len(c.few); i++ {
		slot := &c.dict[(h+uint32(i))%uint32(len(c.dict))]
		if slot.at == 0 {
			*slot = interned{h, c.put(b)}
			return slot.at
		}
		if slot.hash == h && bytes.Equal(c.get(slot.at), b) {
			return slot.at
		}
	}
	return c.put(b)
}

// get returns a stored string; it is valid until the chunk is freed.
func (c *chunk) get(at ref) []byte {
	if at == 0 {
		return nil
	}
	n := int(c.text[at]) | int(c.text[at+1])<<8
	return c.text[at+2 : int(at)+2+n]
}

// push adds a node to the front of a record's list.
func (tx txn) push(kind nodeKind, value uint64) {
	tx.nodes = append(tx.nodes, node{value: value, next: tx.more, kind: kind})
	tx.more = uint32(len(tx.nodes) - 1)
}

// keep sets the record's only node of a kind.
func (tx txn) keep(kind nodeKind, value uint64) {
	for i := tx.more; i != 0; i = tx.nodes[i].next {
		if tx.nodes[i].kind == kind {
			tx.nodes[i].value = value
			return
		}
	}
	tx.push(kind, value)
}

// noted returns the string of the record's node of a kind, nil where it has none.
func (tx txn) noted(kind nodeKind) []byte {
	for i := tx.more; i != 0; i = tx.nodes[i].next {
		if tx.nodes[i].kind == kind {
			return tx.get(ref(tx.nodes[i].value))
		}
	}
	return nil
}

// each calls f for the record's nodes of a kind, the latest first.
func (tx txn) each(kind nodeKind, f func(value uint64)) {
	for i := tx.more; i != 0; i = tx.nodes[i].next {
		if tx.nodes[i].kind == kind {
			f(tx.nodes[i].value)
		}
	}
}

func (c *chunk) reset(number uint32) {
	c.number, c.used, c.live, c.head, c.full = number, 0, 0, 0, false
	c.text = append(c.text[:0], 0) // offset 0 is the empty string
	c.nodes = append(c.nodes[:0], node{})
	c.few = [8]interned{}
	c.dict = c.few[:]
}

// newChunk makes a chunk whose records, text and nodes the garbage collector does not
// see. Nodes for which there is no room move to the heap.
func newChunk() *chunk {
	const records, nodes = chunkRecords * recordBytes, chunkNodes * nodeBytes
	memory := reserve(records + textBytes + nodes)
	return &chunk{
		memory:  memory,
		records: unsafe.Slice((*record)(unsafe.Pointer(&memory[0])), chunkRecords),
		text:    memory[records : records : records+textBytes],
		nodes:   unsafe.Slice((*node)(unsafe.Pointer(&memory[records+textBytes])), chunkNodes),
	}
}

// store holds the open transactions, in order of creation and by two keys.
type store struct {
	chunks     []*chunk // by number; 0 is none
	numbers    []uint32 // numbers that are free again
	first      *chunk   // the oldest, and through chunk.next all others in order of creation
	last       *chunk
	free       []*chunk           // emptied chunks, kept to be filled again
	size       int64              // bytes of all chunks in use
	open       int                // open records
	added      uint64             // records ever added
	draining   bool               // nothing is looked up any more
	grown      func(int64)        // Options.Grown
	dict       [dictSize]interned // of the newest chunk
	deliveries uint64             // numbered so far
	byBranch   index
	byCall     index
}

// maxFree is how many emptied chunks are kept.
const maxFree = 4

// init makes the store empty; grown may be nil.
func (s *store) init(grown func(bytes int64)) {
	if s.grown = grown; grown == nil {
		s.grown = func(int64) {}
	}
	s.chunks = make([]*chunk, 1)
	s.byBranch.init(branchLinks, branchHash)
	s.byCall.init(callLinks, callHash)
}

// at returns the open transaction with the handle.
func (s *store) at(h handle) txn {
	c := s.chunks[h>>chunkBits]
	return txn{c, &c.records[h%chunkRecords]}
}

// handle names the record at a place in the chunk.
func (c *chunk) handle(at int) handle { return handle(c.number<<chunkBits | uint32(at)) }

// list returns the chunks in order of creation.
func (s *store) list() (chunks []*chunk) {
	for c := s.first; c != nil; c = c.next {
		chunks = append(chunks, c)
	}
	return chunks
}

// add makes a new record.
func (s *store) add() (handle, txn) {
	c := s.last
	if c == nil || c.used == chunkRecords || len(c.text) > maxChunkText {
		c = s.grow()
	}
	r := &c.records[c.used]
	*r = record{flags: isOpen}
	h := c.handle(c.used)
	c.used++
	c.live++
	s.open++
	s.added++
	return h, txn{c, r}
}

// grow begins a new chunk.
func (s *store) grow() *chunk {
	var c *chunk
	if n := len(s.free); n > 0 {
		c, s.free = s.free[n-1], s.free[:n-1]
	} else {
		c = newChunk()
	}
	c.reset(s.number())
	c.firstID, c.deliveries = s.added+1, s.deliveries-1<<31
	s.chunks[c.number] = c
	if s.last == nil {
		s.first = c
	} else {
		s.last.next = c
		s.last.full = true
		s.last.dict = s.last.few[:]
		s.retire(s.last)
	}
	clear(s.dict[:])
	c.dict = s.dict[:]
	c.prev, s.last = s.last, c
	s.account(c)
	s.grown(s.outside())
	return c
}

// number returns a chunk number that is not in use.
func (s *store) number() uint32 {
	if n := len(s.numbers); n > 0 {
		number := s.numbers[n-1]
		s.numbers = s.numbers[:n-1]
		return number
	}
	s.chunks = append(s.chunks, nil)
	return uint32(len(s.chunks) - 1)
}

// outside is how many bytes the store takes outside the heap. What emptied chunks have
// touched stays with them.
func (s *store) outside() int64 {
	bytes := s.size + s.byBranch.size() + s.byCall.size()
	for _, c := range s.free {
		bytes += c.bytes()
	}
	return bytes
}

// bytes is what is written of the chunk.
func (c *chunk) bytes() int64 {
	return int64(recordBytes*chunkRecords + len(c.text) + len(c.nodes)*nodeBytes)
}

// account brings size up to date after c may have grown.
func (s *store) account(c *chunk) {
	bytes := c.bytes()
	s.size += bytes - c.counted
	c.counted = bytes
}

// drain says that nothing will be added or looked up any more: all that is left
// to do is to remove the records, which then need not leave the indexes one by one.
func (s *store) drain() {
	s.byBranch.close()
	s.byCall.close()
	s.draining = true
}

// remove closes a record, and frees its chunk with the last one.
func (s *store) remove(h handle) {
	tx := s.at(h)
	if !s.draining {
		s.byBranch.unlink(s, h)
		s.byCall.unlink(s, h)
	}
	tx.setIf(isOpen, false)
	tx.live--
	s.open--
	s.retire(tx.chunk)
}

// retire frees the chunk if nothing in it is open and nothing will be added.
func (s *store) retire(c *chunk) {
	if c.live > 0 || !c.full {
		return
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		s.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	s.chunks[c.number] = nil
	s.numbers = append(s.numbers, c.number)
	s.size -= c.counted
	c.prev, c.next, c.counted = nil, nil, 0
	if len(s.free) < maxFree {
		s.free = append(s.free, c)
	} else {
		c.release()
	}
	s.grown(s.outside())
}

// release gives the chunk's memory back. It is of no use afterwards.
func (c *chunk) release() {
	giveBack(c.memory)
	c.memory, c.records, c.text, c.nodes = nil, nil, nil, nil
}

// close gives all memory back: what is outside the heap is not collected.
func (s *store) close() {
	for c := s.first; c != nil; c = c.next {
		c.release()
	}
	for _, c := range s.free {
		c.release()
	}
	s.byBranch.close()
	s.byCall.close()
	*s = store{}
}

// oldest returns the open record that was created first, or 0.
func (s *store) oldest() handle {
	for c := s.first; c != nil; c = c.next {
		for ; c.head < c.used; c.head++ {
			if c.records[c.head].is(isOpen) {
				return c.handle(c.head)
			}
		}
	}
	return 0
}

// touch reads something of what a response is compared with: see analyzer.warm.
func (s *store) touch(h handle) uint32 {
	c := s.chunks[h>>chunkBits]
	r := &c.records[h%chunkRecords]
	return r.cseq + uint32(r.flags) + uint32(r.final)
}
