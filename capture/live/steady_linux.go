package live

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// steadyClock keeps the times of frames going on evenly where the clock of the host
// is set while it is captured: one that jumps forward would end the time of all that
// waits for an answer, and one that jumps back would keep it waiting. What the clock
// is away from the time since the host was started changes slowly as long as nobody
// sets it.
type steadyClock struct {
	notify func(line string)
	begun  bool
	away   int64 // nanoseconds that the clock was ahead of the time since the start
	found  int64 // and is now; where they differ, the clock was set among the frames that come next
	now    int64 // time since the start of the host, when that was looked at
	last   int64 // the same, of the latest frame
	shift  int64 // what is taken off the times of frames
}

// What counts as set, rather than drifting; and how long two clocks may take to be
// read for their difference to be believed, in nanoseconds.
const (
	clockStep    = int64(time.Second)
	clockReading = int64(10 * time.Millisecond)
)

// look reads the clocks. It is called after the frames that are read next have
// been captured.
func (c *steadyClock) look() {
	var before, real, after unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &before) != nil || unix.ClockGettime(unix.CLOCK_REALTIME, &real) != nil ||
		unix.ClockGettime(unix.CLOCK_BOOTTIME, &after) != nil {
		return
	}
	if after.Nano()-before.Nano() <= clockReading {
		c.tick(real.Nano(), after.Nano())
	}
}

// tick takes the host's clock, and the time since its start.
func (c *steadyClock) tick(real, since int64) {
	c.now, c.found = since, real-since
	if d := c.found - c.away; !c.begun || -clockStep < d && d < clockStep {
		c.begun, c.away = true, c.found
	}
}

// of returns the time of a frame: that which the kernel gave it, less the jumps.
func (c *steadyClock) of(time int64) int64 {
	if c.found != c.away {
		came := time - c.away // if it came before the jump
		if d := c.found - c.away; d > 0 && came > c.now || d < 0 && came < c.last-clockStep/2 {
			c.jump()
		}
	}
	c.last = time - c.away
	return time - c.shift
}

// jump is called at the first frame after the clock was set.
func (c *steadyClock) jump() {
	d := c.found - c.away
	c.away = c.found
	c.shift += d
	where := "forward"
	if d < 0 {
		where = "back"
	}
	c.notify(fmt.Sprintf("the clock of this host was set %s by %s: the times of this capture go on as before, %s off the clock",
		where, time.Duration(max(d, -d)).Round(time.Millisecond), time.Duration(max(c.shift, -c.shift)).Round(time.Millisecond)))
}

// idle returns the time now, on the clock of the frames, where no frame waits to
// be read.
func (c *steadyClock) idle() int64 {
	c.look()
	if c.found != c.away {
		c.jump()
	}
	return c.now + c.away - c.shift
}
