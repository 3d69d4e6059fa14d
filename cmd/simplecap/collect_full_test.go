//go:build full

package main

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCollectFull publishes a capture as a host does and wants its deliveries from the
// collector, which ends when the host has ended.
func TestCollectFull(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	var collected, said, printed, talk bytes.Buffer
	var both sync.WaitGroup
	both.Go(func() {
		args := []string{"collect", "--embedded", t.TempDir(), "--listen", address, "--once", "--format", "ndjson"}
		if code := run(ctx, args, nil, &collected, &said); code != 0 {
			t.Errorf("collect ends with %d: %s", code, said.String())
		}
	})
	args := []string{"--publish", "nats://" + address, "--agent", "proxy", "--format", "ndjson", filepath.Join("..", "..", "testdata", "pcaps", "two-proxies-in-series.pcap")}
	if code := run(ctx, args, nil, &printed, &talk); code != 0 {
		t.Errorf("read ends with %d: %s", code, talk.String())
	}
	both.Wait()
	for _, kind := range []string{`"type":"transaction"`, `"type":"delivery"`, `"type":"text"`} {
		if want, got := lines(&printed, kind), lines(&collected, kind); want == 0 || want != got {
			t.Errorf("%d of %s, not %d: %s", got, kind, want, collected.String())
		}
	}
	if !strings.Contains(collected.String(), `"name":"proxy"`) {
		t.Error("the host is no input of the report")
	}
}

// lines counts the rows of a kind; one that comes again, since it has changed, counts once.
func lines(out *bytes.Buffer, kind string) int {
	rows := make(map[string]bool)
	for line := range strings.Lines(out.String()) {
		if _, row, ok := strings.Cut(line, kind+`,"id":`); ok {
			id, _, _ := strings.Cut(row, ",")
			rows[id] = true
		}
	}
	return len(rows)
}

// What a host calls itself drives no terminal.
func TestCollectNotifies(t *testing.T) {
	var said bytes.Buffer
	c := &collectCommand{streams: streams{err: &said}}
	c.notify("host\x1b]0;owned\a\x9b31m has lost 3 batches")
	if strings.ContainsAny(said.String(), "\x1b\a\u009b") || !strings.Contains(said.String(), "has lost 3 batches") {
		t.Errorf("%q", said.String())
	}
}
