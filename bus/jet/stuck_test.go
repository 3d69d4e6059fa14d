package jet_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/bus"
	"simplecap/bus/jet"
	"simplecap/internal/wire"
)

// renamed are calls that a B2BUA (proxy) gives other Call-IDs, which the hop behind it does
// not name: that one crosses partitions.
func renamed(calls int) string {
	var b strings.Builder
	for n := range calls {
		old := fmt.Sprintf("\tCall-ID: old-%d@alice\n\tVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa%d\n", n, n)
		next := fmt.Sprintf("\tCall-ID: new-%d@proxy\n\tVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKb%d\n", n, n)
		last := fmt.Sprintf("%s\t+Via: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKc%d\n", next, n)
		for i, hop := range []string{"alice > proxy MESSAGE\n" + old, "proxy > carol MESSAGE\n" + next + fmt.Sprintf("\tX-Call-ID: old-%d@alice\n", n), "carol > dave MESSAGE\n" + last,
			"dave > carol 200 OK\n" + last, "carol > proxy 200 OK\n" + next, "proxy > alice 200 OK\n" + old} {
			fmt.Fprintf(&b, "%.3f %s", float64(n)+float64(i)/100, hop)
		}
	}
	return b.String() + fmt.Sprintf("%d end\n", calls+50)
}

// store keeps the rows of all partitions of a collector, and may be away.
type store struct {
	mutex sync.Mutex
	away  chan struct{} // closed when it is back; nil where it is there
	rows
	commits int
}

// leave has the store away until what it returns is called.
func (s *store) leave() (back func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	away := make(chan struct{})
	s.away = away
	return func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.away = nil
		close(away)
	}
}

func (s *store) count() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.commits
}

// partRows are the rows of one partition until they are kept.
type partRows struct {
	rows
	store *store
	muted bool
}

func (r *partRows) Transaction(t *result.Transaction) {
	if !r.muted {
		r.rows.Transaction(t)
	}
}
func (r *partRows) Delivery(*result.Delivery)     {}
func (r *partRows) Text(*result.Text)             {}
func (r *partRows) OrphanReceipt(*result.Receipt) {}
func (r *partRows) At(_ uint64, muted bool)       { r.muted = muted }
func (r *partRows) Pending() int                  { return len(r.lines) }

func (r *partRows) Commit(uint64, uint64, []result.Finding) error {
	s := r.store
	s.mutex.Lock()
	away := s.away
	s.mutex.Unlock()
	if away != nil {
		<-away
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.lines, r.lines, s.commits = append(s.lines, r.lines...), nil, s.commits+1
	return nil
}

// heardLines are what a bus says.
type heardLines struct {
	mutex sync.Mutex
	lines []string
}

func (h *heardLines) say(line string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.lines = append(h.lines, line)
}

// with counts the lines with a text.
func (h *heardLines) with(text string) (n int) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, line := range h.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testTime); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

var awayTime = flag.Duration("away", 0, "how long hosts publish in TestStoreOfOneAway, such as 12s; 0 leaves it out")

// TestStoreOfOneAway wants the partitions of a collector whose store is away named by the
// others and not waited for any more, and when it is back waited for again: with every
// transaction there, and none twice but hops that crossed partitions, where it is said that some came too late.
func TestStoreOfOneAway(t *testing.T) {
	if *awayTime == 0 {
		t.Skip("takes some seconds: -away 12s")
	}
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	frames, err := wire.Parse(renamed(300))
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, "127.0.0.1:0", t.TempDir())
	defer server.Close()
	hosts := wire.ByHost(frames[:len(frames)-1])
	var want rows
	if _, err := analyze.Run(ctx, &wire.Memory{Frames: wire.Merged(hosts)}, options, &want); err != nil {
		t.Fatal(err)
	}
	published := publishOver(ctx, t, server.URL(), hosts, *awayTime)
	stores, said := [2]store{}, [2]heardLines{}
	var all sync.WaitGroup
	for i := range stores {
		b, err := jet.Connect(jet.Options{Servers: []string{server.URL()}, MaxBytes: 64 << 20, Notify: said[i].say})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		all.Go(func() {
			if err := b.Share(ctx, jet.ShareOptions{ID: fmt.Sprint("c", i), Lease: time.Second, Patience: time.Second, Once: true,
				Open: func(number int, from bus.Checkpoint, o bus.PartOptions) (*bus.Part, func(), error) {
					o.Analyze, o.Rows, o.Every, o.Notify = options, &partRows{store: &stores[i]}, 100*time.Millisecond, said[i].say
					o.Collector.Hold = time.Second
					p, err := bus.NewPart(from, o)
					return p, func() {}, err
				}}); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "rows of the one", func() bool { return stores[0].count() > 0 && stores[1].count() > 0 })
	back := stores[0].leave()
	eventually(t, "it is named", func() bool { return said[1].with("wait no more") > 0 })
	before := stores[1].count()
	eventually(t, "others go on", func() bool { return stores[1].count() > before+3 })
	back()
	published()
	all.Wait()
	t.Logf("%q\n%q", said[0].lines, said[1].lines)
	if said[1].with("waited for again") == 0 {
		t.Error("nobody says that it is back")
	}
	got := append(slices.Clone(stores[0].lines), stores[1].lines...)
	slices.Sort(got)
	if said[0].with("came when those were not waited for")+said[1].with("came when those were not waited for") > 0 {
		crossed := func(a, b string) bool { return a == b && strings.Contains(a, "z9hG4bKc") } // too late: such a hop may stand twice
		got = slices.CompactFunc(got, crossed)
	}
	want.lines = slices.DeleteFunc(want.sorted(), func(line string) bool { return !strings.Contains(line, "z9hG4bK") })
	if diff := cmp.Diff(want.lines, got); diff != "" {
		t.Error(diff)
	}
}
