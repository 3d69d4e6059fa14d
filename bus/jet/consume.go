package jet

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"simplecap/bus"
)

// Taker takes what comes over the bus, in the order of the stream, by one goroutine.
type Taker interface {
	// Take takes a message: its number in the stream, from 1, and how it came.
	Take(data []byte, seq uint64, by bus.Arrival)
	// Tick is called about every second with the time by the clock of the bus, as far as
	// messages have been read, until it returns false.
	Tick(now time.Time) bool
}

// Consume hands what is on the bus to t, from a number in the stream on: 0 is all that is
// still there. It returns when Tick returns false, or ctx is done.
func (b *Bus) Consume(ctx context.Context, from uint64, t Taker) error {
	stream, err := untilThere(ctx, b.stream)
	if err != nil {
		return err
	}
	return consume(ctx, stream, []string{legOf + ">", beatOf}, from, t)
}

// consume hands what is in a stream under subjects to t.
func consume(ctx context.Context, stream jetstream.Stream, subjects []string, from uint64, t Taker) error {
	policy := jetstream.OrderedConsumerConfig{FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverAllPolicy, InactiveThreshold: time.Minute}
	if from > 0 {
		policy.DeliverPolicy, policy.OptStartSeq = jetstream.DeliverByStartSequencePolicy, from
	}
	consumer, err := untilThere(ctx, func(ctx context.Context) (jetstream.Consumer, error) { return stream.OrderedConsumer(ctx, policy) })
	if err != nil {
		return err
	}
	in, err := pump(consumer)
	if err != nil {
		return err
	}
	defer in.stop()
	c, every := clock{ticked: time.Now()}, time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case one := <-in.messages:
			if one == nil || one.err != nil {
				return failure(one)
			}
			c.take(one, t)
		case <-every.C:
		}
		if time.Since(c.ticked) >= time.Second {
			c.ticked = time.Now()
			if !t.Tick(c.now()) {
				return nil
			}
		}
	}
}

// passing reports whether an error is one that goes away by itself: the consumer begins
// again where it was.
func passing(err error) bool {
	return errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, jetstream.ErrNoHeartbeat) ||
		errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, nats.ErrDisconnected)
}

// clock is that of the bus, as far as messages tell.
type clock struct {
	last   time.Time // of the latest message
	read   time.Time // when that was read
	behind bool      // more messages wait
	ticked time.Time
}

func (c *clock) take(one *received, t Taker) {
	c.last, c.read, c.behind = one.at(), time.Now(), one.meta.NumPending > 0
	t.Take(one.message.Data(), one.meta.Sequence.Stream, arrival(one.message, one.meta))
}

// now is the time by the clock of the bus. While messages wait it is that of the latest:
// who has not been heard of may be in them.
func (c *clock) now() time.Time {
	if c.behind || c.last.IsZero() {
		return c.last
	}
	return c.last.Add(time.Since(c.read))
}
