//go:build full && linux

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"simplecap/bus/jet"
)

var stoppedTime = flag.Duration("stopped", 0, "how long hosts publish in TestCollectStopped, such as 30s; 0 leaves it out")

// TestCollectStopped stops one of two collectors with SIGSTOP while hosts publish what
// crosses partitions, lets it go on when the other one has what it had, stops it again and
// kills it, and wants every row of the report of the merged captures once.
func TestCollectStopped(t *testing.T) {
	if *stoppedTime == 0 {
		t.Skip("takes half a minute and more: -stopped 30s")
	}
	dir := t.TempDir()
	hosts, merged := capturesByHost(t, dir, max(1000, int(*stoppedTime/(50*time.Millisecond))))
	server, err := jet.Listen("127.0.0.1:0", filepath.Join(dir, "bus"), 8<<30)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute+4**stoppedTime)
	defer cancel()
	command, out := simplecapCommand(t), filepath.Join(dir, "rows")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	var agents []*exec.Cmd
	for i, name := range hosts {
		agents = append(agents, slowly(ctx, t, command, server.URL(), fmt.Sprint("host", i+1), name, *stoppedTime))
	}
	stopped, other := startCollector(ctx, t, command, server.URL(), out), startCollector(ctx, t, command, server.URL(), out)
	time.Sleep(*stoppedTime / 4)
	for range 2 {
		stopped.Process.Signal(syscall.SIGSTOP)
		time.Sleep(*stoppedTime / 5) // longer than the lease
		stopped.Process.Signal(syscall.SIGCONT)
		time.Sleep(*stoppedTime / 20)
	}
	stopped.Process.Signal(syscall.SIGSTOP)
	stopped.kill()
	for _, host := range agents {
		if err := host.Wait(); err != nil {
			t.Error(err)
		}
	}
	other.kill()
	last := startCollector(ctx, t, command, server.URL(), out, "--once")
	if last.Wait() != nil {
		t.Fatal(last.said.String())
	}
	if !strings.Contains(other.said.String(), "nothing was heard of collector") || !strings.Contains(stopped.said.String(), "another collector has taken") {
		t.Error("nobody says that partitions have moved")
	}
	t.Logf("stopped:\n%s\nother:\n%s\nlast:\n%s", &stopped.said, &other.said, &last.said)
	compareRows(t, ctx, []string{merged}, dir, out, 3, func(rows []string) []string { return rows })
}
