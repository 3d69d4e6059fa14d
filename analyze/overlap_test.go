package analyze

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"simplecap/decode"
	"simplecap/internal/wire"
)

// A MESSAGE overlaps an earlier one where the capture shows that this one had no answer
// yet: it sees the other way, or the sender goes on repeating.
func TestOverlaps(t *testing.T) {
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, "%.4f alice > bob MESSAGE #%d\n", float64(i)/1e4, i+1)
	}
	for name, test := range map[string]struct {
		exchange string
		want     int // how often
	}{
		"answered later":                       {"0 alice > bob MESSAGE\n0.1 alice > bob MESSAGE #2\n0.2 bob > alice 200 OK\n0.3 bob > alice 200 OK #2\n40 end\n", 1},
		"answered before":                      {"0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n0.2 alice > bob MESSAGE #2\n0.3 bob > alice 200 OK #2\n40 end\n", 0},
		"one direction":                        {"0 alice > bob MESSAGE\n0.1 alice > bob MESSAGE #2\n0.2 alice > bob MESSAGE #3\n40 end\n", 0},
		"one direction over TCP":               {"0 alice > bob MESSAGE tcp\n0.1 alice > bob MESSAGE #2 tcp\n40 end\n", 0},
		"one direction, repeated":              {"0 alice > bob MESSAGE\n0.1 alice > bob MESSAGE #2\n0.5 alice > bob MESSAGE\n40 end\n", 1},
		"the second one repeated":              {"0 alice > bob MESSAGE\n0.1 alice > bob MESSAGE #2\n0.6 alice > bob MESSAGE #2\n40 end\n", 0},
		"others are answered":                  {"0 alice > bob MESSAGE\n0.1 alice > bob MESSAGE #2\n0.2 bob > carol 200 OK #3\n40 end\n", 0},
		"the other way much later":             {"0 alice > bob MESSAGE\n0.1 alice > bob MESSAGE #2\n50 alice > bob MESSAGE #3\n50.1 bob > alice 200 OK #3\n90 end\n", 0},
		"the other way known":                  {"0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n1 alice > bob MESSAGE #2\n1.1 alice > bob MESSAGE #3\n40 end\n", 1},
		"more than are kept, in one direction": {many.String() + "40 end\n", 0},
	} {
		frames, err := wire.Parse(test.exchange)
		if err != nil {
			t.Fatal(name, err)
		}
		r, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, discard{})
		if err != nil {
			t.Fatal(name, err)
		}
		got := 0
		for i := range r.Findings {
			if r.Findings[i].Rule == overlappingMessages.ID {
				got += int(r.Findings[i].Count)
			}
		}
		if got != test.want {
			t.Errorf("%s: %d overlap, want %d", name, got, test.want)
		}
	}
}

// What may overlap is found by what proves it: a host that is new, or a request that comes
// again, is not compared with all that wait.
func TestOverlapsAreFound(t *testing.T) {
	var w watch
	host := func(i int) decode.Endpoint {
		return decode.Endpoint{IP: decode.AddrFrom16([16]byte{14: byte(i >> 8), 15: byte(i)})}
	}
	message := func(i int) *decode.Message {
		return &decode.Message{Carrier: decode.Carrier{Src: host(i), Dst: host(9999)}}
	}
	for i := range 1000 {
		w.held.add(&overlap{m: message(i), id: uint64(2*i + 2), beforeID: uint64(2*i + 1), size: 1})
	}
	for o := w.held.all.Oldest(); o != nil; o = o.age.Newer() {
		o.m = nil // whoever looks at it fails
	}
	w.heard(message(2000))
	back := message(2000)
	back.Src, back.Dst = back.Dst, back.Src
	w.heard(back)
}
