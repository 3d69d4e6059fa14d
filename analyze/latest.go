package analyze

import "math/bits"

// latest remembers values by the hash of a key: as many as half of its limit at least, the
// latest ones, and never more than the limit. Which these are depends on the order in which
// keys came and not on the hashes, whose seed is another one in each run: the same capture
// has to give the same findings. So there are two tables, and when the younger one has half
// of the limit the older one is emptied and begins anew. They lie outside the garbage
// collector's heap, so a value has no pointer, and whoever has them closes them.
type latest[V any] struct {
	limit      int
	young, old hashed[V]
}

// hashed is a table with free places, in which a key is at the place that its hash names or
// behind that, before the next free one. With a value of 8 bytes the next three are mostly
// in the same line of the processor's cache: every request comes here with a key of its
// own, and nothing but memory is slow about it.
type hashed[V any] struct {
	used    int
	members []member[V] // none before the first key
	memory  []byte      // what they are in
}

type member[V any] struct {
	key   uint64 // 0 where nothing is remembered
	value V
}

// swap remembers a value, and returns what the key had before.
func (l *latest[V]) swap(key uint64, v V) (before V, known bool) {
	if m := l.young.find(key); m != nil {
		before, m.value = m.value, v
		return before, true
	}
	if m := l.old.find(key); m != nil {
		before, known = m.value, true
	}
	half := max(1, l.limit/2)
	if l.young.used == half {
		l.young, l.old = l.old, l.young
		l.young.empty()
	}
	if l.young.full() {
		l.young.grow(half)
	}
	*l.young.place(key) = member[V]{key, v}
	l.young.used++
	return before, known
}

// has reports whether a key is remembered.
func (l *latest[V]) has(key uint64) bool { return l.young.find(key) != nil || l.old.find(key) != nil }

// touch reads where a key is looked for first: see analyzer.warm.
func (l *latest[V]) touch(key uint64) (sum uint32) {
	for _, h := range [...]*hashed[V]{&l.young, &l.old} {
		if h.members != nil {
			sum += uint32(h.members[h.home(key)].key)
		}
	}
	return sum
}

// size is how many bytes the tables take.
func (l *latest[V]) size() int64 { return int64(len(l.young.memory) + len(l.old.memory)) }

// close forgets everything and gives the memory back.
func (l *latest[V]) close() {
	giveBack(l.young.memory)
	giveBack(l.old.memory)
	l.young, l.old = hashed[V]{}, hashed[V]{}
}

// home is the place that a key's hash names.
func (h *hashed[V]) home(key uint64) uint64 {
	at, _ := bits.Mul64(key*0x9e3779b97f4a7c15, uint64(len(h.members)))
	return at
}

// place returns where a key is, or is to be put. One place at least is free.
func (h *hashed[V]) place(key uint64) *member[V] {
	for at := h.home(key); ; at++ {
		if at == uint64(len(h.members)) {
			at = 0
		}
		if m := &h.members[at]; m.key == key || m.key == 0 {
			return m
		}
	}
}

// find returns where a key is, nil where it is not.
func (h *hashed[V]) find(key uint64) *member[V] {
	if h.members == nil {
		return nil
	}
	if m := h.place(key); m.key == key {
		return m
	}
	return nil
}

// minMembers is how many places there are at first.
const minMembers = 256

// full reports whether a key more would leave too few places free: a quarter of them keeps
// the ways short.
func (h *hashed[V]) full() bool { return 4*(h.used+1) > 3*len(h.members) }

// grow makes twice as many places, or the first ones; no more than most keys need.
func (h *hashed[V]) grow(most int) {
	old, memory := h.members, h.memory
	h.memory, h.members = reserveOf[member[V]](min(max(minMembers, 2*len(old)), most+most/3+2))
	clear(h.members) // see reserve: most of it will be read first
	for i := range old {
		if old[i].key != 0 {
			*h.place(old[i].key) = old[i]
		}
	}
	giveBack(memory)
}

// empty forgets all keys.
func (h *hashed[V]) empty() {
	h.used = 0
	clear(h.members)
}
