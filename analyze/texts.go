package analyze

import (
	"math/bits"
	"slices"
)

// texts remembers which texts were sent, the latest ones: those with the same lowest
// bits of their hash share a set of four, in which the newest take the place of the
// oldest. A set is one line of the processor's cache, because every request with a
// text of its own comes here and nothing but memory is slow about it.
type texts struct {
	limit int       // about how many there is room for
	sets  []textSet // a power of two of them; none before the first text
}

type textSet [4]sentText

type sentText struct {
	key  uint64 // hash of the two hosts, sender, recipient and content, 0 where nothing is remembered
	at   uint32 // when it was sent last, see eighths
	call uint32 // hash of the Call-ID
}

// repeatTime is how long after a client may send a failed text again, in eighths of
// a second.
const repeatTime = 40 * 8

// eighths is a time of the capture in eighths of a second. It comes round after 17 years.
func eighths(time int64) uint32 { return uint32(time / (1e9 / 8)) }

// room makes room for the texts.
func (t *texts) room() {
	sets := max(1, t.limit/len(textSet{}))
	t.sets = make([]textSet, 1<<bits.Len(uint(sets-1)))
	clear(t.sets) // see reserve
}

// repeats remembers a text and reports whether another call has had it less than
// repeatTime before, and which.
func (t *texts) repeats(key uint64, time int64, call uint32) (earlier uint32, is bool) {
	if t.sets == nil {
		t.room()
	}
	set, now := &t.sets[key&uint64(len(t.sets)-1)], eighths(time)
	oldest := &set[0]
	for i := range set {
		text := &set[i]
		if text.key == key {
			before := *text
			text.at, text.call = now, call
			return before.call, before.call != call && int32(now-before.at) < repeatTime
		}
		if text.key == 0 || oldest.key != 0 && int32(text.at-oldest.at) < 0 {
			oldest = text
		}
	}
	*oldest = sentText{key: key, at: now, call: call}
	return 0, false
}

// has reports whether a text is remembered.
func (t *texts) has(key uint64) bool {
	if t.sets == nil {
		return false
	}
	set := &t.sets[key&uint64(len(t.sets)-1)]
	return slices.ContainsFunc(set[:], func(one sentText) bool { return one.key == key })
}
