//go:build full

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"simplecap/bus"
	"simplecap/capture"
	"simplecap/internal/wire"
)

// TestCollectEvidence publishes a capture in which everything fails and wants the packets
// of it in a file of the collector: as whole exchanges, without texts, with pseudonyms. Its
// store refuses all rows, which the report counts and the exit code says.
func TestCollectEvidence(t *testing.T) {
	t.Parallel() // it mostly waits
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	dir := t.TempDir()
	packets := filepath.Join(dir, "packets")
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
	defer store.Close()
	var collected, said, talk bytes.Buffer
	var both sync.WaitGroup
	both.Go(func() {
		args := []string{"collect", "--embedded", filepath.Join(dir, "bus"), "--listen", address, "--once", "--evidence", packets, "--sink", "otlp+" + store.URL, "--format", "json"}
		if code := run(ctx, args, nil, &collected, &said); code != exitUsage {
			t.Errorf("collect ends with %d: %s", code, said.String())
		}
	})
	args := []string{"-q", "--publish", "nats://" + address, "--agent", "proxy", "--publish-evidence", "64KiB", "--redact", "all",
		filepath.Join("..", "..", "testdata", "pcaps", "n-all404.pcap")}
	if code := run(ctx, args, nil, new(bytes.Buffer), &talk); code != 0 {
		t.Errorf("read ends with %d: %s", code, talk.String())
	}
	both.Wait()
	if !strings.Contains(said.String(), "the packets of 5 failing deliveries") {
		t.Error(said.String())
	}
	if lost := sinkLost(t, collected.Bytes()); lost == 0 || !strings.Contains(said.String(), fmt.Sprint(lost, " rows were refused")) {
		t.Error(lost, said.String())
	}
	names, err := filepath.Glob(filepath.Join(packets, "*"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	frames, err := wire.File(names[0])
	if err != nil || len(frames) != 10 { // 5 MESSAGEs and their answers
		t.Fatal(len(frames), err)
	}
	for _, f := range frames {
		if !bytes.Contains(f.Data, []byte("MESSAGE")) || bytes.Contains(f.Data, []byte("hello")) || bytes.Contains(f.Data, []byte("alice")) {
			t.Errorf("%q", f.Data)
		}
	}
}

// TestCollectPacketFiles wants what a piece holds in the order of its times, the oldest files gone
// where there are too many, what is no piece counted, and what the disk did not take taken
// again.
func TestCollectPacketFiles(t *testing.T) {
	dir := t.TempDir()
	c := &collectCommand{evidence: filepath.Join(dir, "packets") + ",1000"}
	p, err := c.packets()
	if err != nil {
		t.Fatal(err)
	}
	spool, err := bus.OpenSpool("", 0, bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	w := bus.NewWitness(bus.AgentOptions{Name: "host\x1b[31m", Epoch: 1}, spool)
	e := &evidence{pieces: w, name: func(int) string { return "host" }}
	for n := range 3 {
		if at := int64(n+1) * 1e9; w.Room(at) {
			w.Put("refused", pcapngOf(t, e, at+1000, at))
		}
	}
	w.Put("refused", []byte("\x1f\x8b no pcapng"))
	w.Close()
	spool.Close()
	r, at := spool.NewReader(), time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	for seq := uint64(1); seq <= 4; seq++ {
		m, taken, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		taken()
		p.Take(m.Data, seq, bus.Arrival{At: at})
		if err := p.commit(); err != nil {
			t.Fatal(err)
		}
	}
	p.Take([]byte("junk"), 5, bus.Arrival{At: at})
	names, err := p.files()
	if last, keptErr := p.kept(); len(names) != 2 || err != nil || last != 3 || keptErr != nil || p.unread != 2 {
		t.Fatal(names, last, err, keptErr, p.unread)
	}
	if filepath.Base(names[1]) != "evidence-20260101T100000Z-000000000003-000000000003.pcapng" {
		t.Error(names)
	}
	frames, err := wire.File(names[1])
	if err != nil || len(frames) != 2 || frames[0].Time != 3e9 || frames[1].Time != 3e9+1000 {
		t.Errorf("%v, %v", frames, err)
	}
	written, err := os.ReadFile(names[1])
	if err != nil || bytes.ContainsRune(written, 0x1b) {
		t.Error("what a host calls itself is in the file as it is")
	}
}

// pcapngOf is a piece with frames of these times.
func pcapngOf(t *testing.T, e *evidence, times ...int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w := capture.NewPcapngWriter(&b, "test")
	for _, at := range times {
		f := capture.Frame{Data: make([]byte, 100), Length: 100, HasTime: true, Time: at, Link: capture.LinkEthernet}
		if err := w.Frame(&f, e.name(0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
