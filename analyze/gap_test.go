package analyze

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/wire"
)

// Where the capture lacks the chunk of SCTP that held the answer, nobody is blamed for a
// missing 200. The receiver's acknowledgement or the next chunk tells that it was sent.
func TestAnswerMissingInSCTP(t *testing.T) {
	frames := readAll(t, openCapture(t, "../testdata/pcaps/sctp-multihoming.pcap"))
	answer := []uint64{7, 15} // the 200 to the first MESSAGE, and the same sent again
	for name, test := range map[string]struct {
		drop    []uint64
		success uint64
		gaps    uint64
	}{
		"captured": {nil, 5, 0},
		"missing":  {answer, 4, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var kept []capture.Frame
			for _, f := range frames {
				if !slices.Contains(test.drop, f.Number) {
					kept = append(kept, f)
				}
			}
			late := kept[len(kept)-1]
			late.Time += int64(time.Minute)
			var c collector
			r, err := Run(t.Context(), &wire.Memory{Frames: append(kept, late)}, Options{}, &c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Summary.Success != test.success || r.Quality.SCTPGaps != test.gaps {
				t.Errorf("%d answered, %d chunks missing", r.Summary.Success, r.Quality.SCTPGaps)
			}
			if slices.ContainsFunc(r.Findings, func(f result.Finding) bool { return f.Severity == result.Error }) {
				t.Errorf("somebody is blamed: %+v", r.Findings)
			}
		})
	}
}

// TestNextMessageBehindMissingAnswer: who sends the next MESSAGE when its answer was
// acknowledged, and is not in the capture, waited for that answer.
func TestNextMessageBehindMissingAnswer(t *testing.T) {
	for _, test := range []struct {
		name    string
		without [][]uint64 // frames
	}{
		{"tcp-crlf-keepalive.pcap", [][]uint64{{11}, {17}, {23}, {26}}},
		{"sctp-multihoming.pcap", [][]uint64{{7, 15}}},
	} {
		frames := readAll(t, openCapture(t, "../testdata/pcaps/"+test.name))
		for _, without := range test.without {
			var kept []capture.Frame
			answers := 0
			for _, f := range frames {
				if !slices.Contains(without, f.Number) {
					kept = append(kept, f)
				} else if bytes.Contains(f.Data, []byte("SIP/2.0 200")) {
					answers++
				}
			}
			if answers != len(without) {
				t.Fatalf("%s: %d of %v are answers", test.name, answers, without)
			}
			var c collector
			r, err := Run(t.Context(), &wire.Memory{Frames: kept}, Options{}, &c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Quality.TCPGaps+r.Quality.SCTPGaps != 1 || r.Summary.Pending != 1 || r.Summary.Missing200 != 0 {
				t.Errorf("%s without %v: %+v, %+v", test.name, without, r.Quality, r.Summary)
			}
			for _, f := range r.Findings {
				if f.Rule == "overlapping-messages" {
					t.Errorf("%s without %v: %+v", test.name, without, f)
				}
			}
		}
	}
}
