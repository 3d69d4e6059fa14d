//go:build full

package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/bus"
	"simplecap/bus/jet"
	"simplecap/capture"
	"simplecap/internal/wire"
)

var chaosTime = flag.Duration("chaos", 24*time.Second, "how long hosts publish in TestCollectChaos; the bus is cut off for a quarter of it, and a collector killed every 5 s, or sooner")

// node is a server of the bus in its own process.
type node struct {
	*exec.Cmd
	args []string
}

func (n *node) start(ctx context.Context, t *testing.T, command string) {
	t.Helper()
	n.Cmd = exec.CommandContext(ctx, command, n.args...)
	n.Cmd.Stderr = os.Stderr
	if err := n.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// freePorts are addresses that nobody listens at.
func freePorts(t *testing.T, n int) (addresses []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}

// startCluster runs three servers, and returns where clients reach them.
func startCluster(ctx context.Context, t *testing.T, command, dir string) (nodes []*node, clients []string) {
	t.Helper()
	ports := freePorts(t, 6)
	name := filepath.Join(filepath.Dir(command), "busnode")
	if err := os.Symlink(command, name); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		n := &node{args: []string{fmt.Sprint("node", i+1), ports[i], ports[3+i], strings.Join(ports[3:], ","), filepath.Join(dir, fmt.Sprint("node", i+1))}}
		n.start(ctx, t, name)
		nodes = append(nodes, n)
	}
	t.Cleanup(func() {
		for _, n := range nodes {
			n.Process.Kill()
			n.Wait()
		}
	})
	return nodes, ports[:3]
}

// busCable is what lies between hosts and a server of the bus, and can be cut.
type busCable struct {
	to    string
	mutex sync.Mutex
	down  bool
	open  map[net.Conn]bool
}

func layCable(t *testing.T, from, to string) (*busCable, string) {
	t.Helper()
	l, err := net.Listen("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &busCable{to: to, open: map[net.Conn]bool{}}
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go c.carry(from)
		}
	}()
	return c, l.Addr().String()
}

func (c *busCable) carry(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer to.Close()
	c.mutex.Lock()
	if c.down {
		c.mutex.Unlock()
		return
	}
	c.open[from], c.open[to] = true, true
	c.mutex.Unlock()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() { io.Copy(way[0], way[1]); done <- struct{}{} }()
	}
	<-done
}

// cut cuts the cable, or mends it.
func (c *busCable) cut(down bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.down = down
	for conn := range c.open {
		conn.Close()
		delete(c.open, conn)
	}
}

// pacedSource has frames come over some time.
type pacedSource struct {
	wire.Memory
	pause time.Duration
}

func (p *pacedSource) ReadBatch(frames []capture.Frame) (int, error) {
	time.Sleep(p.pause)
	return p.Memory.ReadBatch(frames)
}

// unheard takes the results of a host, which nobody asks for.
type unheard struct{}

func (unheard) Transaction(*result.Transaction) {}
func (unheard) Finding(*result.Finding)         {}

// withClock publishes what a host captured whose clock is off.
func withClock(ctx context.Context, t *testing.T, servers []string, name string, frames []capture.Frame, off, over time.Duration) error {
	const atOnce = 8
	source := &pacedSource{wire.Memory{Frames: frames, Batch: atOnce}, over / time.Duration(len(frames)/atOnce+1)}
	return publishShifted(ctx, servers, bus.AgentOptions{Name: name, Epoch: 1}, t.TempDir(), source, off)
}

// publishShifted publishes what a host with another clock would; dir is for its spool.
func publishShifted(ctx context.Context, servers []string, agent bus.AgentOptions, dir string, source capture.Source, off time.Duration) error {
	spool, err := bus.OpenSpool(dir, 1<<30, bus.Limits{})
	if err != nil {
		return err
	}
	b, err := jet.Connect(jet.Options{Servers: servers, Name: agent.Name, Replicas: 3, Now: func() time.Time { return time.Now().Add(off) }})
	if err != nil {
		return err
	}
	defer b.Close()
	done := make(chan error, 1)
	go func() { done <- b.Publish(ctx, spool) }()
	a := bus.NewAgent(agent, spool)
	if _, err := analyze.Run(ctx, &shiftedSource{source, int64(off)}, analyze.Options{PlainTexts: true, Legs: a}, unheard{}); err != nil {
		return err
	}
	a.Close()
	spool.Close()
	return <-done
}

// shiftedSource has the times of another clock.
type shiftedSource struct {
	capture.Source
	off int64
}

func (s *shiftedSource) ReadBatch(frames []capture.Frame) (int, error) {
	n, err := s.Source.ReadBatch(frames)
	for i := range frames[:n] {
		frames[i].Time += s.off
	}
	return n, err
}

