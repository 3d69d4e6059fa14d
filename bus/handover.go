package bus

import (
	"cmp"
	"slices"
	"time"
)

// Partitions hand legs on to each other (see moved), and each is read at a pace of its own.
// So that a partition has what others hand on to it before its rows close, and always at
// the same place among its own messages, however often it is read again, time stands in the
// messages: what is handed on because of a message takes effect Lookahead after the bus had
// that, and each partition promises up to when, by the clock of the bus, it has handed on
// everything. One that has a message waits until the others' promises, and Lookahead, are
// beyond it: the slowest never waits, and none is further ahead of it than that.

// Lookahead is how much later than the message that it is because of, by the clock of the
// bus, something takes effect in the partition that it is handed on to.
const Lookahead = 2 * time.Second

// Handed tells batches that a partition hands on apart, and says when they take effect.
type Handed struct {
	From  int    // the partition
	Seq   uint64 // of the message of the bus because of which
	Count int    // of the batches because of that, from 1
	At    int64  // when it takes effect, by the clock of the bus, ns since 1970 UTC
}

// Promise says how far a partition has handed on.
type Promise struct {
	Partition int
	Time      int64 // by the clock of the bus, ns since 1970 UTC: whatever more comes is because of messages from then on
	Round     int   // how often all that had come was handed on after every agent had ended; 0 while one has not
	Given     bool  // another one says so, which has waited for long enough
}

// handover is what a partition knows of what others hand on to it: of nothing but the
// promises and batches, in the order in which the bus has them.
type handover struct {
	number  int
	known   [Calls]Promise  // what each has said itself
	given   [Calls]int64    // the time that others have said for it, where it said less
	waiting []handedBatch   // by when they take effect
	have    map[Handed]bool // those that wait
	late    uint64          // legs that came after others had said that none would
}

// handedBatch is a batch that waits until it takes effect.
type handedBatch struct {
	*Batch
	at int64
}

// said is the time of a partition's promise, by whomever.
func (h *handover) said(partition int) int64 {
	return max(h.known[partition].Time, h.given[partition])
}

// least is the least of the others' promises.
func (h *handover) least() int64 {
	least := int64(1<<63 - 1 - int64(Lookahead))
	for number := range h.known {
		if number != h.number {
			least = min(least, h.said(number))
		}
	}
	return least
}

// behind are the partitions that must promise more before a message of some time is taken.
func (h *handover) behind(at int64) (numbers []int) {
	for number := range h.known {
		if number != h.number && h.said(number)+int64(Lookahead) <= at {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// leftOut reports whether others have promised for a partition what it has not.
func (h *handover) leftOut(number int) bool { return h.given[number] > h.known[number].Time }

// promised takes what a partition says, or what is said for it.
func (h *handover) promised(p Promise) {
	if p.Given {
		h.given[p.Partition] = max(h.given[p.Partition], p.Time)
		return
	}
	p.Time = max(p.Time, h.known[p.Partition].Time) // it is true for ever, the round is what it says now
	h.known[p.Partition] = p
}

// add takes a batch that was handed on. One that takes effect before its partition has
// promised that nothing will is one that came before, put on the bus again by who goes on;
// where others have promised that, it is late, and takes effect where nobody can be yet.
// What takes effect up to done has been taken.
func (h *handover) add(b *Batch, done int64) {
	key := *b.Handed
	at := key.At
	switch {
	case key.From == h.number || h.have[key] || key.At < h.known[key.From].Time+int64(Lookahead):
		return
	case key.At < h.given[key.From]+int64(Lookahead):
		at = h.least() + int64(Lookahead)
		h.late += uint64(len(b.Legs))
	}
	if at <= done {
		return
	}
	if h.have == nil {
		h.have = make(map[Handed]bool)
	}
	h.have[key] = true
	one := handedBatch{b, at}
	place, _ := slices.BinarySearchFunc(h.waiting, one, byEffect)
	h.waiting = slices.Insert(h.waiting, place, one)
}

// byEffect orders batches by when they take effect.
func byEffect(a, b handedBatch) int {
	x, y := a.Handed, b.Handed
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(x.From, y.From), cmp.Compare(x.Seq, y.Seq), cmp.Compare(x.Count, y.Count))
}

// next takes out a batch that takes effect up to a time, nil where there is none.
func (h *handover) next(until int64) *Batch {
	if len(h.waiting) == 0 || h.waiting[0].at > until {
		return nil
	}
	b := h.waiting[0].Batch
	h.waiting[0] = handedBatch{}
	h.waiting = h.waiting[1:]
	delete(h.have, *b.Handed)
	return b
}

// round is the least of the others'.
func (h *handover) round() int {
	least := mostRounds
	for number := range h.known {
		if number != h.number {
			least = min(least, h.known[number].Round)
		}
	}
	return least
}

// mostRounds is after how many rounds nothing can be on its way any more.
const mostRounds = mostTimes + 1
