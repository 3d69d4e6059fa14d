package analyze

import (
	"time"

	"simplecap/analyze/result"
)

// Two hosts that saw the same hop say how far apart their clocks are: what lies between
// their times of the request is that and the way of the request, of the answer that and the
// way of the answer, which goes against it. So it lies between the two, whichever of them
// was first, and the hops of a minute close in on it.

// offsets are how far the clocks of hosts are apart, by the hops that both saw.
type offsets map[[2]uint16]*offset

// offset is what is known of two hosts, the one with the lower number first: how far the
// other's clock is ahead, in ns, by the hops of this half of a minute and of the one before.
type offset struct {
	half        int64 // number of the half minute
	now, before between
}

// between is a range that may be empty: known is false then.
type between struct {
	low, high int64
	known     bool
}

// meet narrows a range by another one. What does not fit says that a clock was set: the
// later one counts.
func (b between) meet(o between) between {
	switch {
	case !b.known:
		return o
	case !o.known:
		return b
	case o.low > b.high || o.high < b.low:
		return o
	}
	return between{max(b.low, o.low), min(b.high, o.high), true}
}

const halfMinute = int64(30 * time.Second)

// mostOffsets bounds the pairs of hosts.
const mostOffsets = 1 << 16

// learn takes a hop that has closed.
func (p offsets) learn(o *joined) {
	for i, a := range o.seen {
		for _, b := range o.seen[i+1:] {
			if a.Agent != b.Agent && a.Head != nil && b.Head != nil && a.Transaction.Final != 0 && b.Transaction.Final != 0 {
				p.add(a, b)
			}
		}
	}
}

func (p offsets) add(a, b *sight) {
	if a.Agent > b.Agent {
		a, b = b, a
	}
	x, y := b.Transaction.FirstRequest-a.Transaction.FirstRequest, b.Transaction.Final-a.Transaction.Final
	pair := [2]uint16{a.Agent, b.Agent}
	one := p[pair]
	if one == nil {
		if len(p) == mostOffsets {
			return
		}
		one = &offset{}
		p[pair] = one
	}
	switch half := a.at / halfMinute; {
	case half == one.half+1:
		one.half, one.before, one.now = half, one.now, between{}
	case half > one.half:
		one.half, one.before, one.now = half, between{}, between{}
	}
	one.now = one.now.meet(between{min(x, y), max(x, y), true})
}

// apart is how far the clock of b is ahead of that of a, and how far that may be wrong.
func (p offsets) apart(a, b uint16) (ahead, bound int64, known bool) {
	sign := int64(1)
	if a > b {
		a, b, sign = b, a, -1
	}
	one := p[[2]uint16{a, b}]
	if one == nil {
		return 0, 0, false
	}
	r := one.before.meet(one.now)
	return sign * (r.low + (r.high-r.low)/2), (r.high - r.low + 1) / 2, true
}

// differ reports whether two clocks are known not to say the same.
func (p offsets) differ(a, b uint16) bool {
	ahead, bound, known := p.apart(a, b)
	return known && max(ahead, -ahead) > bound
}

// sameClock puts the times of a host on the clock of another, as well as is known, and says
// how far they may be off then: by the hops that both saw, or by the bus.
func (p offsets) sameClock(as, one result.HostTime) (result.HostTime, time.Duration) {
	bound := as.Bound + one.Bound
	if ahead, by, known := p.apart(as.Host, one.Host); known && (bound == 0 || by < bound) {
		bound = by
		for _, at := range []*int64{&one.First, &one.Final} {
			if *at != 0 {
				*at -= ahead
			}
		}
	}
	return one, time.Duration(bound)
}

// timeHops computes what took how long.
func (r *run) timeHops(d *result.Delivery) {
	var clocks offsets
	if r.joiner != nil {
		clocks = r.joiner.offsets
	}
	clocks.timeHops(d)
}
