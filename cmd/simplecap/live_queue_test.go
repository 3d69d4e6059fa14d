package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/capture/live"
	"simplecap/decode"
)

// gate is an output that takes nothing until it is opened.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	got  bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.got.Write(p)
}

// Every line comes out whole or is counted, and what comes last always comes out.
func TestQueueDropsWholeLines(t *testing.T) {
	for name, of := range map[string]struct{ length, lines int }{"many": {10, 40000}, "long": {64 << 10, 600}} {
		t.Run(name, func(t *testing.T) {
			g := &gate{open: make(chan struct{})}
			q := newQueue(g, nil, func(err error) { t.Error(err) })
			lines, text := of.lines, strings.Repeat("x", of.length)
			for i := range lines {
				fmt.Fprintf(q, "%d %s", i, text) // a part of a line alone
				io.WriteString(q, " end\n")
			}
			dropped := int(q.dropped.Load())
			if dropped == 0 || q.held.Load() > queueBytes {
				t.Fatalf("%d dropped, %d bytes held", dropped, q.held.Load())
			}
			q.waitForRoom()
			close(g.open)
			io.WriteString(q, "summary end\nrest")
			q.close()
			got := strings.Split(g.got.String(), "\n")
			if len(got) != lines-dropped+2 || got[len(got)-2] != "summary end" || got[len(got)-1] != "rest" {
				t.Errorf("%d lines, %d dropped of %d", len(got), dropped, lines)
			}
			for _, line := range got[:len(got)-1] {
				if !strings.HasSuffix(line, " end") {
					t.Errorf("a part of a line: %.40q", line)
				}
			}
		})
	}
}

// counting counts writes, and what comes in them.
type counting struct {
	gate
	writes int
}

func (c *counting) Write(p []byte) (int, error) {
	c.writes++
	return c.gate.Write(p)
}

// Lines that wait are written together: one by one even a file is too slow for a burst.
func TestQueueWritesTogether(t *testing.T) {
	c := &counting{gate: gate{open: make(chan struct{})}}
	q := newQueue(c, nil, func(err error) { t.Error(err) })
	const lines = 20000
	for i := range lines {
		fmt.Fprintf(q, "line %d of a burst that no reader has room for\n", i)
	}
	close(c.open)
	q.close()
	if n := strings.Count(c.got.String(), "\n"); n != lines || q.dropped.Load() > 0 || c.writes > lines/100 {
		t.Errorf("%d lines in %d writes, %d dropped", n, c.writes, q.dropped.Load())
	}
}

func TestQueueToBrokenPipe(t *testing.T) {
	failures := 0
	q := newQueue(brokenPipe{}, nil, func(error) { failures++ })
	for range 100 {
		io.WriteString(q, "line\n")
	}
	q.close()
	if failures != 1 || !isBrokenPipe(q.err()) {
		t.Errorf("%d failures, %v", failures, q.err())
	}
}

// The status line never stands in the middle of what is printed.
func TestStatusLineOnSharedTerminal(t *testing.T) {
	var screen bytes.Buffer
	s := &statusLine{w: &screen, shared: true}
	s.show([]string{"one waits", "two"}, "5 packets")
	s.print(&screen, []byte("row\n"))
	s.show(nil, "6 packets")
	s.hide()
	s.print(&screen, []byte("end\n"))
	const lines, erase = "one waits\r\ntwo\r\n5 packets", "\r\x1b[A\x1b[A\x1b[J"
	if got, want := screen.String(), lines+erase+"row\n"+lines+erase+"6 packets"+"\r\x1b[J"+"end\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var none *statusLine
	none.hide()
	none.print(&screen, nil)
}

func TestEvidenceLimits(t *testing.T) {
	for _, test := range []struct {
		flags evidenceFlags
		want  string
	}{
		{evidenceFlags{write: "x", ring: []string{"filesize:10MB", "duration:3600", "files:24"}}, ""},
		{evidenceFlags{write: "x", ring: []string{"filesize:10", "duration:1h"}}, ""},
		{evidenceFlags{ring: []string{"filesize:10"}}, "-b needs -w"},
		{evidenceFlags{write: "x", ring: []string{"files:3"}}, "otherwise no second file begins"},
		{evidenceFlags{write: "x", ring: []string{"files:0"}}, "want a number of files"},
		{evidenceFlags{write: "x", ring: []string{"duration:soon"}}, "want seconds"},
		{evidenceFlags{write: "x", ring: []string{"filesize:big"}}, "want a size"},
		{evidenceFlags{write: "x", ring: []string{"packets:3"}}, "want filesize:SIZE, duration:SECONDS or files:N"},
		{evidenceFlags{write: "-"}, "name a file"},
		{evidenceFlags{write: "x", writeFilter: "some"}, "choose all, message or findings"},
		{evidenceFlags{writeFilter: "findings"}, "--write-filter needs -w"},
	} {
		if test.flags.writeFilter == "" {
			test.flags.writeFilter = "all"
		}
		err := test.flags.check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%+v: %v, want %q", test.flags, err, test.want)
		}
	}
}

func TestStatusText(t *testing.T) {
	r := &result.Report{Inputs: []capture.Input{{Packets: 9}}, Open: 3}
	r.SIP.Messages, r.SIP.Requests = 5, map[string]uint64{"MESSAGE": 4}
	r.Summary.Missing200, r.Quality.KernelDrops = 1, 7
	if got, want := statusText(r, live.State{}, 0), "7 kernel drops, 9 packets, 5 SIP, 4 MESSAGE, 3 open, 1 missing 200"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.RTT = result.RTT{Count: 1, P50: time.Hour} // of the whole run: not shown
	r.Minute = result.RTT{Count: 2, P50: 1234 * time.Microsecond, P99: 2 * time.Second}
	got := statusText(r, live.State{RingBlocks: 32, RingFilled: 8}, 2)
	if want := ", RTT p50 1.2ms p99 2s, ring 25%"; !strings.HasSuffix(got, want) {
		t.Errorf("%q, want %q at its end", got, want)
	}
	if want := "7 kernel drops, 2 lines not shown, 9 packets, "; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q at its beginning", got, want)
	}
	r.Quality.KernelDrops = 0
	r.Decode.Hidden = []decode.Hidden{{Kind: "tls", Likely: true, Connections: 2}, {Kind: "tls", Web: true, Connections: 9}, {Kind: "esp", Likely: true, Connections: 1}}
	if got, want := statusText(r, live.State{}, 0), "9 packets, 5 SIP, 2 TLS unread, 1 ESP unread, 4 MESSAGE, "; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q at its beginning", got, want)
	}
	r.Decode.Hidden = nil
	if got, want := statusText(r, live.State{}, 0), "9 packets, 5 SIP, 4 MESSAGE, 3 open, 1 missing 200, RTT p50 1.2ms p99 2s, 0 kernel drops"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A part that does not fit is left out, and not cut to another number.
func TestStatusTextFits(t *testing.T) {
	const text = "162 packets, 124 SIP, RTT p50 751us p99 30.02s"
	for columns, want := range map[int]string{
		0: text, 46: text, 45: "162 packets, 124 SIP", 20: "162 packets, 124 SIP", 19: "162 packets", 11: "162 packets", 10: "",
	} {
		if got := wholeParts(text, columns); got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}
