package live

import (
	"testing"
	"time"
)

// However the clock is set, the times of frames go on as the time does.
func TestSteadyClock(t *testing.T) {
	const start = int64(1_800_000_000) * int64(time.Second)
	for _, test := range []struct {
		name  string
		jump  time.Duration
		drift time.Duration // every 100 ms
		gap   int           // ticks without a frame around the jump
		said  int
	}{
		{name: "steady"},
		{name: "slewed", drift: 50 * time.Microsecond},
		{name: "an hour forward", jump: time.Hour, said: 1},
		{name: "an hour back", jump: -time.Hour, said: 1},
		{name: "two seconds forward", jump: 2 * time.Second, said: 1},
		{name: "two seconds back", jump: -2 * time.Second, said: 1},
		{name: "forward on an idle line", jump: time.Hour, gap: 20, said: 1},
		{name: "back on an idle line", jump: -time.Hour, gap: 20, said: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			said := 0
			c := steadyClock{notify: func(string) { said++ }}
			ahead := start // of the time since the start
			since := int64(0)
			for i := range 200 {
				var frames []int64 // as the kernel stamps them, 10 a tick, before they are read
				var wanted []int64
				for j := range 10 {
					since += int64(10 * time.Millisecond)
					if i == 100 && j == 5 {
						ahead += int64(test.jump)
					}
					if i < 100-test.gap || i > 100+test.gap {
						frames, wanted = append(frames, since+ahead), append(wanted, since+start+int64(i)*int64(test.drift))
					}
				}
				ahead += int64(test.drift)
				if len(frames) == 0 {
					c.tick(since+ahead, since)
					if c.found != c.away {
						c.jump()
					}
					continue
				}
				c.tick(since+ahead, since)
				for j := range frames {
					if got := c.of(frames[j]); got != wanted[j] {
						t.Fatalf("tick %d, frame %d: %s off", i, j, time.Duration(got-wanted[j]))
					}
				}
			}
			if said != test.said {
				t.Errorf("said %d times, want %d", said, test.said)
			}
		})
	}
}

// The clocks of this host are read right: an idle line is at the present.
func TestSteadyClockIsTheHosts(t *testing.T) {
	c := steadyClock{notify: func(line string) { t.Error(line) }}
	before, idle, after := time.Now(), time.Unix(0, c.idle()), time.Now()
	if idle.Before(before.Add(-time.Second)) || idle.After(after.Add(time.Second)) {
		t.Errorf("%s, read between %s and %s", idle, before, after)
	}
}
