package report

import (
	"simplecap/analyze/result"
)

// kept knows which deliveries have a transaction that passed the filter: the
// others are left out, as their transactions are.
type kept struct {
	open map[uint64]bool // deliveries of transactions seen so far; nil without a filter
}

func newKept(o Options) kept {
	if o.Where == "" {
		return kept{}
	}
	return kept{open: make(map[uint64]bool)}
}

func (k *kept) transaction(t *result.Transaction) {
	if k.open != nil && t.Delivery != 0 {
		k.open[t.Delivery] = true
	}
}

// take reports whether to show a delivery, which has closed, and forgets it.
func (k *kept) take(d *result.Delivery) bool {
	if k.open == nil {
		return true
	}
	found := k.open[d.ID]
	delete(k.open, d.ID)
	return found
}
