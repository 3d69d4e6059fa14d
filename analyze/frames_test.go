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

// judged runs a capture file.
func judged(t *testing.T, file string) *verdicts {
	t.Helper()
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

// ethernetFrames returns the frames of a test's capture, which are written as Ethernet again.
func ethernetFrames(t *testing.T, name string) []capture.Frame {
	t.Helper()
	frames, err := wire.File("../testdata/pcaps/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if frames[0].Link != capture.LinkEthernet {
		t.Fatal(name, "is not of Ethernet")
	}
	return frames
}

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
	for _, name := range []string{"auth-407-then-200.pcap", "redirect-302-then-200.pcap", "hep3-siptrace.pcap", "imdn-group-aggregated.pcap", "sms-report-matching.pcap", "sctp-out-of-order.pcap", "ws-deflate.pcap"} {
		frames, want := ethernetFrames(t, name), judged(t, "../testdata/pcaps/"+name)
		file := filepath.Join(t.TempDir(), name)
		for i := range frames[1:] {
			swapped := append([]capture.Frame(nil), frames...)
			if swapped[i], swapped[i+1] = swapped[i+1], swapped[i]; swapped[i].Time-swapped[i+1].Time > 9e8 {
				continue
			}
			if err := os.WriteFile(file, wire.AppendPcap(nil, swapped), 0o600); err != nil {
				t.Fatal(err)
			}
			got := judged(t, file)
			if diff := cmp.Diff(want.counts, got.counts) + cmp.Diff(want.report.Summary, got.report.Summary); diff != "" {
				t.Fatalf("%s, frames %d and %d swapped (-want +got):\n%s", name, i+1, i+2, diff)
			}
		}
	}
}

// TestFramesTwice: a capture that has every packet twice blames nobody twice.
func TestFramesTwice(t *testing.T) {
	for _, name := range []string{
		"auth-407-then-200.pcap", "lower-case-method.pcap", "response-branch-differs.pcap", "response-cseq-method-differs.pcap", "response-cseq-number-differs.pcap",
		"folded-headers-and-odd-syntax.pcap", "sms-report-matching.pcap", "udp-no-response-port-unreachable.pcap", "ws-deflate.pcap",
	} {
		want := judged(t, "../testdata/pcaps/"+name)
		var twice []capture.Frame
		for _, f := range ethernetFrames(t, name) {
			twice = append(twice, f, f)
		}
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, wire.AppendPcap(nil, twice), 0o600); err != nil {
			t.Fatal(err)
		}
		got := judged(t, file)
		if diff := cmp.Diff(want.counts, got.counts) + cmp.Diff(want.report.Summary, got.report.Summary) + cmp.Diff(countsByRule(want.report), countsByRule(got.report)); diff != "" {
			t.Errorf("%s (-once +twice):\n%s", name, diff)
		}
	}
}

// countsByRule counts findings by rule and peer.
func countsByRule(r *result.Report) map[string]uint64 {
	counts := make(map[string]uint64)
	for _, f := range r.Findings {
		counts[f.Rule+" "+f.Peer] += f.Count
	}
	return counts
}
