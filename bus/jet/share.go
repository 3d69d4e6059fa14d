package jet

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"simplecap/bus"
)

// ShareOptions say how collectors share the partitions.
type ShareOptions struct {
	Group string        // those that share have the same name (default "collect")
	ID    string        // of this one, which no other of the group has
	Lease time.Duration // how long one is waited for that is not heard of (default 10 s)
	Once  bool          // return when every partition is finished and every agent has ended
	// Patience is how long a partition waits for what another one hands on to it that does
	// not say how far it is (default 2 min).
	Patience time.Duration
	// Open makes, with what it is given of its options, the Part of a partition that this
	// collector has now, and what gives up that which its Rows have not kept: it may be
	// called at any time, and twice.
	Open func(number int, from bus.Checkpoint, on bus.PartOptions) (part *bus.Part, abandon func(), err error)
}

// partitions are how many are shared.
const partitions = bus.Calls

// entry is what the key-value store says of a partition.
type entry struct {
	Owner string
	Done  bool // everything was kept, and every agent had ended
	bus.Checkpoint
}

// share is a collector among others.
type share struct {
	*Bus
	options ShareOptions
	kv      jetstream.KeyValue

	mutex  sync.Mutex
	owners [partitions]owned       // as the store says
	others map[string]*collectorOf // by id, with this one
	mine   map[int]*running        // partitions that this one has
	heard  time.Time               // when one that all of them have was taken last, by any of them
	out    [partitions]int         // by how many of mine each is not waited for
	gave   [partitions]gaveUp
	moves  moves
	looked time.Time // when others were looked after last
	failed error     // what ends it
	ended  sync.WaitGroup
}

// owned is who has a partition, and which revision of the store says so.
type owned struct {
	owner    string
	done     bool
	revision uint64
}

// collectorOf is a collector, and when it said last that it is there, by the clock here.
type collectorOf struct {
	revision uint64
	heard    time.Time
}

// Share makes rows of the partitions that this collector has, until ctx is done: with
// others of the group that are there, it has as many as they. A partition moves when one
// of them has not been heard of for a lease, or when another one comes; who has it then
// goes on from what was kept. What was found is kept before it returns.
func (b *Bus) Share(ctx context.Context, o ShareOptions) error {
	o.Group, o.Lease, o.Patience = cmp.Or(o.Group, "collect"), cmp.Or(o.Lease, 10*time.Second), cmp.Or(o.Patience, 2*time.Minute)
	if _, err := untilThere(ctx, b.stream); err != nil {
		return err
	}
	s := &share{Bus: b, options: o, others: make(map[string]*collectorOf), mine: make(map[int]*running), heard: time.Now()}
	var err error
	if s.kv, err = untilThere(ctx, s.bucket); err != nil {
		return err
	}
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if err := s.watch(ctx, watching); err != nil {
		return err
	}
	go s.promise(watching)
	return s.run(ctx)
}

// bucket makes the key-value store of the group where it is not there.
func (s *share) bucket(ctx context.Context) (jetstream.KeyValue, error) {
	name := streamName + "-" + s.options.Group
	kv, err := s.js.KeyValue(ctx, name)
	if err == nil || !errors.Is(err, jetstream.ErrBucketNotFound) {
		return kv, err
	}
	return s.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: name, Description: "who has which partition, and how far it has come, by simplecap",
		History: 1, MaxValueSize: 4 << 20, Storage: jetstream.FileStorage, Replicas: s.Bus.options.Replicas})
}

func partKey(number int) string { return fmt.Sprint("part.", number) }

const whoKey = "who."

