package analyze

// links are a record's neighbours among the records with the same hash of one key.
type links struct{ next, prev handle }

// linksOf picks the links of one key out of a record.
type linksOf func(r *record) *links

func branchLinks(r *record) *links { return &r.branchLinks }
func callLinks(r *record) *links   { return &r.callLinks }

// hashOfKey computes the hash of one key of a record, as keyOf does of a message.
type hashOfKey func(tx txn) uint64

func branchHash(tx txn) uint64 {
	if tx.is(isOld) {
		return oldHash(callHash(tx), tx.cseqNumber())
	}
	return hash64(tx.get(tx.branch))
}

func callHash(tx txn) uint64 { return hash64(tx.get(tx.callID)) }

// index finds records by the hash of a key: an open-addressing table of chains,
// the latest record first. Hashes may collide: whoever looks compares the keys. Hashes of 32
// bits did so once in 10,000 times with 400,000 open, and each time a chunk was unpacked for it.
type index struct {
	slots  []slot
	memory []byte // what slots is in, outside the garbage collector's heap
	used   int
	links  linksOf
	hash   hashOfKey
}

type slot struct {
	low, high uint32 // halves of the hash: as one number they would be aligned to its size
	head      handle // 0 where the slot is free
}

// has reports whether the slot is of the hash.
func (o *slot) has(hash uint64) bool { return o.low == uint32(hash) && o.high == uint32(hash>>32) }

const minSlots = 1024

func (x *index) init(links linksOf, hash hashOfKey) {
	x.links, x.hash = links, hash
	x.resize(minSlots)
}

// resize gives the index n free slots.
func (x *index) resize(n int) {
	x.memory, x.slots = reserveOf[slot](n)
	clear(x.slots) // see reserve: most of it will be read first
}

// size is how many bytes the index takes.
func (x *index) size() int64 { return int64(len(x.memory)) }

// close gives the memory back.
func (x *index) close() {
	giveBack(x.memory)
	x.memory, x.slots = nil, nil
}

// find returns the latest record with the hash, or 0.
func (x *index) find(hash uint64) handle { return x.slots[x.seek(hash)].head }

// seek returns the place of the hash, or the free place where it belongs.
func (x *index) seek(hash uint64) int {
	mask := len(x.slots) - 1
	i := int(uint32(hash)) & mask
	for x.slots[i].head != 0 && !x.slots[i].has(hash) {
		i = (i + 1) & mask
	}
	return i
}

// link puts the record at the head of its hash's chain.
func (x *index) link(s *store, h handle, hash uint64) {
	if x.used*5 >= len(x.slots)*4 {
		x.grow()
	}
	at := &x.slots[x.seek(hash)]
	r := s.at(h).record
	*x.links(r) = links{next: at.head}
	if at.head == 0 {
		x.used++
	} else {
		next := s.at(at.head).record
		x.links(next).prev = h
	}
	*at = slot{uint32(hash), uint32(hash >> 32), h}
}

// unlink takes the record out of its chain.
func (x *index) unlink(s *store, h handle) {
	tx := s.at(h)
	l := x.links(tx.record)
	if l.next != 0 {
		next := s.at(l.next).record
		x.links(next).prev = l.prev
	}
	if l.prev != 0 {
		prev := s.at(l.prev).record
		x.links(prev).next = l.next
		return
	}
	i := x.seek(x.hash(tx))
	if x.slots[i].head != h {
		return // never linked
	}
	x.slots[i].head = l.next
	if l.next == 0 {
		x.free(i)
	}
}

// free closes the hole that a removed slot leaves, so that every hash is found
// by probing from its own place.
func (x *index) free(i int) {
	mask := len(x.slots) - 1
	x.used--
	for j := (i + 1) & mask; x.slots[j].head != 0; j = (j + 1) & mask {
		home := int(x.slots[j].low) & mask
		if (j-home)&mask >= (j-i)&mask {
			x.slots[i] = x.slots[j]
			i = j
		}
	}
	x.slots[i] = slot{}
}

func (x *index) grow() {
	old, memory := x.slots, x.memory
	x.resize(2 * len(old))
	for _, o := range old {
		if o.head != 0 {
			x.slots[x.seek(uint64(o.high)<<32|uint64(o.low))] = o
		}
	}
	giveBack(memory)
}

// at returns the place where looking for a hash begins.
func (x *index) at(hash uint64) slot { return x.slots[int(uint32(hash))&(len(x.slots)-1)] }
