package jet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"simplecap/bus"
)

// running is a partition that this collector has.
type running struct {
	share    *share
	number   int
	revision uint64 // of its entry in the store
	part     *bus.Part
	stopping bool
	stopped  chan struct{} // closed where it is to stop
	pending  bool          // messages wait in the stream
	caught   bool          // they have been none once
	last     bus.Checkpoint
	seq      uint64 // of the latest message
	idle     bool   // see entry
	until    uint64 // the stream's latest message when all partitions were idle; 0 before
	done     bool   // all is kept, and every agent has ended
	lost     error
}

// stop has a partition kept and given up. share.mutex is held.
func (r *running) stop() {
	if !r.stopping {
		r.stopping = true
		close(r.stopped)
	}
}

// begin runs a partition.
func (s *share) begin(ctx context.Context, number int, from bus.Checkpoint, revision uint64) {
	r := &running{share: s, number: number, revision: revision, stopped: make(chan struct{})}
	s.mutex.Lock()
	s.mine[number] = r
	s.mutex.Unlock()
	s.ended.Go(func() {
		err := r.run(ctx, from)
		s.mutex.Lock()
		defer s.mutex.Unlock()
		delete(s.mine, number)
		if err != nil && !errors.Is(err, errLost) && s.failed == nil {
			s.failed = fmt.Errorf("partition %d: %w", number, err)
		}
	})
}

// keep keeps a checkpoint.
func (r *running) keep(c *bus.Checkpoint) error { return r.put(r.share.options.ID, c) }

// put keeps a checkpoint and says who has the partition. It waits for a store that is
// away, but not for ever where the partition is given up.
func (r *running) put(owner string, c *bus.Checkpoint) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-r.stopped:
			time.AfterFunc(patience/2, cancel)
		case <-ctx.Done():
		}
	}()
	revision, err := r.share.put(ctx, r.number, &entry{Owner: owner, Idle: r.idle, Done: r.done, Checkpoint: *c}, r.revision)
	if err != nil {
		r.lost = errLost // or it is not known who has it
		return errLost
	}
	r.revision = revision
	return nil
}

// patience is how long stores are waited for where a partition is to be given up.
const patience = 10 * time.Second

// hand publishes a message of this collector, and waits until the bus has it.
func (r *running) hand(m bus.Message) error {
	out := nats.NewMsg(subject(m.Partition))
	out.Data = m.Data
	for {
		trying, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		_, err := r.share.js.PublishMsg(trying, out, jetstream.WithMsgID(m.ID))
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-r.stopped:
			return errLost // who goes on does it
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// run takes the messages of a partition until it is to stop.
func (r *running) run(ctx context.Context, from bus.Checkpoint) error {
	r.last = from
	part, abandon, err := r.share.options.Open(r.number, from, bus.PartOptions{Number: r.number, Hand: r.hand, Keep: func(c *bus.Checkpoint) error {
		err := r.keep(c)
		if err == nil {
			r.last = *c
		}
		return err
	}})
	if err != nil {
		return err
	}
	r.part = part
	defer part.Close()
	finished := make(chan struct{})
	defer close(finished)
	defer abandon()
	go func() { // a store that is away is not waited for, once the partition is to be given up
		select {
		case <-r.stopped:
		case <-finished:
			return
		}
		select {
		case <-time.After(patience):
			abandon()
		case <-finished:
		}
	}()
	if err := r.consume(ctx); err != nil || r.lost != nil {
		return errors.Join(err, r.lost)
	}
	if err := part.Commit(); err != nil {
		return err
	}
	return r.put("", &r.last)
}

// consume takes messages until the partition is to stop.
func (r *running) consume(ctx context.Context) error {
	messages, err := r.messages(ctx)
	if err != nil {
		return err
	}
	defer messages.Stop()
	for !r.over(ctx) {
		m, err := messages.Next(jetstream.NextMaxWait(200 * time.Millisecond))
		switch {
		case err == nil:
			err = r.take(m)
		case passing(err):
			err = nil
		}
		if err == nil && r.part.Due() {
			err = r.part.Commit()
		}
		if err == nil && r.share.options.Once && r.caught && !r.pending && !r.done && r.part.Idle() {
			err = r.ending(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ending ends the partition once nobody can hand anything on to it: when all have said
// that they have read everything, and this one has read what they handed on before.
func (r *running) ending(ctx context.Context) error {
	switch {
	case !r.idle:
		r.idle = true
		return r.put(r.share.options.ID, &r.last)
	case r.until == 0:
		if r.share.idle() {
			r.until = r.share.latest(ctx)
		}
		return nil
	case r.seq < r.until:
		return nil // a tick comes, if nothing else does
	}
	r.done = true
	return r.part.End()
}

// latest is the number of the stream's latest message, 0 where it cannot be asked.
func (s *share) latest(ctx context.Context) uint64 {
	asking, cancel := context.WithTimeout(ctx, s.options.Lease/2)
	defer cancel()
	stream, err := s.stream(asking)
	if err != nil {
		return 0
	}
	return stream.CachedInfo().State.LastSeq
}

// over reports whether the partition is to stop.
func (r *running) over(ctx context.Context) bool {
	select {
	case <-r.stopped:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// messages are those of the partition, from where its Part begins.
func (r *running) messages(ctx context.Context) (jetstream.MessagesContext, error) {
	stream, err := untilThere(ctx, r.share.stream)
	if err != nil {
		return nil, err
	}
	policy := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject(r.number), beatOf}, DeliverPolicy: jetstream.DeliverAllPolicy, InactiveThreshold: time.Minute}
	if from := r.part.From(); from > 1 {
		policy.DeliverPolicy, policy.OptStartSeq = jetstream.DeliverByStartSequencePolicy, from
		r.missed(ctx, stream, from)
	}
	consumer, err := untilThere(ctx, func(ctx context.Context) (jetstream.Consumer, error) { return stream.OrderedConsumer(ctx, policy) })
	if err != nil {
		return nil, err
	}
	if info, err := untilThere(ctx, consumer.Info); err == nil {
		r.pending, r.caught = info.NumPending > 0, true
	}
	return consumer.Messages(jetstream.PullMaxMessages(128))
}

// missed says what the stream has no more that should have been read.
func (r *running) missed(ctx context.Context, stream jetstream.Stream, from uint64) {
	info, err := stream.Info(ctx)
	if err == nil && info.State.FirstSeq > from {
		r.share.Bus.options.Notify(fmt.Sprintf("partition %d: the bus has dropped messages %d to %d before this collector came to them: it keeps too little, or collectors were away for too long",
			r.number, from, info.State.FirstSeq-1))
	}
}

// take takes a message.
func (r *running) take(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	if r.pending, r.done = meta.NumPending > 0, false; !r.pending {
		r.caught = true
	}
	if r.seq = meta.Sequence.Stream; m.Subject() != beatOf {
		r.until = 0 // it may not be the last one
	}
	r.share.mutex.Lock()
	r.share.heard = time.Now()
	r.share.mutex.Unlock()
	return r.part.Take(m.Data(), meta.Sequence.Stream, arrival(m, meta))
}
