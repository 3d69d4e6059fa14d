package analyze

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// floors say from where on legs have to be taken again by one who goes on for another.
type floors struct {
	open   map[uint64]uint64 // by delivery that has not closed, the least Leg.Seq of its transactions that have
	closed leavingList       // those that have
	texts  leavingList       // those of them whose text something may still be said of
}

// leavingList are deliveries that have closed, the oldest first, from start on.
type leavingList struct {
	linger int64 // see Joiner.Linger
	all    []lingering
	start  int
}

// add takes one that closes. Those of one second are one: it lingers until the last of them
// would, and a Leg.Seq that counts for a second longer does no harm.
func (l *leavingList) add(clock int64, seq uint64) {
	if last := len(l.all) - 1; last >= l.start && l.all[last].since/int64(time.Second) == clock/int64(time.Second) {
		l.all[last] = lingering{max(l.all[last].since, clock), min(l.all[last].seq, seq)}
		return
	}
	l.all = append(l.all, lingering{clock, seq})
}

// lingering is what has closed and may still be named by what comes.
type lingering struct {
	since int64  // by the clock of Advance; 0 where that was not known yet
	seq   uint64 // least Leg.Seq
}

// Linger has Floor count a delivery for as long after it has closed, by the clock of
// Advance, so that a leg that comes again is known; and for texts longer than that where
// its text waits for receipts.
func (j *Joiner) Linger(d, texts time.Duration) {
	j.floors.closed.linger, j.floors.texts.linger = int64(d), int64(d+texts)
	if j.named == nil {
		j.named = newKeyed[uint64, sight]()
	}
}

// left runs leave, which takes a transaction out of its delivery, and keeps the floor of
// that.
func (j *Joiner) left(o *joined, group uint32, leave func()) {
	f, delivery := &j.floors, o.t.Delivery
	seq := o.floor()
	if f.open == nil {
		f.open = make(map[uint64]uint64)
	}
	if before, known := f.open[delivery]; known {
		seq = min(seq, before)
	}
	f.open[delivery] = seq
	waits := j.a.ledger.waits(delivery)
	leave()
	if delivery == 0 || group == 0 || j.a.groups.list[group].open == 0 {
		delete(f.open, delivery)
		f.leave(waits(), j.a.clock, seq)
	}
	f.expire(j.a.clock)
}

// leave takes a delivery that closes.
func (f *floors) leave(waits bool, clock int64, seq uint64) {
	if waits {
		f.texts.add(clock, seq)
		return
	}
	f.closed.add(clock, seq)
}

// floor is the least Leg.Seq of a transaction.
func (o *joined) floor() uint64 {
	seq := o.seen[0].seq
	for _, s := range o.seen[1:] {
		seq = min(seq, s.seq)
	}
	return seq
}

// Hold has Floor count a Leg.Seq as long as a delivery that closes now.
func (j *Joiner) Hold(seq uint64) { j.floors.texts.add(j.a.clock, seq) }

// name has Withdraw find a leg, and unname no more.
func (j *Joiner) name(s *sight) {
	if j.named != nil {
		s.named = namedKey([]byte(s.Transaction.CallID))
		j.named.add(s.named, &s.name, s)
	}
}

func (j *Joiner) unname(s *sight) {
	if j.named != nil {
		j.named.drop(s.named, &s.name)
	}
}

// Withdraw returns the legs of a call that are open, of a Joiner that was told to Linger:
// who has them joined elsewhere keeps what comes of them here to himself. Those that wait
// to be joined are forgotten.
func (j *Joiner) Withdraw(callID string) (legs []*Leg) {
	if j.named == nil {
		return nil
	}
	for s := j.named.newest(namedKey([]byte(callID))); s != nil; s = s.name.Older() {
		if s.Transaction.CallID == callID {
			legs = append(legs, s.Leg)
		}
	}
	slices.SortFunc(legs, func(a, b *Leg) int {
		return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Transaction.ID, b.Transaction.ID))
	})
	for _, l := range legs {
		if s := j.byLeg[legID{l.Agent, l.Epoch, l.Transaction.ID}]; s.place >= 0 {
			heap.Remove(&j.pending, s.place)
			if s.Head != nil {
				j.dropChild(s)
			}
			delete(j.byLeg, legID{l.Agent, l.Epoch, l.Transaction.ID})
			j.unname(s)
			j.held -= s.bytes
		}
	}
	return legs
}

// expire forgets what has lingered for long enough.
func (f *floors) expire(clock int64) {
	f.closed.expire(clock)
	f.texts.expire(clock)
}

func (l *leavingList) expire(clock int64) {
	for i := l.start; i < len(l.all) && l.all[i].since == 0; i++ {
		l.all[i].since = clock
	}
	for l.start < len(l.all) && l.all[l.start].since+l.linger < clock {
		l.start++
	}
	if 2*l.start > len(l.all) {
		l.all, l.start = slices.Delete(l.all, 0, l.start), 0
	}
}

// Floor is the least Leg.Seq of what is open, or lingers: a Joiner that is given all legs
// from there on comes to the same rows as this one, whatever was before. It is beyond
// where nothing is.
func (j *Joiner) Floor(beyond uint64) uint64 {
	f := &j.floors
	f.expire(j.a.clock)
	for _, s := range j.byLeg {
		beyond = min(beyond, s.seq)
	}
	for _, seq := range f.open {
		beyond = min(beyond, seq)
	}
	for _, list := range []*leavingList{&f.closed, &f.texts} {
		for _, l := range list.all[list.start:] {
			beyond = min(beyond, l.seq)
		}
	}
	return beyond
}

// Begin sets the clock, in ns since 1970 UTC, of a Joiner that goes on for another, and
// tells it which hosts forward requests: what Forwarders of the other said.
func (j *Joiner) Begin(clock int64, forwarders [][16]byte) {
	j.a.clock, j.a.blame.findings.clock = clock, clock
	for _, ip := range forwarders {
		j.a.groups.forwarders.put(decode.AddrFrom16(ip), true)
	}
}

// Forwarders are hosts that were seen to forward requests, at most n of them.
func (j *Joiner) Forwarders(n int) (all [][16]byte) {
	entries := j.a.groups.forwarders.entries
	for i := range entries[:min(n, len(entries))] {
		all = append(all, entries[i].key.As16())
	}
	return all
}

// Findings are those since it was called last, and are counted from 0 again.
func (j *Joiner) Findings() []result.Finding {
	all := j.a.totals.wanted(j.a.blame.findings.list(&j.a.totals.peers))
	was := &j.a.blame.findings
	clock := was.clock
	was.held, was.order = 0, [len(was.order)][]group{}
	was.init(was.limits, was.handler)
	was.clock = clock
	return all
}