// watch follows the store until watching is done; it returns when all that is there has
// come, or ctx is done.
func (s *share) watch(ctx, watching context.Context) error {
	w, err := untilThere(ctx, func(context.Context) (jetstream.KeyWatcher, error) { return s.kv.WatchAll(watching) })
	if err != nil {
		return err
	}
	for all := false; !all; {
		select {
		case e := <-w.Updates():
			if all = e == nil; !all {
				s.note(e)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	go func() {
		for e := range w.Updates() {
			if e != nil {
				s.note(e)
			}
		}
	}()
	return nil
}

// note takes what the store says of a key.
func (s *share) note(e jetstream.KeyValueEntry) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key, gone := e.Key(), e.Operation() != jetstream.KeyValuePut
	if id, ok := bytesCut(key, whoKey); ok {
		if gone {
			delete(s.others, id)
		} else {
			s.others[id] = &collectorOf{e.Revision(), time.Now()}
		}
		return
	}
	var number int
	if _, err := fmt.Sscanf(key, "part.%d", &number); err != nil || number < 0 || number >= partitions || e.Revision() < s.owners[number].revision {
		return
	}
	var one struct {
		Owner string
		Done  bool
	}
	if json.Unmarshal(e.Value(), &one) == nil {
		s.owners[number] = owned{one.Owner, one.Done, e.Revision()}
	}
}

func bytesCut(key, prefix string) (string, bool) {
	rest, ok := bytes.CutPrefix([]byte(key), []byte(prefix))
	return string(rest), ok
}

// run goes on until ctx is done, something fails for good, or everything is finished.
func (s *share) run(ctx context.Context) error {
	every := time.NewTicker(max(s.options.Lease/5, 50*time.Millisecond))
	defer every.Stop()
	defer s.leave()
	for {
		s.awake()
		s.renew(ctx)
		s.balance(ctx)
		s.nudge()
		s.tell()
		if err := s.failure(); err != nil {
			return err
		}
		if s.options.Once && s.finished() {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// renew says that this collector is there.
func (s *share) renew(ctx context.Context) {
	trying, cancel := context.WithTimeout(ctx, s.options.Lease/2)
	defer cancel()
	for _, id := range s.dead() {
		_ = s.kv.Delete(trying, whoKey+id) // or the next time
	}
	_, _ = s.kv.Put(trying, whoKey+s.options.ID, nil) // the next time, or others go on
}

// dead are the collectors that have not been heard of for long.
func (s *share) dead() (ids []string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for id, one := range s.others {
		if time.Since(one.heard) > 10*s.options.Lease {
			ids = append(ids, id)
		}
	}
	return ids
}

// leave keeps what was found, and gives up what this collector has.
func (s *share) leave() {
	s.mutex.Lock()
	for _, r := range s.mine {
		r.stop()
	}
	s.mutex.Unlock()
	s.ended.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = s.kv.Delete(ctx, whoKey+s.options.ID) // or it runs out
}

// live are the collectors that are there.
func (s *share) live() (ids []string) {
	for id, one := range s.others {
		if id == s.options.ID || time.Since(one.heard) < s.options.Lease {
			ids = append(ids, id)
		}
	}
	if !slices.Contains(ids, s.options.ID) {
		ids = append(ids, s.options.ID)
	}
	return ids
}

// balance takes partitions that nobody has, and gives up those that others should have.
func (s *share) balance(ctx context.Context) {
	s.mutex.Lock()
	live := s.live()
	fair := (partitions + len(live) - 1) / len(live)
	var free []int
	for number := range s.owners {
		if o := &s.owners[number]; o.owner != s.options.ID && !slices.Contains(live, o.owner) || o.owner == s.options.ID && s.mine[number] == nil {
			free = append(free, number)
		}
	}
	have := len(s.mine)
	for number := partitions - 1; number >= 0 && have > fair; number-- {
		if r := s.mine[number]; r != nil {
			have--
			if !r.stopping {
				r.stop()
			}
		}
	}
	s.mutex.Unlock()
	for _, number := range free {
		if have >= fair || ctx.Err() != nil {
			return
		}
		if s.take(ctx, number) {
			have++
		}
	}
}

// take makes a partition this collector's, if nobody was faster.
func (s *share) take(ctx context.Context, number int) bool {
	trying, cancel := context.WithTimeout(ctx, s.options.Lease/2)
	defer cancel()
	var one entry
	revision := uint64(0)
	switch e, err := s.kv.Get(trying, partKey(number)); {
	case err == nil:
		if json.Unmarshal(e.Value(), &one) != nil {
			return false
		}
		revision = e.Revision()
	case !errors.Is(err, jetstream.ErrKeyNotFound):
		return false
	}
	s.mutex.Lock()
	taken := one.Owner != "" && one.Owner != s.options.ID && slices.Contains(s.live(), one.Owner)
	s.mutex.Unlock()
	if taken {
		return false
	}
	before := one.Owner
	one.Owner, one.Done = s.options.ID, false
	revision, err := s.put(trying, number, &one, revision)
	if err != nil {
		return false
	}
	s.took(number, before)
	s.begin(ctx, number, one.Checkpoint, revision)
	return true
}

var errLost = errors.New("another collector has the partition")

// put keeps an entry if the store still has this revision of it, and returns the new one.
func (s *share) put(ctx context.Context, number int, one *entry, revision uint64) (uint64, error) {
	value, err := json.Marshal(one)
	if err != nil {
		return 0, err
	}
	for {
		next, err := s.kv.Update(ctx, partKey(number), value, revision)
		if err == nil {
			s.mutex.Lock()
			s.owners[number] = owned{one.Owner, one.Done, next}
			s.mutex.Unlock()
			return next, nil
		}
		if e, gone := s.kv.Get(ctx, partKey(number)); gone == nil && e.Revision() > revision {
			if bytes.Equal(e.Value(), value) { // it was kept, and the word of that was lost
				return e.Revision(), nil
			}
			return 0, errLost
		}
		select {
		case <-ctx.Done():
			return 0, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// nudge says that time goes on where nobody else does.
func (s *share) nudge() {
	s.mutex.Lock()
	quiet := time.Since(s.heard) > 2*time.Second
	s.mutex.Unlock()
	if !quiet {
		return
	}
	if m, err := bus.TickAt(time.Now().Unix()); err == nil {
		n := nats.NewMsg(subject(m.Partition))
		n.Data = m.Data
		_, _ = s.js.PublishMsgAsync(n, jetstream.WithMsgID(m.ID)) // the next time
	}
}

// failure is what ends the collector.
func (s *share) failure() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.failed
}

// finished reports whether all partitions are, whoever has them.
func (s *share) finished() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return !slices.ContainsFunc(s.owners[:], func(o owned) bool { return !o.done })
}
