package bus_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"simplecap/analyze"
	"simplecap/bus"
	"simplecap/internal/wire"
)

// TestSilentHostNamed wants a delivery, of which a host that is not heard of any more
// knows the end, to be unknown and to name it, and its transaction not to be a timeout.
func TestSilentHostNamed(t *testing.T) {
	frames, err := wire.Parse("0.000 alice > proxy MESSAGE\n1.4 alice > carol MESSAGE#2\n1.5 carol > alice 200 OK#2\n1.6 end\n60 end\n")
	if err != nil {
		t.Fatal(err)
	}
	var got recorded
	got.kept = map[string][]string{}
	p, err := bus.NewPart(bus.Checkpoint{}, bus.PartOptions{Number: 0, Analyze: analyze.Options{PlainTexts: true}, Rows: &got, Keep: func(*bus.Checkpoint) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	alice, other := &told{name: "alice", seqs: map[int]uint64{}}, &told{name: "other", seqs: map[int]uint64{}}
	if _, err := analyze.Run(t.Context(), &wire.Memory{Frames: frames, Batch: 1}, analyze.Options{PlainTexts: true, Legs: alice}, &rows{}); err != nil {
		t.Fatal(err)
	}
	end := frames[len(frames)-1].Time
	other.Mark(1, 1)
	other.Mark(end, end)
	other.Mark(end+1, end+1)
	seq := uint64(0)
	first := slices.IndexFunc(alice.all, func(b bus.Batch) bool { return len(b.Legs) > 0 }) + 1 // after a second; alice is never heard of again
	for _, b := range append(alice.all[:first:first], other.all...) {
		if b.Partition != bus.Heartbeats {
			b.Partition = 0 // whichever it is
		}
		data, err := bus.EncodeBatch(&b)
		if err != nil {
			t.Fatal(err)
		}
		seq++
		if err := p.Take(data, seq, bus.Arrival{At: time.Unix(1700000000+40*int64(seq), 0)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.End(); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, lines := range got.kept {
		all = append(all, lines...)
	}
	text := strings.Join(all, "\n")
	if !strings.Contains(text, "unknown ") || !strings.Contains(text, "nothing is heard of alice") || strings.Contains(text, "Outcome:timeout") {
		t.Error(text)
	}
}
