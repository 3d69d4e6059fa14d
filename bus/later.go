package bus

import "time"

// The clock of a partition's rows follows what agents say of theirs some time later, by the
// clock of the bus. What other partitions hand on because of the messages before that takes
// effect first, however fast the agents' clocks go by: those of files go by a minute in a
// second.

// later is how much later: by then a leg that was handed on twice, as of a call that two
// B2BUAs give other Call-IDs, is where it belongs.
const later = 2 * Lookahead

// laterStep is how far apart clocks take effect at least, so that few are kept.
const laterStep = int64(50 * time.Millisecond)

// Due is a clock of rows, and when it takes effect by the clock of the bus; both in ns
// since 1970 UTC.
type Due struct {
	At    int64 `json:"a"`
	Clock int64 `json:"c"`
}

// schedule has a clock take effect later than now, and none beyond it: it goes back where
// an agent is heard again that was not waited for.
func schedule(due []Due, now, clock int64) []Due {
	n := len(due)
	for n > 0 && due[n-1].Clock > clock {
		n--
	}
	due = due[:n]
	if clock <= 0 || n > 0 && due[n-1].Clock == clock { // nobody has said anything, or it is since before
		return due
	}
	at := now + int64(later)
	if at += laterStep - at%laterStep; n > 0 && due[n-1].At == at {
		due = due[:n-1]
	}
	return append(due, Due{at, clock})
}

// fallen takes out the latest clock that has taken effect, 0 for none.
func fallen(due []Due, now int64) (clock int64, left []Due) {
	n := 0
	for ; n < len(due) && due[n].At <= now; n++ {
		clock = due[n].Clock
	}
	return clock, due[n:]
}
