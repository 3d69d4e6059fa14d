package analyze

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/msrp"
	"simplecap/internal/wire"
)

// everything keeps all that a handler is given, in order.
type everything struct{ lines []string }

func (e *everything) Transaction(t *result.Transaction) {
	e.lines = append(e.lines, fmt.Sprintf("%+v", *t))
}
func (e *everything) Finding(f *result.Finding)   { e.lines = append(e.lines, fmt.Sprintf("%+v", *f)) }
func (e *everything) Delivery(d *result.Delivery) { e.lines = append(e.lines, fmt.Sprintf("%+v", *d)) }

// generated returns frames of a generated capture.
func generated(t testing.TB, name string, transactions int) []capture.Frame {
	t.Helper()
	profile, err := wire.ProfileByName(name)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := wire.Generate(&file, profile, transactions, 0); err != nil {
		t.Fatal(err)
	}
	src, err := capture.Open([]string{"-"}, capture.Options{Stdin: &file})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	return readAll(t, src)
}

func readAll(t testing.TB, src capture.Source) (all []capture.Frame) {
	t.Helper()
	all, err := wire.All(src)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAnyNumberOfWorkers wants the same results in the same order from any
// number of workers and any size of batches.
func TestAnyNumberOfWorkers(t *testing.T) {
	for _, profile := range []string{"udp", "tcp", "lossy", "proxy", "fragmented", "rtp90"} {
		frames := generated(t, profile, 300)
		var want everything
		wantReport, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{Workers: 1}, &want)
		if err != nil {
			t.Fatal(err)
		}
		for i, workers := range []int{2, 3, 7, 16} {
			var got everything
			report, err := Run(context.Background(), &wire.Memory{Frames: frames, Batch: 1 + 5*i}, Options{Workers: workers}, &got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.lines, got.lines); diff != "" {
				t.Fatalf("%s with %d workers: %s", profile, workers, diff)
			}
			if diff := cmp.Diff(wantReport, report); diff != "" {
				t.Fatalf("%s with %d workers: %s", profile, workers, diff)
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var c collector
	report, err := Run(ctx, &wire.Memory{Frames: generated(t, "udp", 10)}, Options{}, &c)
	if !errors.Is(err, context.Canceled) || report == nil {
		t.Errorf("got %v and report %v", err, report)
	}
}

// brokenSource is a source that fails after its frames.
type brokenSource struct{ wire.Memory }

var errTorn = errors.New("the cable is torn")

func (b *brokenSource) ReadBatch(frames []capture.Frame) (int, error) {
	n, err := b.Memory.ReadBatch(frames)
	if errors.Is(err, io.EOF) {
		err = errTorn
	}
	return n, err
}

// TestErrorKeepsWhatWasRead wants the report of what came before an error.
func TestErrorKeepsWhatWasRead(t *testing.T) {
	var c collector
	report, err := Run(context.Background(), &brokenSource{wire.Memory{Frames: generated(t, "udp", 10)}}, Options{}, &c)
	if !errors.Is(err, errTorn) {
		t.Errorf("error %v", err)
	}
	if report.Summary.Success != 10 || len(c.all) != 10 {
		t.Errorf("%d answered, %d handed on; want 10", report.Summary.Success, len(c.all))
	}
}

// TestMemoryLimit begins more transactions than fit, all unanswered.
func TestMemoryLimit(t *testing.T) {
	var c collector
	frames := generated(t, "udp", 4*chunkRecords)
	var requests []capture.Frame
	for _, f := range frames {
		if bytes.Contains(f.Data, []byte("MESSAGE sip:")) {
			requests = append(requests, f)
		}
	}
	limits := Limits{Memory: int64(2 * chunkRecords * recordBytes)}
	report, err := Run(context.Background(), &wire.Memory{Frames: requests}, Options{Limits: limits}, &c)
	if err != nil {
		t.Fatal(err)
	}
	if report.Quality.Evicted == 0 || int(report.Summary.Transactions) != len(requests) {
		t.Errorf("%d evicted of %d transactions, want some of %d", report.Quality.Evicted, report.Summary.Transactions, len(requests))
	}
	if n := c.givenUp(); n == 0 || n > int(report.Quality.Evicted) {
		t.Errorf("%d of %d evicted transactions say that they were given up", n, report.Quality.Evicted)
	}
}

// givenUp counts transactions whose cause is that there was no room for them.
func (c *collector) givenUp() (n int) {
	for i := range c.all {
		if strings.HasPrefix(c.all[i].Cause, "given up ") {
			n++
		}
	}
	return n
}

// TestStandstillIsTold gives requests one time, so that no answer can be waited for.
func TestStandstillIsTold(t *testing.T) {
	var c collector
	requests := ""
	for i := range 21 {
		requests += fmt.Sprintf("0 alice > bob MESSAGE #%d\n", i+1)
	}
	frames, err := wire.Parse(requests)
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{Limits: Limits{Standstill: 10}}, &c)
	if err != nil {
		t.Fatal(err)
	}
	if n := c.givenUp(); n != 11 || report.Quality.Evicted != 11 {
		t.Errorf("%d given up, %d counted, want 11", n, report.Quality.Evicted)
	}
}

func TestWhere(t *testing.T) {
	var c collector
	options := Options{Where: func(t *result.Transaction) bool { return t.Status >= 400 }}
	report, err := Run(context.Background(), &wire.Memory{Frames: generated(t, "lossy", 100)}, options, &c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Rule == "duplicate-text" || f.Rule == "retransmit-differs" {
			t.Errorf("finding %s is about other transactions", f.Rule)
		}
	}
	if len(c.all) != 5 || report.Summary.Transactions != 5 || report.Summary.Rejected != 5 || report.Summary.Deliveries != 5 {
		t.Errorf("%d handed on, summary %+v; want the 5 refused ones", len(c.all), report.Summary)
	}
}

func BenchmarkRun(b *testing.B) {
	for _, profile := range wire.Profiles {
		if profile.Renew > 0 {
			continue // there are no keys here
		}
		b.Run(profile.Name, func(b *testing.B) {
			frames := generated(b, profile.Name, 2000)
			size := int64(0)
			for _, f := range frames {
				size += int64(len(f.Data))
			}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				var c counter
				if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, &c); err != nil || c != 2000 && c != 4000 {
					b.Fatal(c, err)
				}
			}
			b.ReportMetric(float64(b.N)*2000/b.Elapsed().Seconds(), "transactions/s")
		})
	}
}

