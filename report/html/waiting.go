package html

import (
	"cmp"
	"slices"

	"simplecap/analyze/result"
)

// waiting holds transactions that have closed until their delivery does. Most wait for a
// moment, so that what is released is used again.
type waiting struct {
	of   byNumber[legs] // by delivery
	free []*legs
}

// legs are the transactions of one delivery, in order of their numbers. A nil *legs has
// none.
type legs struct{ all []result.Transaction }

// What is kept for use again: how many, each of how many transactions at most.
const (
	freeLegs         = 1024
	freeTransactions = 16
)

func newWaiting() waiting { return waiting{of: newByNumber[legs]()} }

// add keeps a copy of a transaction of a delivery.
func (w *waiting) add(t *result.Transaction) {
	l := w.of.get(t.Delivery)
	if l == nil {
		l = reused(&w.free)
		w.of.put(t.Delivery, l)
	}
	l.add(t)
}

// reused takes the latest value out of a list of those that are free, or makes one.
func reused[T any](free *[]*T) *T {
	n := len(*free)
	if n == 0 {
		return new(T)
	}
	one := (*free)[n-1]
	*free = (*free)[:n-1]
	return one
}

// take returns the transactions of a delivery, which wait no more; nil where there is none.
func (w *waiting) take(delivery uint64) *legs { return w.of.take(delivery) }

// release gives back what take returned. Nothing of it is to be used any more.
func (w *waiting) release(l *legs) {
	if l != nil && len(w.free) < freeLegs && cap(l.all) <= freeTransactions {
		for i := range l.all {
			if l.all[i].Size() > freeBytes {
				l.all[i] = result.Transaction{}
			}
		}
		l.all = l.all[:0]
		w.free = append(w.free, l)
	}
}

// add keeps a copy of a transaction, in the place of an earlier one with its number.
func (l *legs) add(t *result.Transaction) {
	i, found := l.search(t.ID)
	if !found {
		l.all = slices.Grow(l.all, 1)
		l.all = l.all[:len(l.all)+1] // the slot has the memory of one that was released
		last := l.all[len(l.all)-1]
		copy(l.all[i+1:], l.all[i:])
		l.all[i] = last
	}
	t.CopyTo(&l.all[i])
}

func (l *legs) search(id uint64) (int, bool) {
	if n := len(l.all); n == 0 || l.all[n-1].ID < id {
		return n, false // nearly always
	}
	return slices.BinarySearchFunc(l.all, id, func(t result.Transaction, id uint64) int { return cmp.Compare(t.ID, id) })
}

// each returns the transactions.
func (l *legs) each() []result.Transaction {
	if l == nil {
		return nil
	}
	return l.all
}

// find returns a transaction by its number, or nil.
func (l *legs) find(id uint64) *result.Transaction {
	if l == nil {
		return nil
	}
	if i, found := l.search(id); found {
		return &l.all[i]
	}
	return nil
}
