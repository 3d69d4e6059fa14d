package analyze

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
	"simplecap/capture"
)

// idle is a Source that has given all its frames and then only tells the time.
type idle struct {
	capture.Source
	clock int64
	ended bool
	left  int
}

func (s *idle) ReadBatch(frames []capture.Frame) (int, error) {
	if s.ended {
		if s.left--; s.left < 0 {
			return 0, io.EOF
		}
		s.clock += int64(time.Second)
		return 0, nil
	}
	n, err := s.Source.ReadBatch(frames)
	for _, f := range frames[:n] {
		s.clock = max(s.clock, f.Time)
	}
	s.ended = err == io.EOF
	return n, nil
}

func (s *idle) Clock() int64 { return s.clock }

func liveSource(t *testing.T, name string, seconds int) *idle {
	t.Helper()
	src, err := capture.Open([]string{"../testdata/pcaps/" + name}, capture.Options{})
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { src.Close() })
	return &idle{Source: src, left: seconds}
}

// Timer F runs out where no packet comes any more, if time is known to go by.
func TestLiveTimeoutWhenIdle(t *testing.T) {
	const name = "proxy-inleg-200-missing.pcap"
	for _, test := range []struct {
		seconds          int
		timeout, pending uint64
	}{{10, 0, 2}, {40, 2, 0}} {
		r, err := Run(context.Background(), liveSource(t, name, test.seconds), Options{Live: true}, &discard{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Summary.Timeout != test.timeout || r.Summary.Pending != test.pending {
			t.Errorf("after %d s: %+v", test.seconds, r.Summary)
		}
	}
}

// A report in between changes nothing in the one at the end, and is like it once
// everything has closed.
func TestLiveSnapshot(t *testing.T) {
	const name = "proxy-inleg-200-missing.pcap"
	without, err := Run(context.Background(), liveSource(t, name, 60), Options{Live: true}, &discard{})
	if err != nil {
		t.Fatal(err)
	}
	snapshots := make(chan func(*result.Report), 1)
	var reports []*result.Report
	var ask func(r *result.Report)
	ask = func(r *result.Report) {
		reports = append(reports, r)
		select {
		case snapshots <- ask:
		default:
		}
	}
	snapshots <- ask
	with, err := Run(context.Background(), liveSource(t, name, 60), Options{Live: true, Snapshots: snapshots}, &discard{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(without, with); diff != "" {
		t.Errorf("a snapshot changed the report: %s", diff)
	}
	if len(reports) < 5 || reports[0].Open != 2 || reports[0].Held != 4 || reports[0].Summary.Transactions != 0 {
		t.Fatalf("%d reports, the first one: %+v", len(reports), reports[0])
	}
	last := reports[len(reports)-1]
	if last.Now == 0 {
		t.Error("a snapshot has no time")
	}
	last.Now = 0 // which only a snapshot has
	if diff := cmp.Diff(with, last); diff != "" {
		t.Errorf("the last snapshot: %s", diff)
	}
}

type discard struct{}

func (discard) Transaction(*result.Transaction) {}
func (discard) Finding(*result.Finding)         {}
