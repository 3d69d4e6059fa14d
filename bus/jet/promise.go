package jet

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"simplecap/bus"
)

// How often a collector says how far its partitions are: at most, and while time goes on as
// it does for all; sooner where one has come promiseStep further, as when it catches up.
const (
	promiseLeast = 50 * time.Millisecond
	promiseMost  = 500 * time.Millisecond
	promiseStep  = bus.Lookahead / 4
	promiseAgain = 2 * time.Second // what has been said is said again: the bus may not have it
)

// promises is what a collector has said of its partitions.
type promises struct {
	said [partitions]bus.Promise
	at   time.Time
}

// promise says how far the partitions are that this collector has, until ctx is done.
func (s *share) promise(ctx context.Context) {
	every := time.NewTicker(promiseLeast)
	defer every.Stop()
	p := promises{at: time.Now()}
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		s.mutex.Lock()
		mine := make([]*running, 0, len(s.mine))
		for _, r := range s.mine {
			mine = append(mine, r)
		}
		s.mutex.Unlock()
		if all := p.due(mine); len(all) > 0 {
			s.say(all)
		}
	}
}

// due is what is to be said now, if anything.
func (p *promises) due(mine []*running) (all []bus.Promise) {
	far, again := time.Since(p.at) >= promiseMost, time.Since(p.at) >= promiseAgain
	for _, r := range mine {
		one := r.word.get()
		if said := p.said[r.number]; (one != said || again) && one.Time > 0 {
			all = append(all, one)
			far = far || one.Round != said.Round || one.Time-said.Time >= int64(promiseStep)
		}
	}
	if !far {
		return nil
	}
	for _, one := range all {
		p.said[one.Partition] = one
	}
	if len(all) > 0 {
		p.at = time.Now()
	}
	return all
}

// say publishes promises. One that is lost is made good by the next one.
func (s *share) say(all []bus.Promise, o ...jetstream.PublishOpt) {
	slices.SortFunc(all, func(a, b bus.Promise) int { return a.Partition - b.Partition })
	data, err := bus.EncodePromises(all)
	if err != nil {
		return
	}
	m := nats.NewMsg(promiseOf + s.options.Group)
	m.Data = data
	_, _ = s.js.PublishMsgAsync(m, o...)
}

// giveUp promises for a partition that has not said for long how far it is, up to a time:
// the same for all that have waited, so that the bus has it once.
func (s *share) giveUp(number int, until int64) {
	step := int64(bus.Lookahead)
	until += step - until%step
	s.mutex.Lock()
	again := s.gave[number] == gaveUp{until, time.Now().Unix()}
	s.gave[number] = gaveUp{until, time.Now().Unix()}
	s.mutex.Unlock()
	if again {
		return
	}
	s.say([]bus.Promise{{Partition: number, Time: until, Given: true}}, jetstream.WithMsgID(fmt.Sprintf("given-%s-%d-%d", s.options.Group, number, until)))
}

// gaveUp is what was promised for a partition, and in which second.
type gaveUp struct{ until, at int64 }

// leftOut counts by how many partitions here another one is not waited for.
func (s *share) leftOut(number, more int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	was := s.out[number]
	s.out[number] += more
	switch is := s.out[number]; {
	case was == 0 && is > 0:
		s.moves.out = append(s.moves.out, number)
	case is == 0 && was > 0:
		s.moves.back = append(s.moves.back, number)
	}
}

// word is what a partition promises, for who publishes it.
type word struct {
	mutex sync.Mutex
	one   bus.Promise
}

func (w *word) get() bus.Promise {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.one
}

func (w *word) set(p bus.Promise) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.one = p
}

// hander puts on the bus what a partition hands on, and knows what of that the bus has not
// said to have.
type hander struct {
	share *share
	out   []handing // in the order in which it was handed on
}

// handing is a message on its way.
type handing struct {
	bus.Message
	because int64 // the time of the message because of which
	future  jetstream.PubAckFuture
	since   time.Time
}

// mostHanding is how many messages are on their way at once.
const mostHanding = 256

// put puts a message on its way.
func (h *hander) put(m bus.Message, because int64) {
	m.ID = h.share.options.Group + "-" + m.ID
	h.out = append(h.out, handing{Message: m, because: because})
	h.send(&h.out[len(h.out)-1])
}

func (h *hander) send(one *handing) {
	m := nats.NewMsg(fmt.Sprint(handOf, h.share.options.Group, ".", one.Partition))
	m.Data = one.Data
	one.since = time.Now()
	one.future, _ = h.share.js.PublishMsgAsync(m, jetstream.WithMsgID(one.ID), jetstream.WithRetryAttempts(0)) // nil where it was not sent
}

// sent forgets what the bus has, and sends again what it has not said to have for long.
func (h *hander) sent() {
	left := h.out[:0]
	for i := range h.out {
		one := &h.out[i]
		if one.done() {
			continue
		}
		if past := time.Since(one.since); one.future == nil && past > 200*time.Millisecond || past > 5*time.Second {
			h.send(one)
		}
		left = append(left, *one)
	}
	clear(h.out[len(left):])
	h.out = left
}

// done reports whether the bus has a message.
func (h *handing) done() bool {
	if h.future == nil {
		return false
	}
	select {
	case <-h.future.Ok():
		return true
	case <-h.future.Err():
		h.future = nil
	default:
	}
	return false
}

// because is the time of the oldest message because of which something is still on its way;
// otherwise where there is none.
func (h *hander) because(otherwise int64) int64 {
	if len(h.out) == 0 {
		return otherwise
	}
	return min(h.out[0].because, otherwise)
}
