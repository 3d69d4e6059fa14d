//go:build full

package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"simplecap/bus/jet"
	"simplecap/internal/wire"
)

// TestScreenOfCluster wants on a screen what two hosts publish: rows over both, a delivery
// in full as far as legs tell, and the summary at the end.
func TestScreenOfCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	server, err := jet.Listen("127.0.0.1:0", t.TempDir(), 8<<30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	s := onScreen(t, 120, 40, t.TempDir(), simplecapCommand(t)+" tui "+server.URL())
	s.see("waiting for the first MESSAGE")
	publishHosts(t, server.URL(), filepath.Join("..", "..", "testdata", "pcaps", "two-proxies-in-series.pcap"))
	s.see("5/5", "delivered", "? all keys")
	s.keys("Enter")
	if screen := s.see("delivered", "MESSAGE", "200 OK", "Hops", "cleartext"); strings.Contains(screen, "without Max-Forwards") {
		t.Errorf("a head is held against what it does not have:\n%s", screen)
	}
	s.keys("q", "q")
	s.see("20 transactions: 20 success")
}

// publishHosts publishes a capture as the hosts in it do.
func publishHosts(t *testing.T, url, name string) {
	t.Helper()
	all, err := wire.File(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, frames := range wire.ByHost(all) {
		host := fmt.Sprintf("host-%d", i+1)
		var said bytes.Buffer
		args := []string{"-q", "--publish", url, "--agent", host, writeFrames(t, filepath.Join(dir, host+".pcapng"), frames)}
		if code := run(t.Context(), args, nil, io.Discard, &said); code != 0 {
			t.Fatal(said.String())
		}
	}
}
