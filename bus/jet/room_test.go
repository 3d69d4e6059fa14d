package jet_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"simplecap/bus"
	"simplecap/bus/jet"
)

// withoutRoom begins a bus with 2 GiB in all, and has a spool with nothing in it.
func withoutRoom(t *testing.T) (*jet.Server, *bus.Spool) {
	t.Helper()
	server, err := jet.Listen("127.0.0.1:0", t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	spool, err := bus.OpenSpool("", 0, bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	spool.Close()
	return server, spool
}

// Whoever comes first makes the stream; who comes at the same time takes it as it is, in
// silence.
func TestStreamMadeAtOnce(t *testing.T) {
	server, spool := withoutRoom(t)
	var said []string
	var mutex sync.Mutex
	say := func(line string) {
		mutex.Lock()
		defer mutex.Unlock()
		said = append(said, line)
	}
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	var all sync.WaitGroup
	begin := make(chan struct{})
	for size := range int64(8) { // agents of other sizes, at the same time
		other, err := jet.Connect(jet.Options{Servers: []string{server.URL()}, MaxBytes: 1<<30 + size<<20, Notify: say})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		all.Go(func() {
			<-begin
			if err := other.Publish(ctx, spool); err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	all.Wait()
	if len(said) > 0 {
		t.Errorf("%q", said)
	}
}

// A stream is as large as the servers have room for, which is said.
func TestStreamFits(t *testing.T) {
	server, spool := withoutRoom(t)
	var said []string
	b, err := jet.Connect(jet.Options{Servers: []string{server.URL()}, Notify: func(line string) { said = append(said, line) }})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	if err := b.Publish(ctx, spool); err != nil || len(said) != 1 || !strings.HasSuffix(said[0], "no room for 8192 MiB: the stream SIMPLECAP-1 holds 2048 MiB") {
		t.Errorf("%v, %q", err, said)
	}
	if last, err := b.LastEvidence(ctx); err == nil {
		t.Errorf("there is room for another: %d", last)
	}
}
