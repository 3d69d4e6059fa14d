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
	last time.Time // when it was measured
	text string    // for aheadField; "" for not measured
}

// How often the clock is measured, and in how many tries each time: the one with the
// shortest way there and back counts.
const (
	measureEvery = 30 * time.Second
	measureTries = 5
)

// again measures where that is due.
func (a *ahead) again(ctx context.Context) {
	now := a.bus.options.Now
	if now == nil || !a.last.IsZero() && time.Since(a.last) < measureEvery {
		return
	}
	best := time.Duration(-1)
	for range measureTries {
		off, bound, err := a.once(ctx, now)
		if err != nil {
			return // what was measured before is better than nothing
		}
		if best < 0 || bound < best {
			best = bound
			a.text = fmt.Sprintf("%d %d", off, bound)
		}
	}
	a.last = time.Now()
}

// once measures once.
func (a *ahead) once(ctx context.Context, now func() time.Time) (off, bound time.Duration, err error) {
	trying, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	begun, here := time.Now(), now()
	stream, err := a.bus.js.Stream(trying, streamName)
	if err != nil {
		return 0, 0, err
	}
	way := time.Since(begun)
	return here.Add(way / 2).Sub(stream.CachedInfo().TimeStamp), max(way/2, 1), nil
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
