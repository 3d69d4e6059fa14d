package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"

	"simplecap/analyze/result"
)

// metrics counts transactions as they are handed on, and serves that and what a
// report of the run so far says. A nil one counts and serves nothing.
type metrics struct {
	listener     net.Listener
	server       *http.Server
	registry     *prometheus.Registry
	transactions *prometheus.CounterVec
	deliveries   *prometheus.CounterVec
	rtt          prometheus.Histogram
	peers        labels
	statuses     labels
	series       map[[3]string]bool // of transactions
}

// metricsLimits bound what is served, and to whom.
type metricsLimits struct {
	Peers       int           // values of the label peer; further ones are "other"
	Statuses    int           // the same of the label status
	Connections int           // at one time
	Header      int           // bytes of a request
	Reading     time.Duration // of a request
	Writing     time.Duration // of its answer
	Asking      time.Duration // for a report of the run so far
	Stalled     time.Duration // without a look at the packets: no longer healthy
	Series      int           // of transactions, by outcome, status and peer; in further ones the peer is "other"
	Serving     time.Duration // of one answer, from request to its last byte
	Fresh       time.Duration // how old an answer may be that is given again: a scrape costs the analysis at most one report in this time
	Answers     int           // at one time
}

var defaultMetricsLimits = metricsLimits{
	Peers: 100, Statuses: 60, Connections: 16, Header: 16 << 10,
	Reading: 5 * time.Second, Writing: 15 * time.Second, Asking: 3 * time.Second, Stalled: 10 * time.Second,
	Series: 2000, Serving: 10 * time.Second, Fresh: time.Second, Answers: 4,
}

// other is the label of what is beyond a limit.
const other = "other"

// labels are the values of a label, up to a limit.
type labels struct {
	limit int
	known map[string]bool
}

// of returns the value, or other where there are too many.
func (l *labels) of(value string) string {
	if l.known[value] {
		return value
	}
	if len(l.known) >= l.limit {
		return other
	}
	if l.known == nil {
		l.known = make(map[string]bool)
	}
	l.known[value] = true
	return value
}

// listenAddress reads the value of --metrics. Without a host it is the loopback.
func listenAddress(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", fmt.Errorf("--metrics %q: want ADDRESS:PORT, or :PORT for the loopback", text)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("--metrics %q: want a port from 0 to 65535", text)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// newMetrics begins to listen; run serves.
func newMetrics(address string) (*metrics, error) {
	limits := defaultMetricsLimits
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	m := &metrics{
		listener: netutil.LimitListener(listener, limits.Connections), registry: prometheus.NewRegistry(),
		series: make(map[[3]string]bool), peers: labels{limit: limits.Peers}, statuses: labels{limit: limits.Statuses},
		transactions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "simplecap_transactions_total", Help: "MESSAGE transactions, each once: at its first final response, or when it is given up.",
		}, []string{"outcome", "status", "peer"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "simplecap_deliveries_total", Help: "Deliveries of a MESSAGE over all its hops, each once: when its verdict is known.",
		}, []string{"verdict"}),
		rtt: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "simplecap_rtt_seconds", Help: "Round-trip times, first transmission of the request to first final response.",
			Buckets:                     []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 4, 8, 16, 32},
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "simplecap_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version(), "go": runtime.Version()},
	})
	build.Set(1)
	for v := result.Delivered; v <= result.Unknown; v++ {
		m.deliveries.WithLabelValues(v.String()) // there from the start, so that the first one is an increase
	}
	m.registry.MustRegister(m.transactions, m.deliveries, m.rtt, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m, nil
}

// Transaction implements analyze.Handler.
func (m *metrics) Transaction(t *result.Transaction) {
	if t.Again {
		return
	}
	status := "none"
	if t.Status != 0 {
		status = m.statuses.of(strconv.Itoa(t.Status))
	}
	m.transactions.WithLabelValues(m.seriesOf(t.Outcome.String(), status, m.peers.of(t.Dst.String()))...).Inc()
	if t.HasRTT {
		m.rtt.Observe(t.RTT.Seconds())
	}
}

// seriesOf returns the labels of a series; where there are too many of them, those of
// all peers together.
func (m *metrics) seriesOf(outcome, status, peer string) []string {
	key := [3]string{outcome, status, peer}
	if !m.series[key] && len(m.series) >= defaultMetricsLimits.Series {
		key[2] = other
	} else {
		m.series[key] = true
	}
	return key[:]
}

// Finding implements analyze.Handler; findings are counted by the report.
func (m *metrics) Finding(*result.Finding) {}

// Delivery implements analyze.DeliveryHandler.
func (m *metrics) Delivery(d *result.Delivery) {
	if d.Told != 0 {
		return
	}
	m.deliveries.WithLabelValues(d.Verdict.String()).Inc()
}

// run serves until done is closed, and returns when nothing is served any more.
func (m *metrics) run(done <-chan struct{}, healthy func() error, say func(string)) {
	limits := defaultMetricsLimits
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(&recent{from: m.registry, fresh: limits.Fresh}, promhttp.HandlerOpts{
		Registry: m.registry, MaxRequestsInFlight: limits.Answers, Timeout: limits.Serving, EnableOpenMetrics: true,
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := healthy(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	m.server = &http.Server{
		Handler: mux, MaxHeaderBytes: limits.Header, ReadHeaderTimeout: limits.Reading, ReadTimeout: limits.Reading,
		WriteTimeout: limits.Writing, IdleTimeout: limits.Writing,
	}
	served := make(chan error, 1)
	go func() { served <- m.server.Serve(m.listener) }()
	select {
	case <-done:
		m.server.Close()
		<-served
	case err := <-served:
		say("metrics are not served any more: " + err.Error())
	}
}

// healthy says what is wrong with the capture.
func (s *liveSession) healthy() error {
	if ago := s.source.lastRead(); ago > defaultMetricsLimits.Stalled {
		return fmt.Errorf("no packets have been read for %s", ago.Round(time.Second))
	}
	state := s.source.State()
	for _, i := range state.Interfaces {
		if i.Up {
			return nil
		}
	}
	if len(state.Interfaces) > 0 {
		return errors.New("no interface is up")
	}
	return nil
}
