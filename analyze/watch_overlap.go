package analyze

import (
	"unsafe"

	"simplecap/decode"
	"simplecap/internal/order"
)

// overlap is a MESSAGE that began while an earlier one to its target had no answer in
// the capture, which until then had nothing at all of the other way: only what comes
// later tells whether the capture sees that way.
type overlap struct {
	m            *decode.Message
	h            handle
	id, beforeID uint64
	size         int                  // how many bytes it takes
	age          order.Place[overlap] // among all
	onWay        order.Place[overlap] // among those of its way
}

// overlaps are MESSAGEs that wait for what proves that they overlap: by the transaction
// before, of which each is, and by the way that they go, so that nothing which comes is
// compared with all of them.
type overlaps struct {
	byBefore map[uint64]*overlap
	byWay    *keyed[hostPair, overlap]
	all      order.List[overlap] // in the order they came
	bytes    int
}

// overlapBytes is what one takes beside its message.
const overlapBytes = int(unsafe.Sizeof(overlap{})+unsafe.Sizeof(decode.Message{})) + 1<<6

// hostsOf is the way that a message goes.
func hostsOf(m *decode.Message) hostPair { return hostPair{m.Src.IP, m.Dst.IP} }

// add keeps one, whose message is valid until the call returns.
func (os *overlaps) add(o *overlap) {
	if os.byBefore == nil {
		os.byBefore, os.byWay = make(map[uint64]*overlap), newKeyed[hostPair, overlap]()
	}
	if known := os.byBefore[o.beforeID]; known != nil {
		os.remove(known)
	}
	o.m = o.m.Clone()
	os.byWay.add(hostsOf(o.m), &o.onWay, o)
	os.all.Push(&o.age, o)
	os.byBefore[o.beforeID] = o
	os.bytes += o.size
}

// remove forgets one.
func (os *overlaps) remove(o *overlap) {
	o.age.Remove()
	os.byWay.drop(hostsOf(o.m), &o.onWay)
	delete(os.byBefore, o.beforeID)
	os.bytes -= o.size
}

// overlaps notes that m began, as h, while another one was unanswered. Where there is no
// room for it, those that nothing can prove any more make some.
func (w *watch) overlaps(h, before handle, m *decode.Message) {
	if w.hosts.sightings.seen(m.Dst, m.Src) {
		w.blame.broken(&overlappingMessages, m, h)
		return
	}
	o := &overlap{m: m, h: h, id: w.table.idOf(h), beforeID: w.table.idOf(before), size: overlapBytes + len(m.Raw)}
	for old := w.held.all.Oldest(); old != nil && w.held.bytes+o.size > w.limits.OverlapBytes && w.isPast(old, m); old = w.held.all.Oldest() {
		w.held.remove(old)
	}
	if w.held.bytes+o.size <= w.limits.OverlapBytes {
		w.held.add(o)
	}
}

// heard is called with the first message from one host to another: the capture sees
// that way, and the answers that it did not see had not come.
func (w *watch) heard(m *decode.Message) {
	if w.held.byWay == nil {
		return
	}
	back := hostPair{m.Dst.IP, m.Src.IP}
	for o := w.held.byWay.oldest(back); o != nil; o = w.held.byWay.oldest(back) {
		w.tellOverlap(o, m)
	}
}

// waitsStill is called where a sender repeats a request: it has had no answer.
func (w *watch) waitsStill(h handle, m *decode.Message) {
	if len(w.held.byBefore) == 0 {
		return
	}
	if o := w.held.byBefore[w.table.idOf(h)]; o != nil && o.m.Time < m.Time {
		w.tellOverlap(o, m)
	}
}

// tellOverlap tells one that is proven by m, unless it is past, and forgets it.
func (w *watch) tellOverlap(o *overlap, m *decode.Message) {
	w.held.remove(o)
	if w.isPast(o, m) {
		return
	}
	x := w.options.exchange(o.m)
	f := fact{rule: overlappingMessages.index(), severity: overlappingMessages.level(&x)}
	if w.table.holds(o.h, o.id) {
		w.blame.found(f, &x, o.h)
	} else {
		w.blame.foundOf(f, &x, o.id, 0)
	}
}

// isPast reports whether the MESSAGE before has been given up when m comes.
func (w *watch) isPast(o *overlap, m *decode.Message) bool {
	return m.Time-o.m.Time > int64(w.timers.F())
}
