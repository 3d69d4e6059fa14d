package jet_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sort"
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

// rows are the transactions and deliveries of a run, without numbers.
type rows struct{ lines []string }

func (r *rows) Transaction(t *result.Transaction) {
	r.lines = append(r.lines, fmt.Sprint(t.CallID, t.Branch, t.Src, t.Dst, t.Outcome, t.Status, t.RTT, t.Retransmissions, t.Findings, len(t.RequestFrames)))
}

func (r *rows) Finding(*result.Finding) {}

func (r *rows) Delivery(d *result.Delivery) {
	r.lines = append(r.lines, fmt.Sprint(d.Verdict, d.Total, d.Sender, d.Recipient, len(d.Hops), d.CallIDs))
}

func (r *rows) Text(t *result.Text) {
	r.lines = append(r.lines, fmt.Sprint(t.Kind, t.End, t.CallID, len(t.Receipts)))
}

func (r *rows) OrphanReceipt(one *result.Receipt) { r.lines = append(r.lines, "orphan "+one.Kind) }

func (r *rows) sorted() []string {
	sort.Strings(r.lines)
	return r.lines
}

// hosts are what each host of a capture of the test data has captured.
func hosts(t *testing.T, name string) [][]capture.Frame {
	t.Helper()
	all, err := wire.File("../../testdata/pcaps/" + name + ".pcap")
	if err != nil {
		t.Fatal(err)
	}
	return wire.ByHost(all)
}

// asOne is what one host reports that has seen all.
func asOne(t *testing.T, hosts [][]capture.Frame) []string {
	t.Helper()
	var want rows
	if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: wire.Merged(hosts)}, options, &want); err != nil {
		t.Fatal(err)
	}
	return want.sorted()
}

var options = analyze.Options{PlainTexts: true}

// collector joins what comes over the bus until every agent has ended.
type collector struct {
	*bus.Collector
	agents int
	seen   func(seq uint64) bool // false ends it; may be nil
	over   bool
}

func (c *collector) Take(data []byte, seq uint64, by bus.Arrival) {
	c.Collector.Take(data, by)
	c.over = c.over || c.seen != nil && !c.seen(seq)
}

func (c *collector) Tick(now time.Time) bool {
	c.Collector.Tick(now)
	return !c.over && !(c.Ended() && len(c.Report().Inputs) == c.agents)
}

