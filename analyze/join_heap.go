package analyze

import (
	"cmp"
	"container/heap"
)

// sightHeap orders legs that wait to be joined: by when they are due and began, and where
// that is the same by agent and number, so that the order is the same however they came.
type sightHeap []*sight

func (h sightHeap) Len() int { return len(h) }

func (h sightHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	if a.due != b.due { // all but always: the rest is not looked at
		return a.due < b.due
	}
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Transaction.ID, b.Transaction.ID)) < 0
}

func (h sightHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements heap.Interface.
func (h *sightHeap) Push(x any) {
	s := x.(*sight)
	s.place = len(*h)
	*h = append(*h, s)
}

// Pop implements heap.Interface.
func (h *sightHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.place = -1
	return s
}

// joinedHeap orders transactions by when they close.
type joinedHeap []*joined

func (h joinedHeap) Len() int { return len(h) }

func (h joinedHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	return a.until < b.until || a.until == b.until && a.id < b.id
}

func (h joinedHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements heap.Interface.
func (h *joinedHeap) Push(x any) {
	o := x.(*joined)
	o.place = len(*h)
	*h = append(*h, o)
}

// Pop implements heap.Interface.
func (h *joinedHeap) Pop() any {
	last := len(*h) - 1
	o := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	o.place = -1
	return o
}

// fix puts a transaction in its place again, whose end has changed.
func (h *joinedHeap) fix(o *joined) { heap.Fix(h, o.place) }

func (h *joinedHeap) remove(o *joined) { heap.Remove(h, o.place) }
