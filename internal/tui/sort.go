package tui

import (
	"cmp"
	"slices"
	"time"

	"simplecap/report"
)

// ordering is what a list is sorted by, and the keys of its rows where these have to be
// read: of so many as Limits.Sorted, the latest.
type ordering struct {
	by    sortBy
	keys  map[uint32]sortKey
	keyed []uint32 // rows with a key, in the order in which they came
	stale bool     // rows have come, or are different
	next  time.Time
}

// sortBy is what rows are sorted by.
type sortBy int

const (
	byNumber sortBy = iota
	byTook
	byResult
	bySender
	sortings
)

var sortNames = [sortings]string{"number", "took", "result", "sender"}

// sortKey is what a row is sorted by.
type sortKey struct {
	took   time.Duration
	sender string
}

// reads reports whether rows have to be read to be sorted.
func (o *ordering) reads() bool { return o.by == byTook || o.by == bySender }

func (o *ordering) forget() { o.keys, o.keyed, o.stale, o.next = nil, nil, true, time.Time{} }

// add takes in a row that is shown now.
func (o *ordering) add(l *list, id uint32) {
	o.stale = true
	if !o.reads() {
		return
	}
	if o.keys == nil {
		o.keys = make(map[uint32]sortKey)
	}
	o.keyed = append(o.keyed, id)
	o.keys[id] = o.key(l, id)
	if len(o.keyed) > l.m.options.Limits.Sorted {
		delete(o.keys, o.keyed[0])
		o.keyed = o.keyed[1:]
	}
}

// key reads the key of a row.
func (o *ordering) key(l *list, id uint32) (k sortKey) {
	row, ok := l.m.store.Row(l.by, id)
	if ok && o.by == byTook && row.HasTotal {
		k.took = row.Total
	}
	if ok && o.by == bySender {
		k.sender = report.Address(row.Sender)
	}
	return k
}

// changed notes that a row is different: its key is read again.
func (o *ordering) changed(id uint32) {
	if _, ok := o.keys[id]; ok || o.by == byResult {
		delete(o.keys, id)
		o.stale = true
	}
}

// unsorted is how many rows stand before those that are sorted.
func (o *ordering) unsorted(l *list) int {
	if !o.reads() {
		return 0
	}
	return len(l.shown) - min(len(l.shown), len(o.keyed))
}

// sortPause is how many times as long as sorting takes the next one waits: rows that come
// all the time are not to keep the screen busy.
const sortPause = 20

// sort brings the rows into the order that is wanted.
func (o *ordering) sort(l *list) {
	begun := time.Now()
	if !o.stale || o.by == byNumber || begun.Before(o.next) {
		return
	}
	id, chosen := l.current()
	if o.by == byResult {
		o.sortByResult(l)
	} else {
		o.sortByKeys(l)
	}
	if i := slices.Index(l.shown, id); chosen && i >= 0 {
		l.at = l.place(i)
	}
	o.stale, o.next = false, begun.Add(sortPause*time.Since(begun))
}

// sortByResult brings what is worst to the end, rows of a rank in order of their numbers.
func (o *ordering) sortByResult(l *list) {
	var ranked [int(states) + 3][]uint32
	for i, s := range l.m.store.statesOf(l.by, l.shown) {
		ranked[s.rank()] = append(ranked[s.rank()], l.shown[i])
	}
	l.shown = l.shown[:0]
	for _, ids := range ranked {
		slices.Sort(ids)
		l.shown = append(l.shown, ids...)
	}
}

// sortByKeys sorts the rows that have keys; the others stand before them, in order of
// their numbers.
func (o *ordering) sortByKeys(l *list) {
	type row struct {
		sortKey
		id uint32
	}
	sorted := make([]row, 0, len(o.keyed))
	var latest bits
	for _, id := range o.keyed {
		k, ok := o.keys[id]
		if !ok {
			k = o.key(l, id)
			o.keys[id] = k
		}
		latest.set(id)
		sorted = append(sorted, row{k, id})
	}
	slices.SortFunc(sorted, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.took, b.took), cmp.Compare(a.sender, b.sender), cmp.Compare(a.id, b.id))
	})
	l.shown = slices.DeleteFunc(l.shown, latest.has)
	slices.Sort(l.shown)
	for i := range sorted {
		l.shown = append(l.shown, sorted[i].id)
	}
}

// pending reports whether rows wait to be sorted.
func (o *ordering) pending() bool { return o.stale && o.by != byNumber }

// nextSort goes on to the next order.
func (l *list) nextSort() {
	l.order.by = (l.order.by + 1) % sortings
	l.again()
	l.m.say("sorted by " + sortNames[l.order.by])
}
