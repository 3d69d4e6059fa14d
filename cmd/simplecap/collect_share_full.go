//go:build full

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"simplecap/analyze"
	"simplecap/bus"
	"simplecap/bus/jet"
	"simplecap/sink"
)

// together does work side by side, and waits for all of it. Where one fails the others end.
func together(ctx context.Context, work []func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	errs := make([]error, len(work))
	for i, do := range work {
		all.Go(func() {
			if errs[i] = do(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// validGroup reports whether a name may stand in those on the bus and in those of files.
func validGroup(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// share makes rows of the partitions that this collector has among others.
func (c *collectCommand) share(ctx context.Context, connection *jet.Bus, options analyze.Options, stores *sharedStores) error {
	defer close(stores.kept)
	options.PlainTexts, options.Live, options.Receipts = true, false, c.receipts
	options.Limits.Memory = max(options.Limits.Memory/16, 16<<20)
	stores.schema, stores.mode = sink.NewSchema(), sink.FileOptions{Mode: c.mode.of(c.bodies)}
	if err := stores.open(ctx); err != nil {
		return err
	}
	defer stores.close()
	err := connection.Share(ctx, jet.ShareOptions{Group: c.group, ID: strings.ReplaceAll(hostName(), ".", "_") + "-" + rand.Text(), Lease: c.lease, Once: c.once,
		Open: func(number int, from bus.Checkpoint, o bus.PartOptions) (*bus.Part, func(), error) {
			rows, err := stores.rows(number)
			if err != nil {
				return nil, nil, err
			}
			o.Analyze, o.Rows, o.Every, o.Most = options, rows, stores.every, mostPending
			o.Collector = bus.CollectorOptions{Hold: c.hold, Silence: c.silence, Notify: c.notifyOf(number)}
			o.Notify = c.notify
			part, err := bus.NewPart(from, o)
			return part, stores.giveUp(rows), err
		}})
	if err != nil && !errors.Is(err, context.Canceled) {
		return &failure{code: exitInput, err: err}
	}
	return stores.told()
}

// mostPending is how many bytes of rows of one partition are kept at once, about: they
// wait on disk or in the store, not in memory.
const mostPending = 64 << 20

// notifyOf says what happens to hosts: each partition hears of it, one speaks.
func (c *collectCommand) notifyOf(number int) func(string) {
	if number != 0 {
		return nil
	}
	return c.notify
}

// sharedStores are the stores of all partitions.
type sharedStores struct {
	command *collectCommand
	schema  *sink.Schema
	mode    sink.FileOptions
	shared  []*sink.Shared // by address, nil where a partition has its own
	outputs []sink.Output  // what each is to get
	every   time.Duration

	mutex  sync.Mutex
	counts []sink.Counts // of the sinks that were given up, by address
	kept   chan struct{} // closed when that is all
}

// lost waits until all partitions have been given up and is how many rows no store has.
func (s *sharedStores) lost() (rows uint64) {
	<-s.kept
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i := range s.counts {
		rows += s.counts[i].Lost()
	}
	return rows
}

// open opens the stores that all partitions share.
func (s *sharedStores) open(ctx context.Context) error {
	for _, a := range s.command.sinks.addresses {
		by, o := openers()[a.Scheme], storeOptions{s.mode, s.command.group, s.schema}
		var shared *sink.Shared
		out, err := describeStore(ctx, a, by, true)
		if err == nil && by.part == nil {
			var store sink.Store
			if store, err = by.open(a, o); err == nil {
				shared = sink.NewShared(store)
			}
		}
		if err != nil {
			s.close()
			return usage(fmt.Errorf("--sink %s: %w", a, err), "")
		}
		s.every = max(s.every, out.Every)
		out.Every = 0 // Commit flushes
		s.outputs, s.shared = append(s.outputs, out), append(s.shared, shared)
		s.counts = append(s.counts, sink.Counts{Name: out.Name})
	}
	return nil
}

func (s *sharedStores) close() {
	for _, one := range s.shared {
		if one != nil {
			one.Close()
		}
	}
}

// rows opens the stores of a partition.
func (s *sharedStores) rows(number int) (*sink.Sink, error) {
	c := s.command
	o := c.sinkOptions(c.group, func(line string) { say(c.err, line) })
	o.Run, o.Wait, o.Forever = fmt.Sprintf("%s-p%02d", c.group, number), true, true
	o.Limits.QueueBytes = 2 << 20
	outputs := append([]sink.Output(nil), s.outputs...)
	for i, a := range c.sinks.addresses {
		if s.shared[i] != nil {
			outputs[i].Store = s.shared[i].User()
			continue
		}
		store, err := openers()[a.Scheme].part(a, storeOptions{s.mode, o.Run, s.schema})
		if err != nil {
			for _, out := range outputs[:i] {
				out.Store.Close()
			}
			return nil, fmt.Errorf("--sink %s: %w", a, err)
		}
		outputs[i].Store = store
	}
	return sink.New(o, outputs...), nil
}

// giveUp returns what gives up what a partition has not kept, and adds up what it has.
func (s *sharedStores) giveUp(rows *sink.Sink) func() {
	var once sync.Once
	return func() {
		rows.Abandon()
		once.Do(func() {
			counts, _ := rows.Counts()
			s.add(counts)
		})
	}
}

func (s *sharedStores) add(counts []sink.Counts) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i, one := range counts {
		s.counts[i].Stored += one.Stored
		s.counts[i].Full += one.Full
		s.counts[i].Refused += one.Refused
	}
}

// told says what became of rows.
func (s *sharedStores) told() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var lost []error
	for i := range s.counts {
		one := &s.counts[i]
		if n := one.Lost(); n > 0 {
			lost = append(lost, fmt.Errorf("%s: %d rows were refused, %d were stored", one.Name, n, one.Stored))
		} else if !s.command.quiet {
			say(s.command.err, fmt.Sprintf("%s: %d rows were stored", one.Name, one.Stored))
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return usage(errors.Join(lost...), "")
}
