package jet

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"simplecap/bus"
)

// window is how many batches are on their way at once.
const window = 64

// Publish publishes what comes into a spool until the spool is closed and empty, or ctx is
// done. A batch that the bus has not said to have is published again, with the same id, so
// that the bus has it once. What has waited is published at no more than twice the rate at
// which new batches come.
func (b *Bus) Publish(ctx context.Context, spool *bus.Spool) error {
	measure := ahead{bus: b, ask: b.time}
	return b.publish(ctx, spool, b.stream, func() string {
		measure.again(ctx)
		return measure.text
	})
}

// publish publishes to a stream. ahead says before each window how far the clock is.
func (b *Bus) publish(ctx context.Context, spool *bus.Spool, stream func(context.Context) (jetstream.Stream, error), ahead func() string) error {
	if _, err := untilThere(ctx, stream); err != nil {
		return err
	}
	r, pace := spool.NewReader(), newPace(spool)
	for {
		all, err := r.Window(ctx, window)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		text := ahead()
		pace.wait(ctx, all)
		for all = b.send(all, text); len(all) > 0; all = b.send(all, text) {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(500 * time.Millisecond):
			}
		}
	}
}

// send publishes messages and returns those that the bus has not said to have.
func (b *Bus) send(all []bus.Sending, ahead string) (again []bus.Sending) {
	futures := make([]jetstream.PubAckFuture, len(all))
	for i := range all {
		m := nats.NewMsg(subject(all[i].Partition))
		m.Data = all[i].Data
		if ahead != "" {
			m.Header.Set(aheadField, ahead)
		}
		future, err := b.js.PublishMsgAsync(m, jetstream.WithMsgID(all[i].ID), jetstream.WithRetryAttempts(0))
		if err != nil {
			break // what follows must not overtake it
		}
		futures[i] = future
	}
	late := time.After(5 * time.Second)
	for i, future := range futures {
		if future == nil {
			return append(again, all[i:]...)
		}
		select {
		case <-future.Ok():
			all[i].Taken()
		case <-future.Err():
			again = append(again, all[i])
		case <-late:
			return append(again, all[i:]...)
		}
	}
	return again
}

// pace holds back what has waited for a bus that was away.
type pace struct {
	spool  *bus.Spool
	since  time.Time
	put    uint64  // bytes put into the spool until then
	rate   float64 // bytes a second that are put
	credit float64 // bytes that may be sent now
}

// leastPace is how many bytes a second are sent in any case.
const leastPace = 1 << 20

func newPace(spool *bus.Spool) *pace {
	return &pace{spool: spool, since: time.Now(), put: spool.Total(), credit: leastPace}
}

// wait waits until messages may be sent.
func (p *pace) wait(ctx context.Context, all []bus.Sending) {
	for _, m := range all {
		p.credit -= float64(len(m.Data))
	}
	for {
		p.refill()
		if p.credit >= 0 || p.spool.Closed() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// refill adds what time has allowed.
func (p *pace) refill() {
	now := time.Now()
	passed := now.Sub(p.since).Seconds()
	if passed <= 0 {
		return
	}
	put := p.spool.Total()
	weight := min(1, passed/10) // the rate of the last ten seconds or so
	p.rate += weight * (float64(put-p.put)/passed - p.rate)
	p.since, p.put = now, put
	allowed := max(leastPace, 2*p.rate)
	p.credit = min(p.credit+passed*allowed, allowed)
}
