package analyze

import (
	"unsafe"

	"simplecap/decode"
)

// overlap is a MESSAGE that began while an earlier one to its target had no answer in
// the capture, which until then had nothing at all of the other way: only what comes
// later tells whether the capture sees that way.
type overlap struct {
	m            *decode.Message
	h, before    handle
	id, beforeID uint64
}

// size is how many bytes it takes.
func (o *overlap) size() int { return int(unsafe.Sizeof(*o)+unsafe.Sizeof(*o.m)) + len(o.m.Raw) }

// overlaps notes that m began, as h, while another one was unanswered.
func (w *watch) overlaps(h, before handle, m *decode.Message) {
	if w.hosts.sightings.seen(m.Dst, m.Src) {
		w.blame.broken(&overlappingMessages, m, h)
		return
	}
	o := overlap{m, h, before, w.table.idOf(h), w.table.idOf(before)}
	if w.heldBytes+o.size() > w.limits.OverlapBytes {
		w.dropOverlaps(m)
	}
	if w.heldBytes+o.size() <= w.limits.OverlapBytes {
		w.heldBytes += o.size()
		o.m = m.Clone()
		w.held = append(w.held, o)
	}
}

// heard is called with the first message from one host to another: the capture sees
// that way, and the answers that it did not see had not come.
func (w *watch) heard(m *decode.Message) {
	w.tellOverlaps(m, func(o *overlap) bool { return o.m.Dst.IP == m.Src.IP && o.m.Src.IP == m.Dst.IP })
}

// waitsStill is called where a sender repeats a request: it has had no answer.
func (w *watch) waitsStill(h handle, m *decode.Message) {
	if len(w.held) == 0 {
		return
	}
	id := w.table.idOf(h)
	proven := func(o *overlap) bool { return o.before == h && o.beforeID == id && o.m.Time < m.Time }
	for i := range w.held {
		if proven(&w.held[i]) {
			w.tellOverlaps(m, proven)
			return
		}
	}
}

// tellOverlaps tells those that are proven by m, and forgets them.
func (w *watch) tellOverlaps(m *decode.Message, proven func(*overlap) bool) {
	kept := w.held[:0]
	for i := range w.held {
		o := w.held[i]
		if !proven(&o) {
			kept = append(kept, o)
			continue
		}
		w.heldBytes -= o.size()
		if !w.isPast(&o, m) {
			w.tellOverlap(&o)
		}
	}
	clear(w.held[len(kept):])
	w.held = kept
}

func (w *watch) tellOverlap(o *overlap) {
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

// dropOverlaps forgets half of them where these are past.
func (w *watch) dropOverlaps(m *decode.Message) {
	half := (len(w.held) + 1) / 2
	if half == 0 || !w.isPast(&w.held[half-1], m) {
		return
	}
	for i := range w.held[:half] {
		w.heldBytes -= w.held[i].size()
	}
	n := copy(w.held, w.held[half:])
	clear(w.held[n:])
	w.held = w.held[:n]
}
