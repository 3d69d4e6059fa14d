package bus_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/bus"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/wire"
)

// told is what a host publishes, with a heartbeat behind every leg that may be the last
// of its time.
type told struct {
	name string
	all  []bus.Batch
	seqs map[int]uint64
	late time.Duration // how much later than the others it publishes
}

func (h *told) add(b bus.Batch) {
	h.seqs[b.Partition]++
	b.Agent, b.Epoch, b.Seq = h.name, 1, h.seqs[b.Partition]
	h.all = append(h.all, b)
}

func (h *told) Leg(l *analyze.Leg) {
	c := *l
	c.Transaction, c.Head, c.Answer, c.Found = l.Transaction.Clone(), slices.Clone(l.Head), slices.Clone(l.Answer), slices.Clone(l.Found)
	h.add(bus.Batch{Partition: bus.PartitionOf(l, analyze.DefaultCorrelate), Legs: []*analyze.Leg{&c}})
	if alias, partition := bus.AliasOf(l, analyze.DefaultCorrelate); alias.Call != "" {
		h.add(bus.Batch{Partition: partition, Aliases: []bus.Alias{alias}})
	}
}

func (h *told) Mark(clock, low int64) {
	h.add(bus.Batch{Partition: bus.Heartbeats, Heart: &bus.Heart{Clock: clock, Low: low}})
}

func (h *told) Read([]capture.Input, decode.Stats) {}

// message is one of the stream.
type message struct {
	partition int
	data      []byte
}

// publishedBy is what a host publishes of what it captured.
func publishedBy(t *testing.T, name string, frames []capture.Frame) *told {
	t.Helper()
	h := &told{name: name, seqs: map[int]uint64{}}
	if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: frames}, analyze.Options{PlainTexts: true, Legs: h}, &rows{}); err != nil {
		t.Fatal(err)
	}
	h.all[len(h.all)-1].Heart.Ended = true
	return h
}

func encoded(t *testing.T, b *bus.Batch) message {
	t.Helper()
	data, err := bus.EncodeBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	return message{b.Partition, data}
}

// stream is what hosts publish, in any order that keeps that of each.
func stream(t *testing.T, hosts [][]capture.Frame, random *rand.Rand) (all []message) {
	var agents []*told
	for i, frames := range hosts {
		h := publishedBy(t, fmt.Sprintf("host-%d", i+1), frames)
		h.all = slices.Insert(h.all, 0, bus.Batch{Agent: h.name, Epoch: 1, Partition: bus.Heartbeats, Heart: &bus.Heart{Clock: 1, Low: 1}})
		for i := range h.all {
			if b := &h.all[i]; b.Heart != nil {
				b.Seq++
			}
		}
		agents = append(agents, h)
	}
	add := func(b *bus.Batch) { all = append(all, encoded(t, b)) }
	for _, h := range agents { // everybody is known before anybody says more
		add(&h.all[0])
		h.all = h.all[1:]
	}
	for len(agents) > 0 {
		i := random.IntN(len(agents))
		h := agents[i]
		add(&h.all[0])
		if h.all = h.all[1:]; len(h.all) == 0 {
			agents = slices.Delete(agents, i, i+1)
		}
	}
	return all
}

// recorded are rows that were kept, by the messages that they are of.
type recorded struct {
	rows
	kept  map[string][]string
	muted bool
}

func (r *recorded) hear(tell func()) {
	before := len(r.lines)
	if tell(); r.muted {
		r.lines = r.lines[:before]
	}
}

func (r *recorded) Transaction(t *result.Transaction) { r.hear(func() { r.rows.Transaction(t) }) }
func (r *recorded) Delivery(d *result.Delivery)       { r.hear(func() { r.rows.Delivery(d) }) }
func (r *recorded) Text(t *result.Text)               { r.hear(func() { r.rows.Text(t) }) }
func (r *recorded) OrphanReceipt(*result.Receipt)     {}
func (r *recorded) At(_ uint64, muted bool)           { r.muted = muted }
func (r *recorded) Pending() int                      { return len(r.lines) }

func (r *recorded) Commit(first, last uint64, findings []result.Finding) error {
	name := fmt.Sprintf("%d-%d", first, last)
	lines := slices.Clone(r.lines)
	for i := range findings {
		f := &findings[i]
		for range f.Count {
			lines = append(lines, fmt.Sprint(f.Rule, f.Severity, f.Peer, f.Status))
		}
	}
	if before, known := r.kept[name]; known {
		if diff := cmp.Diff(before, lines); diff != "" {
			return errors.New("written again, " + name + " is another: " + diff)
		}
	}
	r.kept[name], r.lines = lines, nil
	return nil
}

