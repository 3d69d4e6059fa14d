package analyze

import "iter"

// Receipts find their text by keys, hashes of what they have in common with it. What
// hashes alike is compared again.
const (
	keyOfCall    keyKind = iota
	keyOfUser            // RP-MR, direction and the handset's identity
	keyOfAddress         // RP-MR, direction and the two hosts of a leg
	keyOfTPMR
	keyOfID
	keyOfIMDN     // ids of notifications
	keyOfExchange // of GB/T 28181
)

// textIndex finds open texts by what receipts may say of them.
type textIndex struct {
	*run
	byKey   textKeys
	pending [2][256]uint32 // open RP-DATA by direction (1: up) and RP-MR
}

// keyKind is what a key is a hash of.
type keyKind uint64

func textKey(kind keyKind, parts ...[]byte) uint64 { return hashOf(parts...) + uint64(kind)<<60 }

// link makes a text known by a key.
func (x *textIndex) link(t *openText, key uint64) {
	var link *textLink
	if t.linked < len(t.links) {
		link = &t.links[t.linked]
	} else {
		link = &textLink{}
		t.more = append(t.more, link)
	}
	t.linked++
	*link = textLink{text: t, key: key}
	x.byKey.put(link)
}

// forget takes a text out of what receipts look through.
func (x *textIndex) forget(t *openText) {
	for i := range min(t.linked, len(t.links)) {
		x.byKey.remove(&t.links[i])
	}
	for _, link := range t.more {
		x.byKey.remove(link)
	}
	t.linked, t.more = 0, nil
	if rp := t.RP(); t.awaitsReport() {
		x.pending[direction(rp.Type.Up())][rp.Reference]--
	}
}

// known iterates over the texts with a key, the latest first; see Limits.Alike.
func (x *textIndex) known(key uint64) iter.Seq[*openText] {
	return func(yield func(*openText) bool) {
		for at, n := x.byKey.first(key), 0; at != nil && n < x.limits.Alike && yield(at.text); n++ {
			at = at.alike()
		}
	}
}

// textLink is one text with a key.
type textLink struct {
	text         *openText
	key          uint64
	next, before *textLink // in its chain
}

// alike is the next link with the same key, nil for none.
func (k *textLink) alike() *textLink { return k.next.withKey(k.key) }

// withKey is the first link with a key, from this one on; nil for none.
func (k *textLink) withKey(key uint64) *textLink {
	for k != nil && k.key != key {
		k = k.next
	}
	return k
}

// textKeys finds texts by their keys, the latest first. The links stand in the texts, in
// chains by the lowest bits of the key: that takes no memory for each, and one look.
type textKeys struct {
	chains []*textLink // a power of two of them; none before the first link
	links  int
}

func (k *textKeys) first(key uint64) *textLink {
	if k.links == 0 {
		return nil
	}
	return k.chains[key&uint64(len(k.chains)-1)].withKey(key)
}

func (k *textKeys) put(link *textLink) {
	if k.links == len(k.chains) {
		k.grow()
	}
	k.links++
	k.push(link)
}

func (k *textKeys) push(link *textLink) {
	chain := &k.chains[link.key&uint64(len(k.chains)-1)]
	link.before, link.next = nil, *chain
	if link.next != nil {
		link.next.before = link
	}
	*chain = link
}

func (k *textKeys) remove(link *textLink) {
	if link.next != nil {
		link.next.before = link.before
	}
	if link.before != nil {
		link.before.next = link.next
	} else {
		k.chains[link.key&uint64(len(k.chains)-1)] = link.next
	}
	link.next, link.before = nil, nil
	k.links--
}

// grow doubles the number of chains. Each keeps its order.
func (k *textKeys) grow() {
	const first = 64
	before := k.chains
	k.chains = make([]*textLink, max(first, 2*len(before)))
	for _, chain := range before {
		last := chain
		for last != nil && last.next != nil {
			last = last.next
		}
		for at := last; at != nil; {
			was := at.before
			k.push(at)
			at = was
		}
	}
}
