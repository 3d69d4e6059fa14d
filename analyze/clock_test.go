package analyze

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"simplecap/capture"
	"simplecap/internal/wire"
)

// timed returns the frames of an exchange with other times, in seconds, a frame each.
func timed(t *testing.T, text string, seconds ...float64) []capture.Frame {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range seconds {
		frames[i].Time = wire.Epoch.Add(time.Duration(s * 1e9)).UnixNano()
	}
	return frames
}

const pairs = "0 alice > bob MESSAGE #1\n0.1 bob > alice 200 OK #1\n1 alice > bob MESSAGE #2\n1.1 bob > alice 200 OK #2\n" +
	"2 alice > bob MESSAGE #3\n2.1 bob > alice 200 OK #3\n"

const century = 80 * 365 * 86400

// TestStrangeTimes: a time that no neighbour shares, and a clock that is set back,
// time nothing out and hide nothing.
func TestStrangeTimes(t *testing.T) {
	for name, c := range map[string]struct {
		frames []capture.Frame
		want   string
		jumps  uint64
	}{
		"all right":                   {timed(t, pairs), "success success success", 0},
		"a response from the future":  {timed(t, pairs, 0, .1, 1, century), "success success success", 1},
		"a request from the future":   {timed(t, pairs, 0, .1, century), "success success success", 1},
		"the first from the future":   {timed(t, pairs, century), "success success success", 1},
		"the last from the future":    {timed(t, pairs, 0, .1, 1, 1.1, 2, century), "success success success", 1},
		"a request from the past":     {timed(t, pairs, 0, .1, -century), "success success success", 1},
		"a minute ahead":              {timed(t, pairs, 0, .1, 1, 60), "success success success", 1},
		"an answer half a minute ago": {timed(t, pairs, 0, .1, 1, -30), "success success success", 1},
		"an answer from the past":     {timed(t, pairs, 0, .1, 1, -century), "success success success", 1},
		"set back before an answer":   {timed(t, pairs, 0, .1, 1, -58.9, -58, -57.9), "success success success", 1},
		"set back by an hour":         {timed(t, pairs, 0, .1, 1, -3599, -3598, -3597.9), "success success success", 1},
		"set back, and no answer":     {timed(t, pairs+"3 alice > bob MESSAGE #4\n3.1 alice > bob MESSAGE #4", 0, .1, 1, 1.1, 2, 2.1, -3600, -3599.9), "success success success pending", 1},
		"set back, and 40 s more":     {timed(t, pairs+"3 alice > bob MESSAGE #4\n3.1 end\n3.2 end", 0, .1, 1, 1.1, 2, 2.1, -3600, -3599.9, -3560), "success success success timeout", 1},
		"set back before a reset":     {timed(t, pairs+"3 alice > bob tcp MESSAGE #4\n3.1 bob > alice reset\n3.2 end\n3.3 end", 0, .1, 1, 1.1, 2, 2.1, 3, -3600, -3599.9, -3560), "success success success unreachable", 1},
		"two clocks that take turns":  {timed(t, pairs, 0, 60, .2, 60.2, .3, 60.3), "success success success", 2},
		"a pause of an hour":          {timed(t, pairs, 0, .1, 1, 1.1, 3600, 3600.1), "success success success", 0},
		"an hour to the last":         {timed(t, "0 alice > bob MESSAGE\n1 end", 0, 3600), "timeout", 0},
	} {
		t.Run(name, func(t *testing.T) {
			for batch := range 4 {
				var all deliveryCollector
				report, err := Run(context.Background(), &wire.Memory{Frames: slices.Clone(c.frames), Batch: batch}, Options{}, &all)
				if err != nil {
					t.Fatal(err)
				}
				got := make([]string, len(all.all))
				for _, tx := range all.all {
					got[tx.ID-1] = tx.Outcome.String()
					if tx.HasRTT && tx.RTT > 200*time.Millisecond {
						t.Errorf("batches of %d: #%d took %v", batch, tx.ID, tx.RTT)
					}
				}
				if arrived := strings.Count(strings.Join(all.lines, "\n"), " delivered"); arrived != strings.Count(c.want, "success") {
					t.Errorf("batches of %d: %q, want as delivered what was answered", batch, all.lines)
				}
				if strings.Join(got, " ") != c.want || report.Quality.ClockJumps != c.jumps {
					t.Errorf("batches of %d: %v, %d jumps; want %s and %d", batch, got, report.Quality.ClockJumps, c.want, c.jumps)
				}
			}
		})
	}
}
