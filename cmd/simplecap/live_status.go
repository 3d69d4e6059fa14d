package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"simplecap/analyze"
	"simplecap/capture/live"
)

// statusLine is the last line of a terminal, which says how the capture goes. A
// nil one is none.
type statusLine struct {
	w      io.Writer
	shared bool // the terminal shows what is printed as well

	mu   sync.Mutex
	text string
}

// clearLine moves to the beginning of the line and erases it.
const clearLine = "\r\x1b[K"

// show replaces the line.
func (s *statusLine) show(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if columns := width(s.w); columns > 0 {
		text = text[:min(len(text), columns-1)]
	}
	s.text = text
	io.WriteString(s.w, clearLine+text)
}

// hide erases the line for good.
func (s *statusLine) hide() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text != "" {
		io.WriteString(s.w, clearLine)
	}
	s.text = ""
}

// print writes b to w, above the line where both are on one terminal.
func (s *statusLine) print(w io.Writer, b []byte) error {
	if s == nil || !s.shared {
		_, err := w.Write(b)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text != "" {
		io.WriteString(s.w, clearLine)
	}
	_, err := w.Write(b)
	io.WriteString(s.w, s.text)
	return err
}

// statusText says how the capture goes, in ASCII. The percentiles are of the
// answers of the last minute.
func statusText(r *analyze.Report, state live.State, dropped uint64) string {
	parts := []string{
		fmt.Sprintf("%d packets", read(r)), fmt.Sprintf("%d SIP", r.SIP.Messages),
		fmt.Sprintf("%d MESSAGE", r.SIP.Requests["MESSAGE"]), fmt.Sprintf("%d open", r.Open),
		fmt.Sprintf("%d missing 200", r.Summary.Missing200),
	}
	if r.Minute.Count > 0 {
		parts = append(parts, fmt.Sprintf("RTT p50 %s p99 %s", short(r.Minute.P50), short(r.Minute.P99)))
	}
	parts = append(parts, fmt.Sprintf("%d kernel drops", r.Quality.KernelDrops))
	if state.RingBlocks > 0 {
		parts = append(parts, fmt.Sprintf("ring %d%%", 100*state.RingFilled/state.RingBlocks))
	}
	if dropped > 0 {
		parts = append(parts, fmt.Sprintf("%d lines not shown", dropped))
	}
	return strings.Join(parts, ", ")
}

// short is a duration with three digits or so.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
