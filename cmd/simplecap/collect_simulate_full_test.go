//go:build full && linux

package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simplecap/capture"
	"simplecap/internal/wire"
)

var (
	simulated  = flag.Int("simulate", 0, "how many messages each pair of agents of TestSimulate replays, such as 25000; 0 leaves it out")
	simulators = flag.Int("simulate-pairs", 2, "how many pairs of agents TestSimulate has")
)

// cost is what a process took.
type cost struct {
	user time.Duration // of processors, with that of the system
	peak int64         // bytes of memory, at most
}

func costOf(c *exec.Cmd, peak int64) cost {
	return cost{c.ProcessState.UserTime() + c.ProcessState.SystemTime(), peak}
}

// peakOf looks at the memory of a process until it has ended: what the system says then has
// that of who began it.
func peakOf(c *exec.Cmd, ended <-chan struct{}) (peak int64) {
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
		for line := range strings.Lines(string(status)) {
			var kilobytes int64
			if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
				peak = kilobytes << 10
			}
		}
		select {
		case <-ended:
			return peak
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c cost) add(o cost) cost { return cost{c.user + o.user, max(c.peak, o.peak)} }

// simulation has agents that replay captures as fast as they go.
type simulation struct {
	t       *testing.T
	command string
	dir     string
	hosts   []string // captures
	legs    int
}

// captures are those of two proxies a pair, each of which sees two legs of a message.
func (s *simulation) captures(pairs, messages int) {
	for pair := range pairs {
		c := &cluster{begin: time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC).UnixNano(), every: 200 * time.Microsecond}
		for n := range messages {
			c.message(pair*messages + n)
		}
		slices.SortStableFunc(c.frames, func(a, b capture.Frame) int { return cmp.Compare(a.Time, b.Time) })
		for i, frames := range wire.ByHost(c.frames)[1:3] {
			s.hosts = append(s.hosts, writeFrames(s.t, filepath.Join(s.dir, fmt.Sprintf("host-%d-%d.pcapng", pair+1, i+1)), frames))
		}
	}
	s.legs = pairs * messages * 4
}

// bus runs a server, and returns where it is and what ends it.
func (s *simulation) bus(ctx context.Context, name string) (url string, end func() cost) {
	at := freePorts(s.t, 1)[0]
	link := filepath.Join(filepath.Dir(s.command), "busnode")
	_ = os.Symlink(s.command, link) // once
	n := &node{args: []string{name, at, "", "", filepath.Join(s.dir, name)}}
	n.start(ctx, s.t, link)
	s.t.Cleanup(func() { n.Process.Kill() })
	return "nats://" + at, func() cost {
		ended := make(chan struct{})
		close(ended)
		peak := peakOf(n.Cmd, ended)
		n.Process.Kill()
		n.Wait()
		return costOf(n.Cmd, peak)
	}
}

// run runs commands beside each other, and returns what they took.
func (s *simulation) run(ctx context.Context, all [][]string) (sum cost) {
	s.t.Helper()
	var wait sync.WaitGroup
	var mutex sync.Mutex
	for _, args := range all {
		wait.Go(func() {
			c := exec.CommandContext(ctx, s.command, args...)
			var said bytes.Buffer
			c.Stderr = &said
			if err := c.Start(); err != nil {
				s.t.Error(err)
				return
			}
			ended, peak := make(chan struct{}), make(chan int64, 1)
			go func() { peak <- peakOf(c, ended) }()
			err := c.Wait()
			close(ended)
			if err != nil {
				s.t.Errorf("%v: %v: %s", args, err, said.String())
			}
			mutex.Lock()
			defer mutex.Unlock()
			sum = sum.add(costOf(c, <-peak))
		})
	}
	wait.Wait()
	return sum
}

// agents are the commands that read captures; with a bus, they publish them.
func (s *simulation) agents(url string) (all [][]string) {
	for i, host := range s.hosts {
		args := []string{"read", "-q", "-o", filepath.Join(s.dir, fmt.Sprint("out-", i))}
		if url != "" {
			args = append(args, "--publish", url, "--agent", fmt.Sprint("host-", i+1))
		}
		all = append(all, append(args, host))
	}
	return all
}

func (s *simulation) collectors(url string, n int, args string) (all [][]string) {
	for range n {
		all = append(all, append([]string{"collect", "-q", "--once", url}, strings.Fields(args)...))
	}
	return all
}

func (s *simulation) tell(what string, c cost) {
	s.t.Logf("%-36s %8.2f s %7.1f µs a leg %6d MB", what, c.user.Seconds(), float64(c.user.Microseconds())/float64(s.legs), c.peak>>20)
}

// TestSimulate measures what agents, bus and collectors take of processors where several
// agents replay legs as fast as they go: one after the other, and all at once.
func TestSimulate(t *testing.T) {
	if *simulated == 0 {
		t.Skip("it measures: -simulate 25000")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	s := &simulation{t: t, command: simplecapCommand(t), dir: t.TempDir()}
	s.captures(*simulators, *simulated)
	t.Logf("%d agents, %d messages, %d legs", len(s.hosts), *simulators**simulated, s.legs)
	s.tell("read alone", s.run(ctx, s.agents("")))
	url, end := s.bus(ctx, "one")
	s.tell("read and publish", s.run(ctx, s.agents(url)))
	s.tell("collect, printing", s.run(ctx, s.collectors(url, 1, "--format ndjson -o "+filepath.Join(s.dir, "rows.ndjson"))))
	out := filepath.Join(s.dir, "parquet")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	s.tell("collect --sink parquet", s.run(ctx, s.collectors(url, 1, "--group one --sink parquet:"+out)))
	s.tell("the bus, for all of it", end())

	url, end = s.bus(ctx, "two")
	begun := time.Now()
	var all [2]cost
	both := sync.WaitGroup{}
	both.Go(func() { all[0] = s.run(ctx, s.agents(url)) })
	both.Go(func() { all[1] = s.run(ctx, s.collectors(url, 2, "--group two --sink parquet:"+out)) })
	both.Wait()
	took := time.Since(begun)
	s.tell("at once: agents", all[0])
	s.tell("at once: two collectors", all[1])
	s.tell("at once: the bus", end())
	t.Logf("at once: %s, %.0f messages and %.0f legs a second", took.Round(time.Millisecond), float64(s.legs/4)/took.Seconds(), float64(s.legs)/took.Seconds())
}
