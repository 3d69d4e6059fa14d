//go:build full

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simplecap/bus/jet"
)

// TestCollectKilled kills one of two collectors with SIGKILL again and again, while hosts
// publish, and wants every row of the report of the merged captures once.
func TestCollectKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 20 s")
	}
	dir := t.TempDir()
	hosts, merged := capturesByHost(t, dir, 400)
	server, err := jet.Listen("127.0.0.1:0", filepath.Join(dir, "bus"), 8<<30)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	command, out := simplecapCommand(t), filepath.Join(dir, "rows")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	var agents []*exec.Cmd
	for i, name := range hosts {
		agents = append(agents, slowly(ctx, t, command, server.URL(), "host"+string(rune('1'+i)), name, 10*time.Second))
	}
	published := make(chan struct{})
	go func() {
		for _, host := range agents {
			if err := host.Wait(); err != nil {
				t.Error(err)
			}
		}
		close(published)
	}()
	collectors := [2]*collectorProcess{}
	for i := range collectors {
		collectors[i] = startCollector(ctx, t, command, server.URL(), out)
	}
	kills := 0
	for over := false; !over; kills++ {
		select {
		case <-published:
			over = true
		case <-time.After(1700 * time.Millisecond):
		}
		collectors[kills%2].kill()
		collectors[kills%2] = startCollector(ctx, t, command, server.URL(), out)
	}
	for _, c := range collectors {
		c.kill()
	}
	if last := startCollector(ctx, t, command, server.URL(), out, "--once"); last.Wait() != nil {
		t.Fatal(last.said.String())
	}
	compareRows(t, ctx, []string{merged}, dir, out, kills, func(rows []string) []string { return rows })
}

// collectorProcess is a collector of its own process.
type collectorProcess struct {
	*exec.Cmd
	said bytes.Buffer
}

func startCollector(ctx context.Context, t *testing.T, command, url, out string, more ...string) *collectorProcess {
	t.Helper()
	args := append(strings.Fields("collect --lease 1s --sink"), "ndjson:"+filepath.Join(out, "rows.ndjson")+"?every=1s", url)
	c := &collectorProcess{Cmd: exec.CommandContext(ctx, command, append(args, more...)...)}
	c.Stderr = &c.said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *collectorProcess) kill() {
	c.Process.Kill()
	c.Wait()
}
