//go:build full

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/bus"
	"simplecap/bus/jet"
	"simplecap/report"
)

// run joins what comes over the bus until it is interrupted or, with --once, every host
// has ended.
func (c *collectCommand) run(ctx context.Context, args []string) error {
	options, filter, err := c.prepare("collect")
	options.Grown = nil
	garbageOfLegs()
	if err == nil {
		err = c.checkCollect(args)
	}
	if err == nil {
		err = c.sinks.parse()
	}
	if err != nil {
		return err
	}
	if c.embedded != "" {
		server, err := jet.Listen(c.listen, c.embedded, 8<<30)
		if err != nil {
			return usage(fmt.Errorf("--embedded: %w", err), "")
		}
		defer server.Close()
		c.bus.servers = []string{server.URL()}
		if !c.quiet {
			say(c.err, "hosts publish at "+c.listen+", such as by live --publish nats://"+c.reachable())
		}
	}
	connection, err := c.bus.connect("collect", c.streams, nil)
	if err != nil {
		return err
	}
	defer connection.Close()
	stores := &sharedStores{command: c, kept: make(chan struct{})}
	work := []func(context.Context) error{func(ctx context.Context) error { return c.collect(ctx, connection, options, stores) }}
	if len(c.sinks.given) > 0 {
		share := func(ctx context.Context) error { return c.share(ctx, connection, options, stores) }
		if work = append(work, share); !c.printed {
			work = work[1:]
		}
	} else {
		close(stores.kept)
	}
	if err := c.withPackets(ctx, connection, func() error { return together(ctx, work) }); err != nil {
		return err
	}
	return filter.failure()
}

// withPackets keeps packets of failing deliveries, where that is asked for, while work is
// done.
func (c *collectCommand) withPackets(ctx context.Context, connection *jet.Bus, work func() error) error {
	packets, err := c.packets()
	if err != nil {
		return usage(err, "")
	}
	if packets == nil {
		return work()
	}
	following, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan struct{})
	go func() {
		defer close(over)
		packets.follow(following, connection, c.notify)
	}()
	err = work()
	packets.caughtUp(ctx, connection)
	cancel()
	<-over
	packets.told(c.notify)
	return err
}

var errRedactAtHosts = errors.New("--redact belongs to the hosts: give it to live --publish, with the same --redact-key on each")

// checkCollect finds what is wrong with the flags and the servers.
func (c *collectCommand) checkCollect(args []string) error {
	const hint = "simplecap collect --help lists the flags"
	for _, arg := range args {
		c.bus.servers = append(c.bus.servers, servers(arg)...)
	}
	switch {
	case len(c.bus.servers) == 0 && c.embedded == "":
		return usage(errors.New("no bus to collect from"), "name one as nats://HOST:4222, or be one with --embedded DIR")
	case len(c.bus.servers) > 0 && c.embedded != "":
		return usage(errors.New("--embedded is a bus of its own: leave the URL out"), hint)
	case c.silence <= 0 || c.hold < 0:
		return usage(errors.New("--silence and --hold: want more than 0"), hint)
	case len(c.sinks.given) > 0 && !validGroup(c.group):
		return usage(fmt.Errorf("--group %q: want letters, digits and _", c.group), hint)
	case c.lease < time.Second || c.receipts <= 0:
		return usage(errors.New("--lease: want 1s or more; --receipts: more than 0"), hint)
	case c.redactor != nil:
		return usage(errRedactAtHosts, hint)
	case report.Format(c.format) == report.HTML || report.Format(c.format) == report.Markdown:
		return usage(fmt.Errorf("--format %s: collect prints table, ndjson, csv or json", c.format), hint)
	}
	if err := c.bus.check("collect"); err != nil {
		return usage(err, hint)
	}
	return nil
}

// servers are those of a list, in which the scheme need not be said again.
func servers(list string) (all []string) {
	for _, one := range strings.Split(list, ",") {
		if !strings.Contains(one, "://") {
			one = "nats://" + one
		}
		all = append(all, one)
	}
	return all
}

// reachable is where hosts find this one.
func (c *collectCommand) reachable() string {
	u := url.URL{Host: c.listen}
	if host := u.Hostname(); host == "0.0.0.0" || host == "::" || host == "" {
		name, _ := os.Hostname()
		return name + ":" + u.Port()
	}
	return c.listen
}

// collect prints what comes, and in the end what the stores did not take.
func (c *collectCommand) collect(ctx context.Context, connection *jet.Bus, options analyze.Options, stores *sharedStores) error {
	out, err := createOutput(c.output, c.out, c.mode.of(c.bodies))
	if err != nil {
		return usage(err, "")
	}
	defer out.abort()
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	options.Live = report.Format(c.format) != report.JSON
	printed := newQueue(watched{out, cancel}, nil, func(error) { cancel() })
	w, handler, err := c.newWriter(printed, &options, c.looks(out))
	if err != nil {
		return usage(err, "")
	}
	handler = c.sunk(&options, handler, nil)
	joiner := analyze.NewJoiner(options, handler)
	defer joiner.Close()
	collector, err := bus.NewCollector(joiner, bus.CollectorOptions{Hold: c.hold, Silence: c.silence, Notify: c.notify})
	if err != nil {
		return err
	}
	runErr := connection.Consume(running, 0, &collecting{collector, c.once})
	if errors.Is(runErr, context.Canceled) {
		runErr = nil
	}
	collector.End()
	printed.waitForRoom()
	r := collector.Report()
	r.Quality.SinkLost += stores.lost()
	err = errors.Join(w.Close(r), finish(printed))
	if err == nil {
		err = out.commit()
	}
	return c.told(collector, joiner, r, runErr, err)
}

// notify says what happens to hosts, which call themselves what they want.
func (c *collectCommand) notify(line string) {
	if !c.quiet {
		say(c.err, report.Clean(line, 0))
	}
}

// finish waits until all is printed.
func finish(q *queue) error {
	q.close()
	return q.err()
}

// told says what is to be said at the end.
func (c *collectCommand) told(collector *bus.Collector, joiner *analyze.Joiner, r *result.Report, runErr, outErr error) error {
	if !c.quiet {
		if n := collector.Counts().Unread; n > 0 {
			say(c.err, fmt.Sprintf("%d messages on the bus could not be read: of another version of simplecap, or of something else", n))
		}
		if n := joiner.Late(); n > 0 {
			say(c.err, fmt.Sprintf("%d legs came when their rows had been printed, and are in none", n))
		}
	}
	switch {
	case outErr != nil && !isBrokenPipe(outErr):
		return usage(fmt.Errorf("write the report: %w", outErr), "")
	case runErr != nil:
		return &failure{code: exitInput, err: runErr}
	}
	return tellInputs(&c.commonFlags, c.err, r)
}

// looks adds to the flags what depends on the terminal.
func (c *collectCommand) looks(out *output) report.Options {
	o := c.printing()
	to := io.Writer(out.target())
	o.Live, o.Early, o.Width, o.Color, o.Zone = report.Format(c.format) != report.JSON, c.early, width(to), colored(c.color, to), zone(to, c.utc)
	return o
}

// collecting hands what comes to a collector until every host has ended, if once.
type collecting struct {
	collector *bus.Collector
	once      bool
}

// Take implements jet.Taker.
func (c *collecting) Take(data []byte, _ uint64, by bus.Arrival) { c.collector.Take(data, by) }

// Tick implements jet.Taker.
func (c *collecting) Tick(now time.Time) bool {
	c.collector.Tick(now)
	return !c.once || !c.collector.Ended()
}
