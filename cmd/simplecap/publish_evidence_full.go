//go:build full

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"simplecap/bus"
	"simplecap/bus/jet"
)

// testimony are the packets of failing deliveries on their way to the bus. A nil one is
// none.
type testimony struct {
	witness *bus.Witness
	spool   *bus.Spool
	done    chan struct{} // closed when all is published, or no more is
}

// testify begins to publish packets, where that is asked for, through a spool of their own.
func (f *publishFlags) testify(ctx context.Context, o bus.AgentOptions, connection *jet.Bus, account *confinement) (*testimony, error) {
	if f.rate == 0 {
		return nil, nil
	}
	size, dir := bus.DefaultLimits.Memory/8, ""
	if f.dir != "" {
		size, dir = min(bus.DefaultLimits.EvidenceSpool, int64(f.size)/4), filepath.Join(f.dir, "evidence")
		if err := makeDirFor(dir, account); err != nil {
			return nil, err
		}
	}
	spool, err := bus.OpenSpool(dir, size, bus.Limits{})
	if err != nil {
		return nil, err
	}
	o.Limits.EvidenceRate = int(f.rate)
	t := &testimony{witness: bus.NewWitness(o, spool), spool: spool, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		_ = connection.PublishEvidence(ctx, spool) // what it leaves is counted in told
	}()
	return t, nil
}

// end ends it, and gives the bus some time to take the rest.
func (t *testimony) end(wait time.Duration) {
	if t == nil {
		return
	}
	t.witness.Close()
	t.spool.Close()
	select {
	case <-t.done:
	case <-time.After(wait):
	}
}

// told says what was not published; publishing has been cancelled.
func (t *testimony) told(s streams, f *publishFlags) error {
	if t == nil {
		return nil
	}
	<-t.done
	if n := t.witness.Held(); n > 0 {
		say(s.err, fmt.Sprintf("the packets of %d failing deliveries were held back: a larger --publish-evidence lets more go", n))
	}
	lost, waits := t.witness.Lost(), t.spool.Waits()
	t.spool.Remove()
	switch {
	case waits > 0 && f.dir != "":
		say(s.err, fmt.Sprintf("the packets of %d failing deliveries wait in %s for the next run", waits, f.dir))
	case waits > 0:
		lost += waits
	}
	if lost == 0 {
		return nil
	}
	return &failure{code: exitInput, err: errors.New(fmt.Sprint("the packets of ", lost, " failing deliveries are lost: the bus did not take them"))}
}