// chaos is what goes wrong while hosts publish.
func chaos(ctx context.Context, t *testing.T, over time.Duration, cables []*busCable, nodes []*node, command, url, out string, published <-chan struct{}) (kills int) {
	collectors := [2]*collectorProcess{}
	begin := func(i int) { collectors[i] = startCollector(ctx, t, command, url, out, "--nats-replicas", "3") }
	begin(0)
	begin(1)
	go func() {
		time.Sleep(over / 6)
		for _, c := range cables {
			c.cut(true)
		}
		time.Sleep(over / 4)
		for _, c := range cables {
			c.cut(false)
		}
		time.Sleep(over / 12)
		nodes[0].Process.Kill()
		nodes[0].Wait()
		time.Sleep(over / 12)
		nodes[0].start(ctx, t, filepath.Join(filepath.Dir(command), "busnode"))
	}()
	for ; ; kills++ {
		select {
		case <-published:
			for _, c := range collectors {
				c.kill()
			}
			return kills
		case <-time.After(min(over/12, 5*time.Second)):
		}
		collectors[kills%2].kill()
		begin(kills % 2)
	}
}

// TestCollectChaos wants the rows of the merged captures from hosts, three servers of the
// bus and two collectors, all processes, while a collector is killed again and again,
// the bus is cut off from the hosts, a server of it dies and returns, a B2BUA renames
// calls, the clock of a host is 90 s off and another one starts late.
func TestCollectChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	over, dir := *chaosTime, t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute+10*over)
	defer cancel()
	command := simplecapCommand(t)
	nodes, clients := startCluster(ctx, t, command, dir)
	var cables []*busCable
	var far, near []string
	for _, to := range clients {
		c, address := layCable(t, "127.0.0.1:0", to)
		cables, far, near = append(cables, c), append(far, "nats://"+address), append(near, "nats://"+to)
	}
	hosts, merged := chaosCaptures(t, dir, int(over/(50*time.Millisecond)))
	out := filepath.Join(dir, "rows")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i, frames := range hosts {
		name := fmt.Sprint("host", i+1)
		all.Go(func() {
			switch i {
			case 1:
				if err := withClock(ctx, t, far, name, frames, 90*time.Second, over); err != nil {
					t.Error(err)
				}
				return
			case len(hosts) - 1:
				time.Sleep(over / 3) // it was not there before
			}
			left := over
			if i == len(hosts)-1 {
				left -= over / 3
			}
			file := writeFrames(t, filepath.Join(dir, name+".pcapng"), frames)
			host := slowly(ctx, t, command, strings.Join(far, ","), name, file, left, "--nats-replicas", "3", "--spool", filepath.Join(dir, name+".spool"))
			if err := host.Wait(); err != nil {
				t.Error(name, err)
			}
		})
	}
	published := make(chan struct{})
	go func() { all.Wait(); close(published) }()
	kills := chaos(ctx, t, over, cables, nodes, command, strings.Join(near, ","), out, published)
	if last := startCollector(ctx, t, command, strings.Join(near, ","), out, "--once"); last.Wait() != nil {
		t.Fatal(last.said.String())
	}
	compareRows(t, ctx, []string{merged}, dir, out, kills, loosely)
}

// compareRows wants the rows of collectors to be those of the merged captures, each once.
func compareRows(t *testing.T, ctx context.Context, merged []string, dir, out string, kills int, as func([]string) []string) {
	t.Helper()
	offline := filepath.Join(dir, "offline.ndjson")
	var said bytes.Buffer
	if code := run(ctx, append([]string{"read", "-q", "--sink", "ndjson:" + offline}, merged...), nil, &said, &said); code != 0 {
		t.Fatal(said.String())
	}
	want, got := as(rowsIn(t, offline)), as(rowsIn(t, filepath.Join(out, "rows-*.ndjson")))
	want, got = openly(want, got)
	if len(want) < 1500 || kills < 3 {
		t.Errorf("%d rows, %d kills", len(want), kills)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%d rows, not %d: %s", len(got), len(want), diff)
	}
	if left, _ := filepath.Glob(filepath.Join(out, ".*")); len(left) > 0 {
		t.Error(left)
	}
}

// chaosCaptures are what hosts capture, the last one late, and all as one.
func chaosCaptures(t *testing.T, dir string, messages int) (hosts [][]capture.Frame, merged string) {
	t.Helper()
	files, _ := capturesByHost(t, dir, messages)
	for _, name := range files[:4] { // alice, the proxies, bob
		frames, err := wire.File(name)
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, frames)
	}
	last := hosts[len(hosts)-1]
	from := last[0].Time + (last[len(last)-1].Time-last[0].Time)/3
	for len(last) > 0 && last[0].Time < from {
		last = last[1:]
	}
	hosts[len(hosts)-1] = last
	return hosts, writeFrames(t, filepath.Join(dir, "merged.pcapng"), wire.Merged(hosts))
}
