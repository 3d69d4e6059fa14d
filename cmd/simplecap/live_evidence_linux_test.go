package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

// collected is what a run found, in words that do not depend on frame numbers.
type collected struct{ transactions, deliveries []string }

func (c *collected) Finding(*result.Finding) {}

func (c *collected) Transaction(t *result.Transaction) {
	if t.Closed {
		c.transactions = append(c.transactions, fmt.Sprintf("%s %s %s %d %v", t.CallID, t.Branch, t.Src, t.Status, t.RTT))
	}
}

func (c *collected) Delivery(d *result.Delivery) {
	if failing(d.Verdict) {
		c.deliveries = append(c.deliveries, fmt.Sprintf("%s %s", d.CallIDs, d.Verdict))
	}
}

// runOver analyses captures; with a filter it writes evidence as well.
func runOver(t *testing.T, names []string, filter, file string) collected {
	t.Helper()
	if filter == "" {
		return runWith(t, names, analyze.Options{}, nil)
	}
	return runWith(t, names, analyze.Options{}, func(files *captureFiles) *evidence {
		limits := defaultEvidenceLimits
		limits.HistoryTime = 2 * time.Minute
		return newEvidence(filter, limits, files, func(int) string { return "" })
	}, file)
}

// runWith analyses captures; with a file it writes the evidence that make makes.
func runWith(t *testing.T, names []string, options analyze.Options, make func(*captureFiles) *evidence, file ...string) collected {
	t.Helper()
	src, err := openSource(t.Context(), names, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var c collected
	hs := handlers{&c}
	if len(file) > 0 {
		files := newCaptureFiles(&evidenceFlags{write: file[0]}, func(line string) { t.Error(line) })
		if err := files.begin(time.Now()); err != nil {
			t.Fatal(err)
		}
		e := make(files)
		go files.run(e.queue)
		defer e.close(nil)
		options.Tap, hs = e, append(hs, e)
	}
	if _, err := analyze.Run(context.Background(), src, options, hs); err != nil {
		t.Fatal(err)
	}
	slices.Sort(c.transactions)
	slices.Sort(c.deliveries)
	return c
}

// unlike are captures whose frames say something else without the frames between.
var unlike = map[string]string{
	"tcp-missing-content-length.pcap":     writeFindings, // where such a message ends depends on what comes behind it
	"tcp-segment-missing-in-capture.pcap": writeMessage,  // behind the hole the times are those of the segments that are left
}

// What is written of a capture has the same transactions, or the same failures.
func TestEvidenceAgainstItsCapture(t *testing.T) {
	if raceDetector {
		t.Skip("TestGolden reads the same captures under the race detector")
	}
	names, _ := filepath.Glob(filepath.Join("..", "..", "testdata", "pcaps", "*.pcap*"))
	shared, _ := filepath.Glob(filepath.Join(sharedCaptures(), "*.pcap*"))
	for _, name := range append(names, shared...) {
		if !canRead(name) {
			continue
		}
		if strings.Contains(name, "keys-inside") {
			continue // what is written has no keys
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			whole := runOver(t, []string{name}, "", "")
			for _, filter := range writeFilters {
				if unlike[filepath.Base(name)] == filter {
					continue
				}
				file := filepath.Join(t.TempDir(), filter+".pcapng")
				runOver(t, []string{name}, filter, file)
				got := runOver(t, []string{file}, "", "")
				if diff := cmp.Diff(whole.transactions, got.transactions); filter != writeFindings && diff != "" {
					t.Errorf("%s: transactions: %s", filter, diff)
				}
				if diff := cmp.Diff(whole.deliveries, got.deliveries); filter == writeFindings && diff != "" {
					t.Errorf("%s: failures: %s", filter, diff)
				}
			}
		})
	}
}

