package bus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"simplecap/bus"
)

// pieces takes all evidence out of a spool.
func pieces(t *testing.T, s *bus.Spool) (all []*bus.Evidence) {
	t.Helper()
	s.Close()
	d, err := bus.NewDecoder(bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for r := s.NewReader(); ; {
		m, taken, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		e, err := d.Evidence(m.Data)
		if err != nil || m.Partition != bus.Packets || !strings.HasPrefix(m.ID, fmt.Sprintf("proxy-1-%x-65-", e.Epoch)) {
			t.Fatalf("%v, %+v of %s", err, e, m.ID)
		}
		all = append(all, e)
		taken()
	}
}

// TestWitness wants pieces at the rate that was asked for, and a word of those that were
// held back: at once as much as a burst, then so much a second of the capture, whatever
// its clock does.
func TestWitness(t *testing.T) {
	spool, err := bus.OpenSpool("", 0, bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	w := bus.NewWitness(bus.AgentOptions{Name: "proxy-1", Epoch: 7, Limits: bus.Limits{EvidenceRate: 100, EvidenceBurst: 1000, EvidencePiece: 2000}}, spool)
	begin := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	put := func(after time.Duration, n int) bool {
		if !w.Room(begin.Add(after).UnixNano()) {
			return false
		}
		w.Put("refused", []byte(strings.Repeat("p", n)))
		return true
	}
	for i, step := range []struct {
		after time.Duration
		bytes int
		goes  bool
	}{
		{0, 400, true}, {0, 700, true}, {0, 1, false}, // 100 too many
		{time.Second, 1, false}, {1100 * time.Millisecond, 10, true}, {1100 * time.Millisecond, 1, false}, // 10 a tenth of a second
		{time.Second, 1, false}, {-time.Hour, 1, false}, // a clock that goes back gives nothing
		{time.Hour, 1000, true}, {time.Hour, 1, false}, // an hour gives a burst
		{2 * time.Hour, 2001, true}, // larger than a piece may be: nothing goes
		{2 * time.Hour, 3, true},
	} {
		if got := put(step.after, step.bytes); got != step.goes {
			t.Fatalf("step %d: %t", i, got)
		}
	}
	w.Close()
	var sizes []int
	all := pieces(t, spool)
	for _, e := range all {
		sizes = append(sizes, len(e.Pcapng))
	}
	last := all[len(all)-1]
	if len(all) != 5 || w.Held() != 7 || last.Held != 7 || last.Verdict != "refused" || last.Agent != "proxy-1" || last.Lost != 0 {
		t.Errorf("%v, held %d, %+v", sizes, w.Held(), last)
	}
}

// What there is no room for is lost, and counted: nothing waits.
func TestWitnessLoses(t *testing.T) {
	limits := bus.Limits{EvidenceBurst: 10 << 20}
	spool, err := bus.OpenSpool("", 2000, limits)
	if err != nil {
		t.Fatal(err)
	}
	w := bus.NewWitness(bus.AgentOptions{Name: "proxy-1", Limits: limits}, spool)
	for n := range 100 {
		if !w.Room(1) {
			t.Fatal("the burst is used up")
		}
		w.Put("timeout", []byte(strings.Repeat(string(rune('a'+n%26)), 100)))
	}
	w.Close()
	if got := pieces(t, spool); len(got)+int(w.Lost()) != 100 || len(got) == 0 || w.Lost() == 0 {
		t.Errorf("%d pieces, %d lost", len(got), w.Lost())
	}
}

func FuzzEvidence(f *testing.F) {
	spool, err := bus.OpenSpool("", 0, bus.Limits{})
	if err != nil {
		f.Fatal(err)
	}
	w := bus.NewWitness(bus.AgentOptions{Name: "proxy-1"}, spool)
	w.Room(1)
	w.Put("refused", []byte("pcapng"))
	w.Close()
	m, _, err := spool.NewReader().Next(context.Background())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.Data)
	d, err := bus.NewDecoder(bus.Limits{BatchBytes: 1 << 16})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, err := d.Evidence(data); err == nil && (e.Agent == "" || len(e.Pcapng) > 1<<16) {
			t.Errorf("%+v", e)
		}
	})
}
