package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/clipperhouse/displaywidth"

	"simplecap/analyze/result"
	"simplecap/capture/live"
	"simplecap/report"
)

// statusLine is the last lines of a terminal: what waits, and how the capture goes. A
// nil one is none.
type statusLine struct {
	w      io.Writer
	shared bool // the terminal shows what is printed as well

	mu    sync.Mutex
	lines []string
}

// What moves to the beginning of the line, to that of the line above, and erases
// everything from there.
const (
	lineStart = "\r"
	lineAbove = "\x1b[A"
	eraseDown = "\x1b[J"
)

// show replaces the lines; text is the last one, in ASCII.
func (s *statusLine) show(above []string, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text = wholeParts(text, width(s.w)-1)
	erase := s.erasing()
	s.lines = append(append(s.lines[:0], above...), text)
	io.WriteString(s.w, erase+s.drawing())
}

// drawing puts the lines together. The cursor stays behind the last one.
func (s *statusLine) drawing() string { return strings.Join(s.lines, "\r\n") }

// erasing erases the lines. Those that a narrower terminal has wrapped take more rows.
func (s *statusLine) erasing() string {
	if len(s.lines) == 0 {
		return ""
	}
	columns, rows := width(s.w), 0
	for _, line := range s.lines {
		rows++
		if columns > 0 {
			rows += max(0, displaywidth.String(report.Uncolored(line))-1) / columns
		}
	}
	return lineStart + strings.Repeat(lineAbove, rows-1) + eraseDown
}

// hide erases the lines for good.
func (s *statusLine) hide() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	io.WriteString(s.w, s.erasing())
	s.lines = nil
}

// print writes b to w, above the lines where both are on one terminal.
func (s *statusLine) print(w io.Writer, b []byte) error {
	if s == nil || !s.shared {
		_, err := w.Write(b)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	io.WriteString(s.w, s.erasing())
	_, err := w.Write(b)
	io.WriteString(s.w, s.drawing())
	return err
}

// wholeParts is as much of a status text as fits, and of no part half: a number that is
// cut is another one. All fits where columns is not above 0.
func wholeParts(text string, columns int) string {
	for columns > 0 && len(text) > columns {
		text = text[:max(strings.LastIndex(text, partsApart), 0)]
	}
	return text
}

// partsApart stands between the parts of a status text.
const partsApart = ", "

// statusText says how the capture goes, in ASCII, and what was lost first: the end has no
// room on a narrow terminal. The percentiles are of the answers of the last minute.
func statusText(r *result.Report, state live.State, dropped uint64) string {
	var parts []string
	drops := fmt.Sprintf("%d kernel drops", r.Quality.KernelDrops)
	if r.Quality.KernelDrops > 0 {
		parts = append(parts, drops)
	}
	if dropped > 0 {
		parts = append(parts, fmt.Sprintf("%d lines not shown", dropped))
	}
	parts = append(parts,
		fmt.Sprintf("%d packets", read(r)), fmt.Sprintf("%d SIP", r.SIP.Messages))
	parts = append(parts, unreadText(r)...)
	parts = append(parts,
		fmt.Sprintf("%d MESSAGE", r.SIP.Requests["MESSAGE"]), fmt.Sprintf("%d open", r.Open),
		fmt.Sprintf("%d missing 200", r.Summary.Missing200))
	if r.Minute.Count > 0 {
		parts = append(parts, fmt.Sprintf("RTT p50 %s p99 %s", short(r.Minute.P50), short(r.Minute.P99)))
	}
	if r.Quality.KernelDrops == 0 {
		parts = append(parts, drops)
	}
	if state.RingBlocks > 0 {
		parts = append(parts, fmt.Sprintf("ring %d%%", 100*state.RingFilled/state.RingBlocks))
	}
	return strings.Join(parts, partsApart)
}

// unreadText counts what is likely to be SIP and cannot be read, as TLS without its keys:
// who watches would look for it in vain.
func unreadText(r *result.Report) (parts []string) {
	var tls, esp uint64
	for _, h := range report.LikelyHidden(r) {
		switch {
		case h.Kind == "esp":
			esp += h.Connections
		case !h.Web:
			tls += h.Connections
		}
	}
	if tls > 0 {
		parts = append(parts, fmt.Sprintf("%d TLS unread", tls))
	}
	if esp > 0 {
		parts = append(parts, fmt.Sprintf("%d ESP unread", esp))
	}
	return parts
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
