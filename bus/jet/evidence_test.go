package jet_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"simplecap/bus"
	"simplecap/bus/jet"
)

// taken is evidence as it comes, until so much of it has.
type taken struct {
	t        *testing.T
	want     int
	verdicts []string
	last     uint64
}

func (p *taken) Take(data []byte, seq uint64, _ bus.Arrival) {
	d, err := bus.NewDecoder(bus.Limits{})
	if err != nil {
		p.t.Fatal(err)
	}
	e, err := d.Evidence(data)
	if err != nil {
		p.t.Fatal(err)
	}
	p.verdicts, p.last = append(p.verdicts, e.Verdict), seq
}

func (p *taken) Tick(time.Time) bool { return len(p.verdicts) < p.want }

// evidenceOver publishes evidence as a host whose stream the collector b has made, and wants
// it there once, from where b asks for it.
func evidenceOver(ctx context.Context, t *testing.T, b *jet.Bus, host jet.Options) {
	t.Helper()
	if last, err := b.LastEvidence(ctx); last != 0 || err != nil {
		t.Fatal(last, err)
	}
	from, err := jet.Connect(host)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	for range 2 { // again, as after an answer that was lost
		spool, err := bus.OpenSpool("", 0, bus.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		w := bus.NewWitness(bus.AgentOptions{Name: "host", Epoch: 1}, spool)
		w.Room(1)
		w.Put("refused", []byte("one"))
		w.Put("timeout", []byte("two"))
		w.Close()
		spool.Close()
		if err := from.PublishEvidence(ctx, spool); err != nil {
			t.Fatal(err)
		}
	}
	for after, want := range map[uint64][]string{0: {"refused", "timeout"}, 2: {"timeout"}, 99: {"refused", "timeout"}} { // 99 is of another stream
		got := &taken{t: t, want: len(want)}
		if err := b.ConsumeEvidence(ctx, after, got); err != nil || !slices.Equal(got.verdicts, want) || got.last != 2 {
			t.Errorf("from %d: %v, %v", after, got.verdicts, err)
		}
	}
}
