//go:build full

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"simplecap/bus"
	"simplecap/bus/jet"
	"simplecap/report"
)

// begin connects to the bus, without --publish to none. replay says that the times are
// not of now; account is whom the process becomes, nil where it stays who it is.
func (f *publishFlags) begin(ctx context.Context, s streams, related []string, replay bool, account *confinement) (*publishing, error) {
	if !f.on() {
		return nil, nil
	}
	if err := f.makeDir(account); err != nil {
		return nil, usage(err, "--spool names a directory that this user may write to")
	}
	spool, err := bus.OpenSpool(f.dir, int64(f.size), bus.Limits{})
	if err != nil {
		return nil, usage(fmt.Errorf("--spool: %w", err), "")
	}
	clock := time.Now
	if replay {
		clock = nil
	}
	connection, err := f.bus.connect(f.agent, s, clock)
	if err != nil {
		return nil, err
	}
	o := bus.AgentOptions{Name: f.agent, Epoch: uint64(time.Now().UnixNano()), Related: related, Replay: replay,
		Notify: func(line string) { say(s.err, line) }}
	publish, cancel := context.WithCancel(context.WithoutCancel(ctx))
	testimony, err := f.testify(publish, o, connection, account)
	if err != nil {
		cancel()
		return nil, usage(fmt.Errorf("--spool: %w", err), "")
	}
	agent := bus.NewAgent(o, spool)
	done := make(chan error, 1)
	go func() { done <- connection.Publish(publish, spool) }()
	stop := func() error {
		defer cancel()
		testimony.end(lastWait) // before the agent says that it has ended
		agent.Close()
		spool.Close()
		err := f.wait(ctx, s, done, cancel)
		cancel()
		told := testimony.told(s, f)
		connection.Close()
		spool.Remove()
		return errors.Join(told, f.outcome(err, agent.Lost(), spool.Held(), spool.Failed()))
	}
	p := &publishing{legs: agent, stop: stop}
	if testimony != nil {
		p.pieces = testimony.witness
	}
	return p, nil
}

// lastWait is how long the bus is waited for, behind an interrupt and before it is said.
const lastWait = 5 * time.Second

// wait waits until all is published: for as long as it takes where a file is read, unless
// it is interrupted.
func (f *publishFlags) wait(ctx context.Context, s streams, done <-chan error, cancel func()) error {
	for told := false; ; told = true {
		select {
		case err := <-done:
			return err
		case <-time.After(lastWait):
		}
		if ctx.Err() != nil {
			cancel()
			return <-done
		}
		if !told {
			say(s.err, "waits for the bus to take the rest; an interrupt leaves it")
		}
	}
}

// outcome says what could not be published.
func (f *publishFlags) outcome(err error, lost uint64, held int64, disk error) error {
	var problems []error
	switch {
	case lost > 0 && disk != nil:
		problems = append(problems, fmt.Errorf("%d batches are lost, since the spool could not be written (--spool DIR,SIZE: is there room for SIZE?): %w", lost, disk))
	case lost > 0:
		problems = append(problems, fmt.Errorf("%d batches were dropped: the spool is too small, or the bus was away for too long", lost))
	}
	switch {
	case held > 0 && f.dir != "":
		problems = append(problems, fmt.Errorf("%d bytes wait in %s for the next run", held, f.dir))
	case err != nil && !errors.Is(err, context.Canceled):
		problems = append(problems, fmt.Errorf("publish: %w", err))
	case err != nil && f.dir == "":
		problems = append(problems, errors.New("what the bus had not taken is lost: --spool keeps it"))
	}
	if len(problems) == 0 {
		return nil
	}
	return &failure{code: exitInput, err: errors.Join(problems...)}
}

// makeDir makes the directory of the spool for the user that the process becomes.
func (f *publishFlags) makeDir(account *confinement) error {
	if f.dir == "" {
		return nil
	}
	return makeDirFor(f.dir, account)
}

// makeDirFor makes a directory that is not there.
func makeDirFor(dir string, account *confinement) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil || account == nil {
		return err
	}
	return account.own([]string{dir})
}

// connect connects to the bus.
func (f *busFlags) connect(name string, s streams, clock func() time.Time) (*jet.Bus, error) {
	b, err := jet.Connect(jet.Options{Servers: f.servers, Name: "simplecap " + name, Creds: f.creds, CA: f.ca, Cert: f.cert, Key: f.key, Replicas: f.replicas, Now: clock,
		Notify: func(line string) { say(s.err, report.Clean(line, 0)) }})
	if err != nil {
		return nil, usage(err, "the bus is named by its URL; --nats-creds, --nats-ca, --nats-cert and --nats-key name files that this user can read")
	}
	return b, nil
}