// A disk that takes nothing holds nothing up: frames that find no room are
// counted, and the rest is written when it goes on.
func TestFrameQueueWithoutRoom(t *testing.T) {
	q := newFrameQueue(evidenceLimits{Queue: 4000, Block: 1000})
	f := capture.Frame{Data: make([]byte, 300)}
	for range 100 {
		q.put(&f, origin{name: "lo"})
	}
	large := capture.Frame{Data: make([]byte, 5000)}
	q.put(&large, origin{name: "lo"})
	if got := q.lost.Load(); got != 100-4*3+1 {
		t.Errorf("%d lost", got)
	}
	q.giveBack(<-q.full)
	q.put(&large, origin{name: "lo"})
	q.close()
	var sizes []int
	for b := range q.full {
		for _, f := range b.frames {
			sizes = append(sizes, len(f.Data))
		}
	}
	if want := []int{300, 300, 300, 300, 300, 300, 300, 300, 300, 5000}; !slices.Equal(sizes, want) {
		t.Error(sizes)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	h := newHistory(10000, time.Minute)
	for i := range 1000 {
		f := capture.Frame{Number: uint64(i + 1), Time: int64(i) * int64(time.Second), Data: make([]byte, 100)}
		h.add(&f, origin{}, []uint64{uint64(i % 7), uint64(1000 + i)}, f.Time)
		if h.held > h.bytes || len(h.byKey) > 7+len(h.frames)-h.head {
			t.Fatalf("%d bytes, %d keys", h.held, len(h.byKey))
		}
	}
	if h.early == 0 || h.latest(1000) != nil || h.latest(1999) == nil {
		t.Errorf("%d early, %v", h.early, h.latest(1999))
	}
	numbers := h.take(nil, 3)
	for _, n := range numbers {
		if f := h.out(n); f == nil || (f.Number-1)%7 != 3 {
			t.Errorf("%v by key 3", f)
		}
		if h.out(n) != nil {
			t.Error("a frame comes out twice")
		}
	}
	if len(numbers) == 0 {
		t.Error("nothing by key 3")
	}
	h.bound(int64(10000 * time.Second))
	if h.held != 0 || len(h.byKey) != 0 {
		t.Errorf("%d bytes and %d keys when all is old", h.held, len(h.byKey))
	}
}

// On a disk that is full the file stays whole, the rest is counted, and writing
// goes on when there is room again.
func TestCaptureFilesOnFullDisk(t *testing.T) {
	var said []string
	c := newCaptureFiles(&evidenceFlags{write: filepath.Join(smallDisk(t), "x.pcapng")}, func(line string) { said = append(said, line) })
	if err := c.begin(time.Now()); err != nil {
		t.Fatal(err)
	}
	frames := make([]heldFrame, 100)
	for i := range frames {
		frames[i].Frame = capture.Frame{Data: make([]byte, 1000), Length: 1000, Link: capture.LinkEthernet, HasTime: true}
	}
	ballast := filepath.Join(filepath.Dir(c.names[0]), "ballast")
	if err := os.WriteFile(ballast, make([]byte, 700<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for range 5 { // 500 kB where there is room for 300
		c.write(frames)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * lastPause)
	c.due(now)
	c.write(frames)
	c.due(now.Add(2 * flushEvery))
	c.end()
	if len(said) != 2 || !strings.Contains(said[0], "no space left on device") || !strings.HasPrefix(said[1], "packets are written again") {
		t.Error(said)
	}
	held := uint64(0)
	for _, err := range readFrames(t, c.names[0]) {
		if err != nil {
			t.Error(err)
		}
		held++
	}
	if lost := c.lost.Load(); held != c.saved.Load() || lost == 0 || held+lost != 600 || held < 200 {
		t.Errorf("%d frames in the file, %d saved, %d lost, of 600", held, c.saved.Load(), lost)
	}
}

// readFrames yields the frames of a file, and an error where it is not whole.
func readFrames(t *testing.T, name string) func(yield func(capture.Ref, error) bool) {
	t.Helper()
	src, err := openSource(t.Context(), []string{name}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(capture.Ref, error) bool) {
		defer src.Close()
		frames := make([]capture.Frame, 64)
		for {
			n, err := src.ReadBatch(frames)
			for i := range frames[:n] {
				if !yield(capture.MakeRef(1, frames[i].Number), nil) {
					return
				}
			}
			if err != nil {
				break
			}
		}
		if in := src.Inputs()[0]; !in.Complete {
			yield(0, fmt.Errorf("%s: %s", name, in.Error))
		}
	}
}
