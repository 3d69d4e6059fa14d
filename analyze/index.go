package analyze

// links are a record's neighbours among the records with the same hash of one key.
type links struct {
	hash       uint32
	next, prev handle
}

// linksOf picks the links of one key out of a record.
type linksOf func(r *record) *links

func branchLinks(r *record) *links { return &r.branchLinks }
func callLinks(r *record) *links   { return &r.callLinks }

// index finds records by the hash of a key: an open-addressing table of chains,
// the latest record first. Hashes may collide: whoever looks compares the keys.
type index struct {
	slots []slot
	used  int
	links linksOf
}

type slot struct {
	hash uint32
	head handle // 0 where the slot is free
}

const minSlots = 1024

func (x *index) init(links linksOf) {
	x.slots = make([]slot, minSlots)
	x.links = links
}

// find returns the latest record with the hash, or 0.
func (x *index) find(hash uint32) handle { return x.slots[x.seek(hash)].head }

// seek returns the place of the hash, or the free place where it belongs.
func (x *index) seek(hash uint32) int {
	mask := len(x.slots) - 1
	i := int(hash) & mask
	for x.slots[i].head != 0 && x.slots[i].hash != hash {
		i = (i + 1) & mask
	}
	return i
}

// link puts the record at the head of its hash's chain.
func (x *index) link(s *store, h handle, hash uint32) {
	if x.used*5 >= len(x.slots)*4 {
		x.grow()
	}
	at := &x.slots[x.seek(hash)]
	_, r := s.at(h)
	*x.links(r) = links{hash: hash, next: at.head}
	if at.head == 0 {
		x.used++
	} else {
		_, next := s.at(at.head)
		x.links(next).prev = h
	}
	*at = slot{hash: hash, head: h}
}

// unlink takes the record out of its chain.
func (x *index) unlink(s *store, h handle) {
	_, r := s.at(h)
	l := x.links(r)
	if l.next != 0 {
		_, next := s.at(l.next)
		x.links(next).prev = l.prev
	}
	if l.prev != 0 {
		_, prev := s.at(l.prev)
		x.links(prev).next = l.next
		return
	}
	i := x.seek(l.hash)
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
		home := int(x.slots[j].hash) & mask
		if (j-home)&mask >= (j-i)&mask {
			x.slots[i] = x.slots[j]
			i = j
		}
	}
	x.slots[i] = slot{}
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]slot, 2*len(old))
	for _, o := range old {
		if o.head != 0 {
			x.slots[x.seek(o.hash)] = o
		}
	}
}
