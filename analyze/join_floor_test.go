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
