package jet

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"simplecap/bus"
)

// aheadField says of a message how far the clock of who published it was ahead of that of
// the bus, and how far that may be wrong, in ns.
const aheadField = "Simplecap-Ahead"

// ahead measures the clock of the host against that of the bus, which says in its answers
// what time it is: that was between the question and the answer.
type ahead struct {
	bus  *Bus
	ask  func(ctx context.Context) (time.Time, error) // what time it is there
	last time.Time                                    // when it was measured
	text string                                       // for aheadField; "" for not measured
}

// How often the clock is measured, and in how many tries each time: the one with the
// shortest way there and back counts.
const (
	measureEvery = 30 * time.Second
	measureTries = 5
	measureFirst = 30 * time.Second // how long nothing is published for want of a measurement
)

// again measures where that is due. What is published before the first measurement would be
// taken for the time of the bus, so that it is waited for; not for ever, where the bus takes
// what it is given and does not answer.
func (a *ahead) again(ctx context.Context) {
	now := a.bus.options.Now
	if now == nil || !a.last.IsZero() && time.Since(a.last) < measureEvery {
		return
	}
	for begun := time.Now(); !a.measure(ctx, now) && a.last.IsZero() && ctx.Err() == nil; {
		if time.Since(begun) > measureFirst {
			a.bus.options.Notify("the clock could not be measured against that of the bus: times are published as they are")
			a.last = time.Now()
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// measure measures, and reports whether it could.
func (a *ahead) measure(ctx context.Context, now func() time.Time) bool {
	best := time.Duration(-1)
	for range measureTries {
		off, bound, err := a.once(ctx, now)
		if err != nil {
			return false // what was measured before is better than nothing
		}
		if best < 0 || bound < best {
			best = bound
			a.text = fmt.Sprintf("%d %d", off, bound)
		}
	}
	a.last = time.Now()
	return true
}

// once measures once.
func (a *ahead) once(ctx context.Context, now func() time.Time) (off, bound time.Duration, err error) {
	trying, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	begun, here := time.Now(), now()
	there, err := a.ask(trying)
	if err != nil {
		return 0, 0, err
	}
	way := time.Since(begun)
	return here.Add(way / 2).Sub(there), max(way/2, 1), nil
}

// time is what time it is by the clock of the bus.
func (b *Bus) time(ctx context.Context) (time.Time, error) {
	stream, err := b.js.Stream(ctx, streamName)
	if err != nil {
		return time.Time{}, err
	}
	return stream.CachedInfo().TimeStamp, nil
}

// arrival is how a message came.
func arrival(m jetstream.Msg, meta *jetstream.MsgMetadata) bus.Arrival {
	by := bus.Arrival{At: meta.Timestamp}
	if text := m.Headers().Get(aheadField); text != "" {
		if n, err := fmt.Sscanf(text, "%d %d", &by.Ahead, &by.Bound); n != 2 || err != nil || by.Bound < 0 {
			by.Ahead, by.Bound = 0, 0
		}
	}
	return by
}
