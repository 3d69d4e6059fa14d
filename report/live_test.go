package report

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

// afterwards is a Source that has given all its frames and then only tells the time, for so
// many seconds.
type afterwards struct {
	capture.Source
	clock   int64
	ended   bool
	seconds int
}

func (s *afterwards) ReadBatch(frames []capture.Frame) (int, error) {
	if s.ended {
		if s.seconds--; s.seconds < 0 {
			return 0, io.EOF
		}
		s.clock += int64(time.Second)
		return 0, nil
	}
	n, err := s.Source.ReadBatch(frames[:1]) // as they come
	for _, f := range frames[:n] {
		s.clock = max(s.clock, f.Time)
	}
	s.ended = err == io.EOF
	return n, nil
}

func (s *afterwards) Clock() int64 { return s.clock }

// live is what a live table prints of a capture.
func live(t *testing.T, name string, o Options) string {
	t.Helper()
	src, err := capture.Open([]string{"../testdata/pcaps/" + name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var out bytes.Buffer
	o.Live = true
	w, err := New(Table, &out, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), &afterwards{Source: src, seconds: 40}, analyze.Options{Live: true}, w)
	if err != nil {
		t.Fatal(err)
	}
	out.WriteString("-- the end --\n")
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	rows, _, _ := strings.Cut(out.String(), "-- the end --")
	return rows
}

// What a live table prints of captures that are played to it.
func TestLiveDeliveries(t *testing.T) {
	var all strings.Builder
	for _, test := range []struct {
		file    string
		options Options
	}{
		{"proxy-inleg-200-missing.pcap", Options{Width: 60}},
		{"proxy-inleg-200-missing.pcap", Options{Width: 80}},
		{"proxy-inleg-200-missing.pcap", Options{Width: 160, Renewed: true}},
		{"proxy-inleg-200-missing.pcap", Options{Width: 110, By: ByTransaction}},
		{"udp-no-response-port-unreachable.pcap", Options{Width: 100}},
		{"auth-407-then-200.pcap", Options{Width: 80}},
		{"fork-parallel.pcap", Options{Width: 80}},
		{"two-proxies-in-series.pcap", Options{Width: 80, Zone: time.FixedZone("CET", 3600)}},
		{"ipv6-udp.pcap", Options{Width: 60}},
		{"n-all404.pcap", Options{Width: 80}},
		{"proxy-408-then-late-200.pcap", Options{Width: 110, Color: true}},
	} {
		fmt.Fprintf(&all, "# %s, %d columns %s\n%s\n", test.file, test.options.Width, test.options.By, live(t, test.file, test.options))
	}
	golden(t, "live-deliveries.txt", all.String())
}

// No row is wider than the terminal, and its titles come again when that changes.
func TestLiveWidth(t *testing.T) {
	for width := 60; width <= 300; width += 16 {
		for _, by := range []View{ByDelivery, ByTransaction} {
			for _, line := range strings.Split(live(t, "two-proxies-in-series.pcap", Options{Width: width, By: by}), "\n") {
				if displayWidth(line) > width {
					t.Errorf("width %d, by %s: %d columns: %s", width, by, displayWidth(line), line)
				}
			}
		}
	}
	columns := 200
	calls := 0
	out := live(t, "two-proxies-in-series.pcap", Options{Columns: func() int {
		if calls++; calls > 3 {
			columns = 80
		}
		return columns
	}})
	if n := strings.Count(out, "hop by hop"); n != 2 {
		t.Errorf("titles stand %d times, want 2:\n%s", n, out)
	}
}

// What waits can be asked for, and is not printed then.
func TestLiveWaits(t *testing.T) {
	var out bytes.Buffer
	w, err := New(Table, &out, Options{Live: true, Renewed: true, Width: 100})
	if err != nil {
		t.Fatal(err)
	}
	l := w.(Live)
	for i := range 5 {
		x := answered()
		x.ID, x.Delivery, x.Outcome, x.Status, x.Closed, x.HasRTT = uint64(i+1), uint64(i+1), result.Pending, 0, false, false
		l.Waiting(&x, x.FirstRequest+5e8)
	}
	x := answered()
	rows := l.Waits(x.FirstRequest+75e8, 5)
	if len(rows) != 5 || !strings.Contains(rows[1], "waiting 7.5 s, sent 1×") || !strings.Contains(rows[4], "and 3 more that wait") {
		t.Errorf("%s", strings.Join(rows, "\n"))
	}
	if out.Len() > 0 {
		t.Errorf("printed: %s", out.String())
	}
	for i := range 5 {
		v := result.Delivery{ID: uint64(i + 1), Verdict: result.NoAnswer, Closed: true}
		l.Delivery(&v)
	}
	if rows := l.Waits(x.FirstRequest+75e8, 5); len(rows) != 0 {
		t.Errorf("%q", rows)
	}
}

// The legs of what waits stand in the order in which they began, whichever waits first.
func TestLiveWaitsInOrder(t *testing.T) {
	w, err := New(Table, io.Discard, Options{Live: true, Renewed: true, Width: 100})
	if err != nil {
		t.Fatal(err)
	}
	l := w.(Live)
	for _, id := range []uint64{3, 1, 2} {
		x := answered()
		x.ID, x.Delivery, x.Outcome, x.Status, x.Closed, x.HasRTT = id, 1, result.Pending, 0, false, false
		x.Dst.Port = uint16(6000 + id)
		l.Waiting(&x, x.FirstRequest+5e8)
	}
	rows := strings.Join(l.Waits(answered().FirstRequest, 5), "\n")
	if a, b, c := strings.Index(rows, ":6001"), strings.Index(rows, ":6002"), strings.Index(rows, ":6003"); a < 0 || b < a || c < b {
		t.Errorf("%d, %d, %d in:\n%s", a, b, c, rows)
	}
}

// A summary is as wide as the terminal is by then.
func TestLiveSummaryWidth(t *testing.T) {
	var out bytes.Buffer
	columns := 200
	w, err := New(Table, &out, Options{Live: true, Width: columns, Columns: func() int { return columns }})
	if err != nil {
		t.Fatal(err)
	}
	x := answered()
	w.Transaction(&x)
	columns = 70
	out.Reset()
	rtt := result.RTT{Count: 1, Min: x.RTT, Mean: x.RTT, P50: x.RTT, P90: x.RTT, P95: x.RTT, P99: x.RTT, Max: x.RTT}
	r := &result.Report{RTT: rtt, Peers: []result.Peer{{Address: "10.0.0.2:5060", Transactions: 1, Success: 1, RTT: rtt}}}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if displayWidth(line) > columns {
			t.Errorf("%d columns: %s", displayWidth(line), line)
		}
	}
}

// The first of very many open deliveries are forgotten, and printed once all the same.
func TestLiveRowsAreBounded(t *testing.T) {
	var out bytes.Buffer
	w, err := New(Table, &out, Options{Live: true, Limits: Limits{LiveRows: 10}})
	if err != nil {
		t.Fatal(err)
	}
	l := w.(*liveDeliveries)
	const n = 1000
	for _, closed := range []bool{false, true} {
		for i := range n {
			x := answered()
			x.ID, x.Delivery, x.Closed, x.Again, x.Changed = uint64(i+1), uint64(i+1), closed, closed, true
			v := result.Delivery{ID: x.Delivery, Sender: x.From, Recipient: x.To, Verdict: result.Delivered, Closed: closed}
			if closed {
				v.Told = result.Delivered
			}
			l.Transaction(&x)
			l.Delivery(&v)
			if len(l.open) > 10 || len(l.order) > 20 {
				t.Fatalf("%d deliveries are remembered", len(l.open))
			}
		}
	}
	if got := strings.Count(out.String(), "delivered"); got != n {
		t.Errorf("%d rows, want %d", got, n)
	}
}
