// Package order keeps items in the order in which they came, or were used last.
package order

// List is such an order, oldest first. Its zero value is empty. The links are in the
// items, so that no operation allocates or takes longer in a long list. It is a ring
// through root, so that an item leaves it without being told which list it is in. A
// List that holds something must not be copied.
type List[T any] struct{ root Place[T] }

// Place is what an item has for each order that it can be in, its links; the zero
// value is in none.
type Place[T any] struct {
	item         *T // nil in the root of a list
	older, newer *Place[T]
}

// Push puts an item, whose Place is in no list, behind all others.
func (l *List[T]) Push(p *Place[T], item *T) {
	if l.root.older == nil {
		l.root.older, l.root.newer = &l.root, &l.root
	}
	p.item, p.older, p.newer = item, l.root.older, &l.root
	p.older.newer, l.root.older = p, p
}

// Oldest returns the first item, nil of an empty list.
func (l *List[T]) Oldest() *T { return l.root.Newer() }

// Newest returns the last item, nil of an empty list.
func (l *List[T]) Newest() *T { return l.root.Older() }

// Remove takes an item out of the list that it is in, if it is in one.
func (p *Place[T]) Remove() {
	if p.older == nil {
		return
	}
	p.older.newer, p.newer.older = p.newer, p.older
	*p = Place[T]{}
}

// Older returns the item before this one, nil for the first and for one in no list.
func (p *Place[T]) Older() *T {
	if p.older == nil {
		return nil
	}
	return p.older.item
}

// Newer returns the item behind this one, nil for the last and for one in no list.
func (p *Place[T]) Newer() *T {
	if p.newer == nil {
		return nil
	}
	return p.newer.item
}

// Listed reports whether the item is in a list.
func (p *Place[T]) Listed() bool { return p.item != nil }