var errKilled = errors.New("killed")

// killed runs one partition after the other, each killed again and again: between
// messages, and before or behind each thing that is kept.
func killed(t *testing.T, all []message, random *rand.Rand, every int) (lines []string) {
	for partition := range bus.Calls {
		if !slices.ContainsFunc(all, func(m message) bool { return m.partition == partition }) {
			continue
		}
		kept, store := bus.Checkpoint{}, map[string][]string{}
		for over, tries := false, 0; !over; tries++ {
			over = life(t, all, partition, &kept, store, random, every) || tries > 10000
		}
		for _, name := range slices.Sorted(maps.Keys(store)) {
			lines = append(lines, store[name]...)
		}
	}
	slices.Sort(lines)
	return lines
}

// life is one life of who has a partition; it reports whether everything was kept.
func life(t *testing.T, all []message, partition int, kept *bus.Checkpoint, store map[string][]string, random *rand.Rand, every int) bool {
	r := &recorded{kept: store}
	dies := func() bool { return every > 0 && random.IntN(every) == 0 }
	p, err := bus.NewPart(*kept, bus.PartOptions{Number: partition, Analyze: analyze.Options{PlainTexts: true, Receipts: time.Hour}, Rows: r, Keep: func(c *bus.Checkpoint) error {
		if dies() {
			return errKilled
		}
		if *kept = *c; dies() {
			return errKilled
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ok := func(err error) bool {
		if err != nil && !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		return err == nil
	}
	begun := time.Unix(1700000000, 0)
	for i, m := range all {
		seq := uint64(i + 1)
		if seq < p.From() || m.partition != partition && m.partition != bus.Heartbeats {
			continue
		}
		if every > 0 && random.IntN(40*every) == 0 || !ok(p.Take(m.data, seq, bus.Arrival{At: begun.Add(time.Duration(i) * 300 * time.Millisecond)})) {
			return false
		}
		if random.IntN(10) == 0 && !ok(p.Commit()) {
			return false
		}
	}
	return ok(p.End())
}

// TestPartKilled wants of those who have partitions and are killed at any moment the rows
// and the counts of one that is not, each once, and those of the report of the merged
// captures.
func TestPartKilled(t *testing.T) {
	for _, name := range []string{"two-proxies-in-series", "fork-parallel", "sms-end-to-end", "sms-report-matching", "proxy-inleg-200-missing"} {
		t.Run(name, func(t *testing.T) {
			hosts := wire.ByHost(frames(t, filepath.Join("../testdata/pcaps", name+".pcap")))
			var offline rows
			if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: wire.Merged(hosts)}, analyze.Options{PlainTexts: true}, &offline); err != nil {
				t.Fatal(err)
			}
			offline.lines = slices.DeleteFunc(offline.lines, func(line string) bool { return strings.HasPrefix(line, "orphan ") })
			for seed := range uint64(2) {
				random := rand.New(rand.NewPCG(seed, 2))
				all := stream(t, hosts, random)
				want := killed(t, all, random, 0)
				for _, every := range []int{2, 20} {
					if diff := cmp.Diff(want, killed(t, all, random, every)); diff != "" {
						t.Fatal(diff)
					}
				}
				if lacking := missing(offline.lines, want); len(lacking) > 0 {
					t.Fatal(lacking)
				}
			}
		})
	}
}

// TestEndBehindCommit wants what was open at the end under a name of its own, where what
// came because of the last message alone had been kept just before.
func TestEndBehindCommit(t *testing.T) {
	frames, err := wire.Parse(renamed(30))
	if err != nil {
		t.Fatal(err)
	}
	all := stream(t, wire.ByHost(frames[:len(frames)-1]), rand.New(rand.NewPCG(1, 2)))
	for number := range bus.Calls {
		r := &recorded{kept: map[string][]string{}}
		p, err := bus.NewPart(bus.Checkpoint{}, bus.PartOptions{Number: number, Analyze: analyze.Options{PlainTexts: true}, Rows: r, Keep: func(*bus.Checkpoint) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		for i, m := range all {
			if m.partition != number && m.partition != bus.Heartbeats {
				continue
			}
			if err := errors.Join(p.Take(m.data, uint64(i+1), bus.Arrival{At: time.Unix(1700000000, int64(i)*1e8)}), p.Commit()); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.End(); err != nil {
			t.Fatal(number, err)
		}
	}
}

// missing are those of some lines that others lack.
func missing(some, others []string) (lacking []string) {
	for _, line := range some {
		if i := slices.Index(others, line); i >= 0 {
			others = slices.Delete(slices.Clone(others), i, i+1)
			continue
		}
		lacking = append(lacking, line)
	}
	return lacking
}
