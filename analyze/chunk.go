package analyze

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"
	"unsafe"
)

// A chunk holds records that were created one after the other, and their
// strings. State for millions of open transactions lives here: nothing in a
// chunk is a pointer, so the garbage collector has next to nothing to do, and a
// chunk is freed as a whole when its last record closes, which is soon, because
// records close in nearly the order they were created.
type chunk struct {
	number     uint32
	firstID    uint64                  // of the first record
	deliveries uint64                  // what record.delivery counts from
	prev, next *chunk                  // in order of creation
	used       int                     // records handed out
	live       int                     // of them still open
	head       int                     // no record before it is open
	full       bool                    // no record will be added
	counted    int64                   // bytes it counts for in store.size
	records    []record                // outside the heap, as text is
	text       []byte                  // strings, each behind its length
	dict       []interned              // strings that may come again, by hash: store.dict in the newest chunk, few in others
	few        [8]interned             // what is interned later, mostly reason phrases
	memory     []byte                  // what records, text and nodes are in; nil while it is packed
	rest       atomic.Pointer[resting] // what it is packed as; nil for nothing
	nodes      []node                  // lists of what most records have none or one of; outside the heap as far as there is room
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
	nodeBelow                           // hash of a further Via's branch, of a request whose earlier legs have not been seen
	nodeID                              // IP identification of a transmission before the latest one
)

var hashSeed = maphash.MakeSeed()

func hash32(b []byte) uint32 {
	h := hash64(b)
	return uint32(h ^ h>>32)
}

func hash64(b []byte) uint64 { return maphash.Bytes(hashSeed, b) }

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

// begin puts what stands for nothing at the beginning of text and nodes.
func (c *chunk) begin() {
	c.text = append(c.text, 0) // offset 0 is the empty string
	c.nodes = append(c.nodes, node{})
	c.dict = c.few[:]
}

// use gives the chunk memory that the garbage collector does not see. Nodes for which
// there is no room move to the heap.
func (c *chunk) use(memory []byte) {
	const records = chunkRecords * recordBytes
	c.memory = memory
	c.records = unsafe.Slice((*record)(unsafe.Pointer(&memory[0])), chunkRecords)
	c.text = memory[records : records : records+textBytes]
	c.nodes = unsafe.Slice((*node)(unsafe.Pointer(&memory[records+textBytes])), chunkNodes)[:0]
}

// handle names the record at a place in the chunk.
func (c *chunk) handle(at int) handle { return handle(c.number<<chunkBits | uint32(at)) }

// bytes is what is written of the chunk.
func (c *chunk) bytes() int64 {
	if r := c.rest.Load(); r != nil {
		return int64(len(r.memory))
	}
	return int64(recordBytes*chunkRecords + len(c.text) + len(c.nodes)*nodeBytes)
}
