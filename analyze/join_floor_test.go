package analyze

import (
	"testing"
	"time"
)

// TestHoldBeforeClock wants what is held before anybody has said what time it is held for
// as long as anything else.
func TestHoldBeforeClock(t *testing.T) {
	j := NewJoiner(Options{}, newRows())
	defer j.Close()
	const begun, linger, beyond = int64(1700000000e9), time.Minute, 100
	j.Linger(linger, linger)
	j.Hold(7)
	j.Hold(8)
	for _, step := range []struct {
		clock int64
		want  uint64
	}{{0, 7}, {begun, 7}, {begun + 2*int64(linger), 7}, {begun + 2*int64(linger) + 1, beyond}} {
		j.Advance(step.clock)
		if got := j.Floor(beyond); got != step.want {
			t.Errorf("at %d: the floor is %d, not %d", step.clock-begun, got, step.want)
		}
	}
}

// What lingers takes memory by the time it lingers for, not by how much it is.
func TestLingeringIsFew(t *testing.T) {
	j := NewJoiner(Options{}, newRows())
	defer j.Close()
	const begun, linger = int64(1700000000e9), time.Minute
	j.Linger(linger, linger)
	for i := range uint64(100_000) {
		j.a.clock = begun + int64(i)*int64(time.Millisecond)
		j.floors.leave(false, j.a.clock, 5+i)
		j.floors.expire(j.a.clock)
	}
	if n := len(j.floors.closed.all); n > 2*60+2 {
		t.Errorf("%d entries for what lingers for a minute", n)
	}
	if got := j.Floor(1 << 60); got < 5+38_000 || got > 5+40_000 { // of a minute and a second ago
		t.Errorf("the floor is %d", got)
	}
}

// Whatever has one key comes and goes in its order.
func TestKeyed(t *testing.T) {
	k := newKeyed[uint64, sight]()
	all := make([]sight, 1000)
	for i := range all {
		k.add(uint64(i%2), &all[i].child, &all[i])
	}
	if k.oldest(1) != &all[1] || k.newest(1) != &all[999] || k.oldest(2) != nil || k.newest(2) != nil {
		t.Error("the order is wrong")
	}
	for i := range all {
		k.drop(uint64(i%2), &all[i].child)
		k.drop(uint64(i%2), &all[i].child)
	}
	if len(k.lists) != 0 || len(k.spare) != 2 {
		t.Errorf("%d lists are left, %d to be used again", len(k.lists), len(k.spare))
	}
}
