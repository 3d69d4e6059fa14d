package main

import (
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// However many ask at once, one report is made.
func TestMetricsAreGatheredOnce(t *testing.T) {
	asked := 0
	r := &recent{fresh: time.Hour, from: prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		asked++
		return []*dto.MetricFamily{{}}, nil
	})}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if list, err := r.Gather(); len(list) != 1 || err != nil {
				t.Errorf("%d, %v", len(list), err)
			}
		})
	}
	all.Wait()
	if asked != 1 {
		t.Errorf("%d reports for 100 questions at once", asked)
	}
	r.at = r.at.Add(-time.Hour)
	if r.Gather(); asked != 2 {
		t.Errorf("%d reports when the first one is old", asked)
	}
}

// Peers and statuses that somebody makes up make no answer without end.
func TestMetricsHaveABound(t *testing.T) {
	m, err := newMetrics("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer m.listener.Close()
	const sent = 40_000
	for i := range sent {
		m.Transaction(&result.Transaction{Outcome: result.Outcome(i % 3), Status: 200 + i%500, Dst: decode.Endpoint{IP: decode.AddrFrom16([16]byte{10: 255, 11: 255, 12: 10, 14: byte(i >> 8), 15: byte(i)})}})
	}
	series := make(chan prometheus.Metric, sent)
	m.transactions.Collect(series)
	total := 0.0
	close(series)
	most := 3*(defaultMetricsLimits.Statuses+1) + defaultMetricsLimits.Series
	if len(series) > most {
		t.Errorf("%d series, want %d at most", len(series), most)
	}
	for s := range series {
		var one dto.Metric
		if err := s.Write(&one); err != nil {
			t.Fatal(err)
		}
		total += one.GetCounter().GetValue()
	}
	if total != sent {
		t.Errorf("%g transactions counted of %d", total, sent)
	}
}
