package analyze

import "simplecap/internal/order"

// keyed finds items by a key; those with one key are in the order in which they came, and
// however many they are, each comes and goes at once.
type keyed[K comparable, T any] struct {
	lists map[K]*order.List[T] // none is empty
	spare []*order.List[T]     // empty ones, to be used again
}

// mostSpareLists is how many of these are kept.
const mostSpareLists = 1024

func newKeyed[K comparable, T any]() *keyed[K, T] {
	return &keyed[K, T]{lists: make(map[K]*order.List[T])}
}

// add puts an item behind the others with its key.
func (k *keyed[K, T]) add(key K, p *order.Place[T], item *T) {
	l := k.lists[key]
	if l == nil {
		l = k.list()
		k.lists[key] = l
	}
	l.Push(p, item)
}

// list returns an empty list.
func (k *keyed[K, T]) list() *order.List[T] {
	last := len(k.spare) - 1
	if last < 0 {
		return new(order.List[T])
	}
	l := k.spare[last]
	k.spare = k.spare[:last]
	return l
}

// drop takes an item out, if it is there.
func (k *keyed[K, T]) drop(key K, p *order.Place[T]) {
	l := k.lists[key]
	if p.Remove(); l == nil || l.Oldest() != nil {
		return
	}
	if delete(k.lists, key); len(k.spare) < mostSpareLists {
		k.spare = append(k.spare, l)
	}
}

// oldest returns the first item with a key, nil for none.
func (k *keyed[K, T]) oldest(key K) *T {
	if l := k.lists[key]; l != nil {
		return l.Oldest()
	}
	return nil
}

// newest returns the last one.
func (k *keyed[K, T]) newest(key K) *T {
	if l := k.lists[key]; l != nil {
		return l.Newest()
	}
	return nil
}
