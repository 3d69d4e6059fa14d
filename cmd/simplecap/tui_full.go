//go:build full

package main

import (
	"context"
	"errors"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/bus"
	"simplecap/bus/jet"
	"simplecap/internal/tui"
	"simplecap/report"
)

// cluster shows what many hosts publish.
func (c *tuiCommand) cluster(ctx context.Context, store *tui.Store, args []string) error {
	options, filter, err := c.prepare("tui")
	if err != nil {
		return err
	}
	access := c.publish.bus
	for _, arg := range args {
		access.servers = append(access.servers, servers(arg)...)
	}
	if c.redactor != nil {
		err = errRedactAtHosts
	} else {
		err = access.check("tui")
	}
	if err != nil {
		return usage(err, "tui shows files, interfaces, or what is on one bus")
	}
	talk := c.err
	c.err = &noteWriter{store: store}
	defer func() { c.err = talk }()
	connection, err := access.connect("tui", c.streams, nil)
	if err != nil {
		return err
	}
	defer connection.Close()
	options.Live, options.Heads = true, true
	listen(&options, store)
	r, err := c.watchBus(ctx, connection, store, options)
	if err == nil {
		err = c.summary(r)
	}
	if err != nil {
		return err
	}
	return filter.failure()
}

// watchBus draws until its user quits, and returns what was found.
func (c *tuiCommand) watchBus(ctx context.Context, connection *jet.Bus, store *tui.Store, options analyze.Options) (r *result.Report, err error) {
	joiner := analyze.NewJoiner(options, store)
	defer joiner.Close()
	collector, err := bus.NewCollector(joiner, bus.CollectorOptions{Shown: true, Notify: func(line string) { say(c.err, report.Clean(line, 0)) }})
	if err != nil {
		return nil, err
	}
	asked := make(chan func(*result.Report), 1)
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		err := connection.Consume(running, 0, &shown{collecting{collector: collector}, asked})
		collector.End()
		r = collector.Report()
		store.End(r, err)
		ended <- err
	}()
	err = tui.Run(ctx, c.model(store, options, nil, asked), c.terminal())
	cancel()
	runErr := <-ended
	switch {
	case err != nil:
		return nil, usage(err, "")
	case runErr != nil && !errors.Is(runErr, context.Canceled):
		return nil, &failure{code: exitInput, err: runErr}
	}
	return r, nil
}

// shown hands what comes to a collector, and reports of it to who asks.
type shown struct {
	collecting
	asked <-chan func(*result.Report)
}

// Tick implements jet.Taker.
func (s *shown) Tick(now time.Time) bool {
	more := s.collecting.Tick(now)
	select {
	case ask := <-s.asked:
		ask(s.collector.Report())
	default:
	}
	return more
}