// BenchmarkCatalogue measures what the rules add to a run on pure MESSAGE traffic.
func BenchmarkCatalogue(b *testing.B) {
	frames := generated(b, "udp", 5000)
	for name, without := range map[string]bool{"with": false, "without": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var c counter
				if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{noRules: without}, &c); err != nil || c != 5000 {
					b.Fatal(c, err)
				}
			}
			b.ReportMetric(float64(b.N)*5000/b.Elapsed().Seconds(), "transactions/s")
		})
	}
}

// counter counts transactions.
type counter int

func (c *counter) Transaction(*result.Transaction) { *c++ }
func (c *counter) Finding(*result.Finding)         {}

// What a batch refers to counts for how much is in it, and where it is much it does not stay
// with the batch.
func TestBatchesOfLongStrings(t *testing.T) {
	e := &engine{batch: newBatch(), free: make(chan *batch, 9), todo: make(chan *batch, 9), ordered: make(chan *batch, 9)}
	for range cap(e.free) {
		e.free <- newBatch()
	}
	path := strings.Repeat("x", batchBytes/4)
	for range 9 {
		e.MSRP(&decode.MSRP{Message: &msrp.Message{ToPath: path}})
	}
	if len(e.ordered) != 2 || len(e.batch.events) != 1 {
		t.Errorf("%d batches, and %d events in the next one", len(e.ordered), len(e.batch.events))
	}
	e.batch.reset()
	if one := e.batch.next(eventMSRP, 0).rare; one != nil {
		t.Errorf("the batch keeps %d bytes", len(one.msrp.ToPath))
	}
}
