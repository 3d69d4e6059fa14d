package bus_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/bus"
	"simplecap/internal/wire"
)

// renamed is what a B2BUA (proxy) makes of calls: another Call-ID that names the old one,
// which the next hop does not pass on.
func renamed(calls int) string {
	var b strings.Builder
	for n := range calls {
		old := fmt.Sprintf("\tCall-ID: old-%d@alice\n\tVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa%d\n", n, n)
		next := fmt.Sprintf("\tCall-ID: new-%d@proxy\n\tVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKb%d\n", n, n)
		last := fmt.Sprintf("\tCall-ID: new-%d@proxy\n\tVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKb%d\n\t+Via: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKc%d\n", n, n, n)
		at := float64(n)
		fmt.Fprintf(&b, "%.3f alice > proxy MESSAGE\n%s", at, old)
		fmt.Fprintf(&b, "%.3f proxy > carol MESSAGE\n%s\tX-Call-ID: old-%d@alice\n", at+.01, next, n)
		fmt.Fprintf(&b, "%.3f carol > dave MESSAGE\n%s", at+.02, last)
		fmt.Fprintf(&b, "%.3f dave > carol 200 OK\n%s", at+.03, last)
		fmt.Fprintf(&b, "%.3f carol > proxy 200 OK\n%s", at+.04, next)
		fmt.Fprintf(&b, "%.3f proxy > alice 200 OK\n%s", at+.05, old)
	}
	return b.String() + fmt.Sprintf("%d end\n", calls+50)
}

// TestAliases wants what is behind a B2BUA in the rows of what is before it, where the
// hosts behind it do not say so, and not once more.
func TestAliases(t *testing.T) {
	frames, err := wire.Parse(renamed(20))
	if err != nil {
		t.Fatal(err)
	}
	hosts := wire.ByHost(frames[:len(frames)-1])
	var want rows
	if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: wire.Merged(hosts)}, analyze.Options{PlainTexts: true}, &want); err != nil {
		t.Fatal(err)
	}
	all := stream(t, hosts, rand.New(rand.NewPCG(1, 2)))
	var parts []*bus.Part
	var kept []*recorded
	at := 0
	for number := range bus.Texts + 1 {
		r := &recorded{kept: map[string][]string{}}
		p, err := bus.NewPart(bus.Checkpoint{}, bus.PartOptions{Number: number, Analyze: analyze.Options{PlainTexts: true}, Rows: r,
			Keep: func(*bus.Checkpoint) error { return nil },
			Hand: func(m bus.Message) error {
				all = slices.Insert(all, at+1, message{m.Partition, m.Data})
				return nil
			}})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		parts, kept = append(parts, p), append(kept, r)
	}
	handed := len(all)
	for ; at < len(all); at++ {
		m := all[at]
		for number, p := range parts {
			if m.partition != number && m.partition != bus.Heartbeats {
				continue
			}
			if err := p.Take(m.data, uint64(at+1), bus.Arrival{At: time.Unix(1700000000, int64(at)*1e8)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if handed = len(all) - handed; handed == 0 {
		t.Error("nothing was handed on")
	}
	var got []string
	for i, p := range parts {
		if err := p.End(); err != nil {
			t.Fatal(err)
		}
		for _, lines := range kept[i].kept {
			for _, line := range lines {
				if !strings.HasPrefix(line, "cleartext") && !strings.HasPrefix(line, "header") {
					got = append(got, line)
				}
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want.sorted(), got); diff != "" {
		t.Error(diff)
	}
}
