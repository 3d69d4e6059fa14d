package jet

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	round    int  // see bus.Promise
	done     bool // all is kept, and every agent has ended
	lost     error
	hander   hander
	word     word
	at       int64        // the time of the message at hand
	next     *received    // that is to be taken when the part is ready
	stuck    time.Time    // since when it is not
	out      map[int]bool // partitions that are not waited for: whether all know of that
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
	r := &running{share: s, number: number, revision: revision, stopped: make(chan struct{}), hander: hander{share: s}, out: make(map[int]bool)}
	s.mutex.Lock()
	s.mine[number] = r
	s.mutex.Unlock()
	s.ended.Go(func() {
		err := r.run(ctx, from)
		for number := range r.out {
			s.leftOut(number, -1)
		}
		s.mutex.Lock()
		defer s.mutex.Unlock()
		delete(s.mine, number)
		if r.lost != nil {
			s.moves.lost = append(s.moves.lost, number)
		}
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
	revision, err := r.share.put(ctx, r.number, &entry{Owner: owner, Done: r.done, Checkpoint: *c}, r.revision)
	if err != nil {
		r.lost = errLost // or it is not known who has it
		return errLost
	}
	r.revision = revision
	return nil
}

// patience is how long stores are waited for where a partition is to be given up.
const patience = 10 * time.Second

// hand puts what belongs to another partition on its way.
func (r *running) hand(m bus.Message) error {
	r.hander.put(m, r.at)
	if len(r.hander.out) < mostHanding {
		return nil
	}
	return r.settle(mostHanding / 2)
}

// settle waits until no more than so many of the messages that were handed on are on their
// way.
func (r *running) settle(most int) error {
	for r.hander.sent(); len(r.hander.out) > most; r.hander.sent() {
		select {
		case <-r.stopped:
			return errLost // who goes on does it
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
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
	if err := r.commit(); err != nil {
		return err
	}
	return r.put("", &r.last)
}

// consume takes messages until the partition is to stop.
func (r *running) consume(ctx context.Context) error {
	in := intake{}
	var err error
	if in.own, err = r.messages(ctx); err != nil {
		return err
	}
	defer in.own.stop()
	if in.others, err = r.others(ctx); err != nil {
		return err
	}
	defer in.others.stop()
	for !r.over(ctx) {
		err := r.step(&in)
		if err == nil && r.part.Due() {
			err = r.commit()
		}
		if err == nil && r.share.options.Once && r.caught && !r.pending && r.next == nil && !r.done && r.part.Idle() {
			err = r.ending()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commit keeps what was found, when what it has handed on is on the bus.
func (r *running) commit() error {
	if err := r.settle(0); err != nil {
		return err
	}
	return r.part.Commit()
}

// step takes a message, or waits for one.
func (r *running) step(in *intake) error {
	r.hander.sent()
	r.promise()
	if r.next != nil && r.part.Ready(r.next.at()) {
		next := r.next
		r.next, r.stuck = nil, time.Time{}
		if err := r.take(next); err != nil || r.part.Heard() > mostHeard {
			return err
		}
		return in.now(r)
	}
	if r.next != nil {
		r.wait()
	}
	return in.wait(r)
}

// mostHeard is how many batches of other partitions are held while there is no need to.
const mostHeard = 1024

// promise says how far the partition is: at the message that is to be taken, or at the last
// one.
func (r *running) promise() {
	var next time.Time
	if r.next != nil {
		next = r.next.at()
	}
	r.word.set(bus.Promise{Partition: r.number, Time: r.hander.because(r.part.Time(next)), Round: r.round})
}

// wait waits for other partitions, but not for ever for those that are not heard of.
func (r *running) wait() {
	at := r.next.at()
	behind := r.part.Behind(at)
	if r.stuck.IsZero() {
		r.stuck = time.Now()
	}
	patient := time.Since(r.stuck) < r.share.options.Patience
	for _, number := range behind {
		if r.part.LeftOut(number) || !patient {
			r.leftOut(number)
			r.share.giveUp(number, r.part.Time(at)-int64(bus.Lookahead))
		}
	}
}

// leftOut has a partition not waited for until it comes up with the others.
func (r *running) leftOut(number int) {
	if _, known := r.out[number]; !known {
		r.out[number] = false
		r.share.leftOut(number, 1)
	}
}

// back looks whether partitions that are left out have come up with the others.
func (r *running) back() {
	for number, known := range r.out {
		switch out := r.part.LeftOut(number); {
		case out:
			r.out[number] = true
		case known:
			delete(r.out, number)
			r.share.leftOut(number, -1)
		}
	}
}

// ending ends the partition once nobody can hand anything on to it: each hands on all that
// has come, and says so, as often as a leg may be handed on.
func (r *running) ending() error {
	if r.round > r.part.Round() {
		return nil // others are not so far
	}
	if r.round > 0 {
		if err := r.part.Drain(); err != nil {
			return err
		}
	}
	if err := r.settle(0); err != nil {
		return err
	}
	if r.round++; r.round <= bus.MostRounds {
		return nil
	}
	r.done = true
	return r.part.End()
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
func (r *running) messages(ctx context.Context) (in pumped, err error) {
	stream, err := untilThere(ctx, r.share.stream)
	if err != nil {
		return in, err
	}
	policy := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject(r.number), beatOf}, DeliverPolicy: jetstream.DeliverAllPolicy, InactiveThreshold: time.Minute}
	if from := r.part.From(); from > 1 {
		policy.DeliverPolicy, policy.OptStartSeq = jetstream.DeliverByStartSequencePolicy, from
		r.missed(ctx, stream, from)
	}
	consumer, err := untilThere(ctx, func(ctx context.Context) (jetstream.Consumer, error) { return stream.OrderedConsumer(ctx, policy) })
	if err != nil {
		return in, err
	}
	if info, err := untilThere(ctx, consumer.Info); err == nil {
		r.pending, r.caught = info.NumPending > 0, true
	}
	return pump(consumer)
}

// missed says what the stream has no more that should have been read.
func (r *running) missed(ctx context.Context, stream jetstream.Stream, from uint64) {
	info, err := stream.Info(ctx)
	if err == nil && info.State.FirstSeq > from {
		r.share.Bus.options.Notify(fmt.Sprintf("partition %d: the bus has dropped messages %d to %d before this collector came to them: it keeps too little, or collectors were away for too long",
			r.number, from, info.State.FirstSeq-1))
	}
}

// others are those that say how far other partitions have handed on, and what they have
// handed on to this one.
func (r *running) others(ctx context.Context) (in pumped, err error) {
	stream, err := untilThere(ctx, r.share.stream)
	if err != nil {
		return in, err
	}
	group := r.share.options.Group
	policy := jetstream.OrderedConsumerConfig{FilterSubjects: []string{fmt.Sprint(handOf, group, ".", r.number), promiseOf + group},
		DeliverPolicy: jetstream.DeliverAllPolicy, InactiveThreshold: time.Minute}
	if since := r.part.Since(); !since.IsZero() {
		since = since.Add(-time.Minute)
		policy.DeliverPolicy, policy.OptStartTime = jetstream.DeliverByStartTimePolicy, &since
	}
	consumer, err := untilThere(ctx, func(ctx context.Context) (jetstream.Consumer, error) { return stream.OrderedConsumer(ctx, policy) })
	if err != nil {
		return in, err
	}
	return pump(consumer)
}

// take takes a message.
func (r *running) take(one *received) error {
	if r.pending = one.meta.NumPending > 0; !r.pending {
		r.caught = true
	}
	if one.message.Subject() == beatOf {
		r.share.mutex.Lock()
		r.share.heard = time.Now()
		r.share.mutex.Unlock()
	}
	r.at = r.part.Time(one.at())
	err := r.part.Take(one.message.Data(), one.meta.Sequence.Stream, arrival(one.message, one.meta))
	if one.message.Subject() != beatOf || !r.part.Idle() {
		r.round, r.done = 0, false
	}
	return err
}
