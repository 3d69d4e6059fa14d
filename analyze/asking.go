package analyze

import "time"

// This file tells whether an answer that passed the capture reached who asked: one that
// did not get it repeats its request, and one that has it does not.

// crossing is how long after an answer a retransmission may pass the capture
// because the two crossed on the wire, in nanoseconds.
const crossing = int64(100 * time.Millisecond)

// mostByChance is how many answers to one request may be lost by chance. Where more are,
// something keeps them from their sender, and some senders give up long before Timer F:
// that these ask no more says nothing.
const mostByChance = 2

// asks counts the answers that did not arrive, as far as a copy of the request tells, which
// came at a time: each once, also one that has the time of the copy before. The next final
// response is the one that its sender waits for.
func (r *record) asks(at int64) {
	if r.status == 0 || r.answered < r.latest || at-r.at(r.answered) <= crossing {
		return
	}
	r.said = 0
	if r.lost <= mostByChance {
		r.lost++
	}
}

// says notes a final response. Once its sender has one, a client that does not ask again
// takes no other (RFC 3261 17.1.2.2).
func (r *record) says(status int) {
	if r.said == 0 || r.status == 0 {
		r.said = uint16(status)
	}
}

// stillAsks reports whether the request came again when its answer had passed, and nothing
// tells that the answer got through in the end. It is undecided where the answer was sent
// again too and the capture ends before another copy of the request was due.
func (r *run) stillAsks(tx txn) (still, undecided bool) {
	if !asksAgain(tx) {
		return false, false
	}
	latest, next := tx.at(tx.latest), r.nextTimerE(tx)
	due, end := latest+next, tx.first+int64(r.timers.F())
	switch {
	case tx.common().transport.Reliable() || latest-tx.at(tx.answered) > crossing || tx.lost > mostByChance && !tx.onlyLastArrived():
		return true, false
	case due+crossing > end:
		return true, false // it had no time to ask once more: that it does not says nothing
	case r.clock-tx.lag() > min(due+next/4+crossing, end):
		return false, false // it would have asked once more
	}
	return true, true
}

// onlyLastArrived reports whether the latest answer is the only one that the capture has at
// a second place: it came further than those before it.
func (r *record) onlyLastArrived() bool { return r.is(isAnsweredTwice) && !r.is(wasTwice) }

// lostBetween reports whether the capture has transmissions of the request at a second
// place, and none of its answers: they were lost between the two.
func (r *record) lostBetween() bool {
	return r.status != 0 && r.is(isAskedTwice) && !r.is(isAnsweredTwice|wasTwice)
}

// saidLater is the status of the final response that ended the request's retransmissions, where
// that is not the first one; 0 otherwise.
func (tx txn) saidLater() int {
	if tx.lost == 0 || tx.said == tx.status || tx.common().transport.Reliable() {
		return 0
	}
	return int(tx.said)
}

// saidInVain is the status of a final response that the sender cannot match, where the
// capture has no other; 0 otherwise.
func (r *record) saidInVain() int {
	if r.status != 0 || !r.is(isUnmatchable) {
		return 0
	}
	return int(r.said)
}

// asksAgain reports whether the request came again when its answer had passed. An answer
// from before its request is by another clock, that of another reporter.
func asksAgain(tx txn) bool {
	return tx.status != 0 && tx.is(hasTime) && tx.first-tx.final <= crossing && tx.at(tx.latest)-tx.final > crossing
}

// nextTimerE is how long after its latest transmission a client that has no answer sends a
// request again: Timer E doubles up to T2, and is T2 once a 1xx has come (RFC 3261
// 17.1.2.2).
func (r *run) nextTimerE(tx txn) int64 {
	if tx.provisionals > 0 {
		return int64(r.timers.T2)
	}
	return min(int64(r.timers.T2), tx.at(tx.latest)-tx.first+int64(r.timers.T1))
}
