package analyze

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/wire"
)

// verdicts are what a report says of deliveries, by verdict, and its summary.
type verdicts struct {
	report *result.Report
	counts map[string]int
}

func (v *verdicts) Transaction(*result.Transaction) {}
func (v *verdicts) Finding(*result.Finding)         {}
func (v *verdicts) Delivery(d *result.Delivery)     { v.counts[d.Verdict.String()]++ }

// TestSwappedFrames: of captures whose frames lie in another order than they came in, as those
// of several interfaces do, the same is said.
func TestSwappedFrames(t *testing.T) {
	judge := func(file string) *verdicts {
		src, err := capture.Open([]string{file}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		v := &verdicts{counts: make(map[string]int)}
		if v.report, err = Run(t.Context(), src, Options{}, v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, name := range []string{"auth-407-then-200.pcap", "redirect-302-then-200.pcap", "hep3-siptrace.pcap", "imdn-group-aggregated.pcap", "sms-report-matching.pcap", "sctp-out-of-order.pcap", "ws-deflate.pcap"} {
		frames, err := wire.File("../testdata/pcaps/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if frames[0].Link != capture.LinkEthernet {
			t.Fatal(name, "is written as Ethernet below")
		}
		want := judge("../testdata/pcaps/" + name)
		file := filepath.Join(t.TempDir(), name)
		for i := range frames[1:] {
			swapped := append([]capture.Frame(nil), frames...)
			if swapped[i], swapped[i+1] = swapped[i+1], swapped[i]; swapped[i].Time-swapped[i+1].Time > 9e8 {
				continue
			}
			if err := os.WriteFile(file, wire.AppendPcap(nil, swapped), 0o600); err != nil {
				t.Fatal(err)
			}
			got := judge(file)
			if diff := cmp.Diff(want.counts, got.counts) + cmp.Diff(want.report.Summary, got.report.Summary); diff != "" {
				t.Fatalf("%s, frames %d and %d swapped (-want +got):\n%s", name, i+1, i+2, diff)
			}
		}
	}
}