// serve begins a bus.
func serve(t *testing.T, address, dir string) *jet.Server {
	t.Helper()
	s, err := jet.Listen(address, dir, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func connect(t *testing.T, url string) *jet.Bus { return connectBy(t, url, nil) }

// connectBy connects who has a clock.
func connectBy(t *testing.T, url string, now func() time.Time) *jet.Bus {
	t.Helper()
	b, err := jet.Connect(jet.Options{Servers: []string{url}, MaxBytes: 64 << 20, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// publish runs an agent for each host.
func publish(ctx context.Context, t *testing.T, url string, hosts [][]capture.Frame, clocks ...func() time.Time) (wait func()) {
	return publishOver(ctx, t, url, hosts, 0, clocks...)
}

// publishOver is publish where what is captured comes over some time.
func publishOver(ctx context.Context, t *testing.T, url string, hosts [][]capture.Frame, over time.Duration, clocks ...func() time.Time) (wait func()) {
	clocks = append(clocks, make([]func() time.Time, len(hosts))...)
	var all sync.WaitGroup
	for i, frames := range hosts {
		spool, err := bus.OpenSpool(t.TempDir(), 1<<20, bus.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		b := connectBy(t, url, clocks[i])
		all.Go(func() {
			if err := b.Publish(ctx, spool); err != nil {
				t.Error(err)
			}
			spool.Remove()
		})
		agent := bus.NewAgent(bus.AgentOptions{Name: fmt.Sprintf("host-%d", i+1), Epoch: 1, Replay: true}, spool)
		// Everybody is known before anybody says more, as where hosts capture at once.
		agent.Mark(1, 1)
		all.Go(func() {
			one := options
			one.Legs = agent
			source := &paced{wire.Memory{Frames: frames}, over / time.Duration(len(frames))}
			if over > 0 {
				source.Batch = 1
			}
			if _, err := analyze.Run(ctx, source, one, &rows{}); err != nil {
				t.Error(err)
			}
			agent.Close()
			spool.Close()
		})
	}
	return all.Wait
}

// paced has what a host captures come over some time.
type paced struct {
	wire.Memory
	pause time.Duration
}

func (p *paced) ReadBatch(frames []capture.Frame) (int, error) {
	time.Sleep(p.pause)
	return p.Memory.ReadBatch(frames)
}

// joining is a collector, and the rows that it makes.
func joining(t *testing.T) (*bus.Collector, *rows) {
	t.Helper()
	got := new(rows)
	j := analyze.NewJoiner(options, got)
	t.Cleanup(j.Close)
	c, err := bus.NewCollector(j, bus.CollectorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c, got
}

// collect joins what is on the bus.
func collect(ctx context.Context, t *testing.T, url string, agents int, seen func(uint64) bool) []string {
	t.Helper()
	c, got := joining(t)
	if err := connect(t, url).Consume(ctx, 0, &collector{Collector: c, agents: agents, seen: seen}); err != nil {
		t.Fatal(err)
	}
	c.End()
	return got.sorted()
}

// testTime is far more than any of these tests takes on a busy machine.
const testTime = 2 * time.Minute

// TestAsOne wants the rows of the merged captures from agents, a bus and collectors: while
// the bus is away for a while, and from a collector that begins again when another was
// killed half-way.
func TestAsOne(t *testing.T) {
	for _, name := range []string{"two-proxies-in-series", "sms-report-matching"} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), testTime)
			defer cancel()
			hosts, dir := hosts(t, name), t.TempDir()
			s := serve(t, "127.0.0.1:0", dir)
			address := strings.TrimPrefix(s.URL(), "nats://")
			s.Close() // the agents begin while the bus is away
			wait := publish(ctx, t, "nats://"+address, hosts)
			s = serve(t, address, dir)
			wait()
			if address != strings.TrimPrefix(s.URL(), "nats://") {
				t.Fatal(s.URL())
			}
			killed := collect(ctx, t, s.URL(), len(hosts), func(seq uint64) bool { return seq < 3 })
			s.Close()
			s = serve(t, address, dir) // what it has must be on disk
			defer s.Close()
			want := asOne(t, hosts)
			if diff := cmp.Diff(want, collect(ctx, t, s.URL(), len(hosts), nil)); diff != "" {
				t.Error(diff)
			}
			if len(killed) >= len(want) && len(want) > 0 {
				t.Log("the first collector had all before it was killed")
			}
		})
	}
}

// TestNobodyThere wants an agent that cannot reach the bus to end when it is told to, with
// what it has in the spool.
func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "nats://" + l.Addr().String()
	l.Close()
	spool, err := bus.OpenSpool(t.TempDir(), 1<<20, bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	agent := bus.NewAgent(bus.AgentOptions{Name: "host", Epoch: 1}, spool)
	agent.Mark(1, 1)
	agent.Close()
	spool.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := connect(t, url).Publish(ctx, spool); !errors.Is(err, context.DeadlineExceeded) && err == nil {
		t.Error(err)
	}
	if spool.Held() == 0 {
		t.Error("the spool is empty, though nobody has taken anything")
	}
}

// TestClockOff wants the rows of the merged captures where the clock of a host is 90 s
// ahead, or behind.
func TestClockOff(t *testing.T) {
	for _, off := range []time.Duration{90 * time.Second, -90 * time.Second} {
		ctx, cancel := context.WithTimeout(context.Background(), testTime)
		defer cancel()
		hosts := hosts(t, "two-proxies-in-series")
		want := asOne(t, hosts)
		for i := range hosts[1] {
			hosts[1][i].Time += int64(off)
		}
		s := serve(t, "127.0.0.1:0", t.TempDir())
		defer s.Close()
		publish(ctx, t, s.URL(), hosts, time.Now, func() time.Time { return time.Now().Add(off) }, time.Now)()
		if diff := cmp.Diff(want, collect(ctx, t, s.URL(), len(hosts), nil)); diff != "" {
			t.Error(diff)
		}
	}
}
