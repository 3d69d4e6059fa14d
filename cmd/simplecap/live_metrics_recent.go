package main

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// recent gives what was gathered last again, while it is fresh: a report is made by
// the goroutine that analyses, and however many ask, it makes few of them.
type recent struct {
	from  prometheus.Gatherer
	fresh time.Duration

	mu   sync.Mutex
	at   time.Time // of the last report; zero for none
	last []*dto.MetricFamily
	err  error
}

// Gather implements prometheus.Gatherer. What it returns is not changed any more.
func (r *recent) Gather() ([]*dto.MetricFamily, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at.IsZero() || time.Since(r.at) >= r.fresh {
		r.last, r.err = r.from.Gather()
		r.at = time.Now()
	}
	return r.last, r.err
}
