package capture

import (
	"fmt"
	"math"
	"math/bits"
)

// clock turns the time stamps of a pcapng interface into nanoseconds since 1970.
// The zero clock knows no time.
type clock struct {
	units  uint64 // a second
	offset int64  // seconds to add
	scale  uint64 // nanoseconds a unit where there is nothing to divide or add
	plain  uint64 // time stamps up to this one need nothing but the scale
}

// newClock returns the clock of an interface with these values of the options
// if_tsresol and if_tsoffset. Resolutions finer than 64 bits can count are refused.
func newClock(resolution byte, offset int64) (clock, error) {
	exponent := resolution & 0x7f
	c := clock{units: 1, offset: offset}
	if resolution&0x80 != 0 {
		if exponent > 63 {
			return clock{}, fmt.Errorf("time resolution 2^-%d is finer than 2^-63", exponent)
		}
		c.units <<= exponent
	} else {
		if exponent > 19 {
			return clock{}, fmt.Errorf("time resolution 10^-%d is finer than 10^-19", exponent)
		}
		for range exponent {
			c.units *= 10
		}
	}
	if offset == 0 && 1e9%c.units == 0 {
		c.scale = 1e9 / c.units
		c.plain = math.MaxInt64 / c.scale
	}
	return c, nil
}

// nanoseconds returns the time of a time stamp. It reports false where that
// cannot be told in 64 bits, which covers the years 1678 to 2262.
func (c *clock) nanoseconds(ticks uint64) (int64, bool) {
	if c.scale != 0 && ticks <= c.plain {
		return int64(ticks * c.scale), true
	}
	return c.slowNanoseconds(ticks)
}

func (c *clock) slowNanoseconds(ticks uint64) (int64, bool) {
	if c.units == 0 {
		return 0, false
	}
	const maxSeconds = math.MaxInt64/1_000_000_000 - 1
	whole, part := ticks/c.units, ticks%c.units
	if whole > 2*maxSeconds || c.offset > maxSeconds || c.offset < -2*maxSeconds {
		return 0, false
	}
	seconds := int64(whole) + c.offset
	if seconds > maxSeconds || seconds < -maxSeconds {
		return 0, false
	}
	high, low := bits.Mul64(part, 1e9)
	nanos, _ := bits.Div64(high, low, c.units)
	return seconds*1e9 + int64(nanos), true
}
