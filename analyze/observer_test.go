package analyze

import (
	"bytes"
	"context"
	"encoding/binary"
	"reflect"
	"slices"
	"testing"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/wire"
)

// hepFrames are the frames of a capture in which an agent reports five MESSAGEs on two
// legs: with the traffic itself, or without.
func hepFrames(t *testing.T, name string) []capture.Frame {
	t.Helper()
	src, err := capture.Open([]string{"../testdata/pcaps/" + name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	return readAll(t, src)
}

// rewritten are copies of the frames that carry HEP, with a 32-bit chunk changed.
func rewritten(frames []capture.Frame, kind byte, change func(uint32) uint32) (copies []capture.Frame) {
	for _, f := range frames {
		f.Data = bytes.Clone(f.Data)
		if i := bytes.Index(f.Data, []byte{0, 0, 0, kind, 0, 10}); i >= 0 {
			value := f.Data[i+6:]
			binary.BigEndian.PutUint32(value, change(binary.BigEndian.Uint32(value)))
		}
		copies = append(copies, f)
	}
	return copies
}

const (
	chunkSeconds = 0x09
	chunkAgent   = 0x0c
)

// skewed sets the agents' clock forward.
func skewed(frames []capture.Frame, by time.Duration) []capture.Frame {
	return rewritten(frames, chunkSeconds, func(s uint32) uint32 { return s + uint32(int64(by/time.Second)) })
}

// later shifts the frames' own times, and what their agents say.
func later(frames []capture.Frame, seconds int) []capture.Frame {
	frames = skewed(frames, time.Duration(seconds)*time.Second)
	for i := range frames {
		frames[i].Time += int64(seconds) * 1e9
	}
	return frames
}

func analyseFrames(t *testing.T, frames []capture.Frame) ([]result.Transaction, *result.Report) {
	t.Helper()
	var c collector
	r, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, &c)
	if err != nil {
		t.Fatal(err)
	}
	return c.all, r
}

// However wrong an agent's clock is, nothing runs out for it, and times are right
// relative to each other.
func TestAgentClock(t *testing.T) {
	const day = 24 * time.Hour
	for _, name := range []string{"hep3-siptrace.pcap", "hep3-and-sip-together.pcap"} {
		frames := hepFrames(t, name)
		want, wantReport := analyseFrames(t, frames)
		for _, skew := range []time.Duration{time.Hour, -time.Hour, -31 * time.Second, 33 * time.Second, -40 * 365 * day, 20 * 365 * day} {
			got, report := analyseFrames(t, skewed(frames, skew))
			if !reflect.DeepEqual(report.Summary, wantReport.Summary) || report.Summary.Success != 10 || report.Quality != wantReport.Quality {
				t.Errorf("%s, %s off: %+v, %+v", name, skew, report.Summary, report.Quality)
			}
			for i := range got {
				if got[i].RTT != want[i].RTT {
					t.Errorf("%s, %s off: RTT %s, want %s", name, skew, got[i].RTT, want[i].RTT)
				}
			}
		}
	}
}

// A request without an answer runs out by the capture's clock, not by the agent's.
func TestAgentClockTimeout(t *testing.T) {
	frames := hepFrames(t, "hep3-siptrace.pcap")
	for _, test := range []struct {
		seconds int
		outcome result.Outcome
	}{{31, result.Pending}, {33, result.Timeout}} {
		for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
			some := append(frames[:1:1], later(frames[4:8], test.seconds)...)
			got, report := analyseFrames(t, skewed(some, skew))
			i := slices.IndexFunc(got, func(x result.Transaction) bool { return x.ID == 1 })
			if got[i].Outcome != test.outcome || report.Summary.Success != 2 {
				t.Errorf("%d s later, %s off: %s, %s; %+v", test.seconds, skew, got[i].Outcome, got[i].Cause, report.Summary)
			}
		}
	}
}

// What several observers saw is one transmission, whoever told of it first.
func TestObservers(t *testing.T) {
	frames := hepFrames(t, "hep3-and-sip-together.pcap")
	other := skewed(rewritten(frames, chunkAgent, func(uint32) uint32 { return 2 }), -5*time.Second)
	reversed := slices.Clone(frames)
	for i := 0; i+1 < len(reversed); i += 2 { // the report before the packet
		reversed[i], reversed[i+1] = reversed[i+1], reversed[i]
	}
	var twoAgents []capture.Frame
	for i := 1; i < len(frames); i += 2 {
		twoAgents = append(twoAgents, frames[i], other[i])
	}
	again := append(slices.Clone(frames[:2]), later(frames[:2], 1)...) // sent twice
	again = append(again, later(frames[6:8], 1)...)
	for name, test := range map[string]struct {
		frames                      []capture.Frame
		success, again, copiesCount int
	}{
		"packets and reports":         {frames, 10, 0, 20},
		"reports before packets":      {reversed, 10, 0, 20},
		"two agents":                  {twoAgents, 10, 0, 20},
		"two agents and packets":      {append(slices.Clone(twoAgents), frames[0], frames[2]), 10, 0, 22},
		"a HEP packet captured twice": {append(slices.Clone(frames[1:2]), frames[1], frames[7]), 1, 0, 1},
		"a retransmission":            {again, 1, 1, 3},
		"answers by HEP alone":        {[]capture.Frame{frames[0], frames[7]}, 1, 0, 0},
		"the answer before, by HEP":   {[]capture.Frame{frames[7], frames[0]}, 1, 0, 0},
	} {
		for _, skew := range []time.Duration{0, time.Hour} {
			_, report := analyseFrames(t, skewed(test.frames, skew))
			s := report.Summary
			if int(s.Success) != test.success || int(s.Transactions) != test.success || int(s.Retransmissions) != test.again ||
				int(report.Quality.Duplicates) != test.copiesCount {
				t.Errorf("%s, %s off: %+v, %d copies; want %d success, %d again, %d copies", name, skew, s, report.Quality.Duplicates,
					test.success, test.again, test.copiesCount)
			}
			for _, f := range report.Findings {
				if f.Severity == result.Error {
					t.Errorf("%s: %s", name, f.Message)
				}
			}
		}
	}
}
