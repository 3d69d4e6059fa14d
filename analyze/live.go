package analyze

import (
	"slices"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// live does what a run needs after every read while it is live: events do not
// wait for more to come, and time goes by when nothing does.
func (e *engine) live(frames int) {
	if c, ok := e.src.(clocked); ok && frames == 0 {
		e.tick(c.Clock())
	}
	select {
	case show := <-e.options.Snapshots:
		e.snapshot(show)
	default:
	}
	e.flush()
}

// clocked is a Source that can tell a time, in nanoseconds since 1970 UTC, before
// which no further frame lies: a live capture. It stays the capture's clock, by
// which transactions time out where no packet comes to move it on.
type clocked interface{ Clock() int64 }

// statsNow is what the decoder has counted: it goes on counting.
func (e *engine) statsNow() decode.Stats {
	stats := e.decoder.Stats()
	stats.Requests.Unknown, stats.HEP.Agents = slices.Clone(stats.Requests.Unknown), slices.Clone(stats.HEP.Agents)
	return stats
}

// snapshot asks for a report. It travels with the events, so that it covers what
// was captured up to now and nothing else.
func (e *engine) snapshot(show func(*result.Report)) {
	e.room()
	inputs, stats, strange := e.src.Inputs(), e.statsNow(), e.times.strange()
	e.batch.next(eventSnapshot, e.clock).rarely().snapshot = func(a *analyzer) {
		a.strange = strange
		r := a.report(inputs, stats)
		r.Open, r.Held, r.Now = a.progress.unanswered, a.table.open, a.clock
		show(r)
	}
}
