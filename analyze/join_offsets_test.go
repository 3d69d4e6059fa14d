package analyze

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/wire"
)

// forwards are the hops that say what a host took to forward.
type forwards struct{ hops []result.Hop }

func (*forwards) Transaction(*result.Transaction) {}
func (*forwards) Finding(*result.Finding)         {}

func (f *forwards) Delivery(d *result.Delivery) {
	for _, h := range d.Hops {
		if h.HasForward {
			f.hops = append(f.hops, h)
		}
	}
}

// TestOffsets wants what proxies took to forward from hosts of which one has a clock that
// is 0.4 s ahead, and nobody has measured that: the hops that two of them saw tell, and how
// far it may be wrong. Between the clocks themselves there is no time to be told.
func TestOffsets(t *testing.T) {
	const ahead = 400 * time.Millisecond
	all, err := wire.File("../testdata/pcaps/two-proxies-in-series.pcap")
	if err != nil {
		t.Fatal(err)
	}
	hosts := wire.ByHost(all)
	hosts = [][]capture.Frame{hosts[0], hosts[2]}
	middle := wire.ByHost(all)[1]
	for i := range middle {
		middle[i].Time += int64(ahead)
	}
	var agents []*toldBy
	for i, frames := range append(hosts, middle) {
		agent := &toldBy{agent: uint16(i + 1)}
		if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{PlainTexts: true, Legs: agent}, &forwards{}); err != nil {
			t.Fatal(err)
		}
		agents = append(agents, agent)
	}
	got := &forwards{}
	j := NewJoiner(Options{PlainTexts: true}, got)
	defer j.Close()
	playTogether(agents, j, rand.New(rand.NewPCG(1, 1)))
	j.End()
	if len(got.hops) == 0 {
		t.Fatal("nobody forwards anything")
	}
	for _, h := range got.hops {
		if h.Forward < 0 || h.Forward > 20*time.Millisecond || h.Bound > 20*time.Millisecond {
			t.Errorf("%d: %s, to within %s", h.Transaction, h.Forward, h.Bound)
		}
	}
	if off, bound, known := j.offsets.apart(1, 3); !known || (time.Duration(off)-ahead).Abs() > time.Duration(bound) || bound > int64(20*time.Millisecond) {
		t.Errorf("the clock is ahead by %s, to within %s", time.Duration(off), time.Duration(bound))
	}
}
