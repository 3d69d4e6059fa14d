package analyze

import (
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
