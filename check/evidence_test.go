package check

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/shared"
	"simplecap/internal/wire"
)

// analysed reads a capture file and returns its findings, without frame numbers.
func analysed(t *testing.T, name string) (list []string) {
	t.Helper()
	src, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	r, err := analyze.Run(context.Background(), src, analyze.Options{}, New(&Policy{}, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range r.Inputs {
		if in.Error != "" {
			t.Fatalf("%s: %s", name, in.Error)
		}
	}
	for _, f := range r.Findings {
		list = append(list, f.Rule+" "+f.Peer)
	}
	return list
}

// evidenceOf writes the evidence of a capture file and returns the new file.
func evidenceOf(t *testing.T, name string, policy *Policy, options EvidenceOptions) string {
	t.Helper()
	evidence, _ := evidenceAndReads(t, name, policy, options)
	return evidence
}

// evidenceAndReads is evidenceOf and how often the capture was read for it.
func evidenceAndReads(t *testing.T, name string, policy *Policy, options EvidenceOptions) (file string, reads int) {
	t.Helper()
	open := func() (capture.Source, error) {
		reads++
		return capture.Open([]string{name}, capture.Options{})
	}
	src, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	judge := New(policy, Options{})
	r, err := analyze.Run(context.Background(), src, analyze.Options{}, judge)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteEvidence(&out, judge.Verdict(r, nil), open, options); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "evidence.pcapng")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, reads
}

// exchangeFile writes an exchange in the notation of package wire to a file.
func exchangeFile(t *testing.T, exchange string) string {
	t.Helper()
	frames, err := wire.Parse(exchange)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "exchange.pcap")
	if err := os.WriteFile(name, wire.AppendPcap(nil, frames), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// framesOf reads the frames of a file.
func framesOf(t *testing.T, name string) (frames []capture.Frame) {
	t.Helper()
	open := func() (capture.Source, error) { return capture.Open([]string{name}, capture.Options{}) }
	err := eachFrame(open, nil, func(f *capture.Frame) error {
		kept := *f
		kept.Data = bytes.Clone(f.Data)
		frames = append(frames, kept)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

// Evidence read again has the same findings, and nothing of the transactions that
// passed. The capture is read for it no more often than it needs: not where nothing fails,
// and once more where only reading finds frames of it.
func TestEvidenceHasTheSameFindings(t *testing.T) {
	fail := Level(result.Warning)
	for name, test := range map[string]struct {
		exchange string
		frames   int
		reads    int
	}{
		"nothing fails": {good, 0, 0},
		"a finding":     {withAck, 3, 2},
		"a timeout":     {silent, 3, 2}, // two requests, and the end of the capture
		"ICMP": {good + `
41.0  alice > bob  MESSAGE #3
41.1  bob > alice  icmp
80    end
`, 2, 3},
		"a reset": {good + `
41.0  alice > bob  tcp MESSAGE #3
41.1  bob > alice  reset
80    end
`, 2, 3},
	} {
		file := exchangeFile(t, test.exchange)
		evidence, reads := evidenceAndReads(t, file, &Policy{Budgets: Budgets{FailOn: &fail}}, EvidenceOptions{})
		if diff := cmp.Diff(analysed(t, file), analysed(t, evidence)); diff != "" {
			t.Errorf("%s: findings (-capture +evidence):\n%s", name, diff)
		}
		if reads != test.reads {
			t.Errorf("%s: read %d times, want %d", name, reads, test.reads)
		}
		if n := len(framesOf(t, evidence)); n != test.frames {
			t.Errorf("%s: %d frames, want %d", name, n, test.frames)
		}
	}
}

// The frames of evidence are those of the capture, with their times; the comment
// names the check.
func TestEvidenceKeepsFramesAndNamesTheCheck(t *testing.T) {
	file := exchangeFile(t, withAck)
	evidence := evidenceOf(t, file, &Policy{}, EvidenceOptions{Bodies: true})
	all := framesOf(t, file)
	for _, f := range framesOf(t, evidence) {
		same := slices.ContainsFunc(all, func(o capture.Frame) bool {
			return o.Time == f.Time && o.Length == f.Length && o.Link == f.Link && bytes.Equal(o.Data, f.Data)
		})
		if !same {
			t.Errorf("frame %d is none of the capture's", f.Number)
		}
	}
	data, err := os.ReadFile(evidence)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("simplecap: ack-to-message (transaction 3)")) {
		t.Error("no comment names the rule and the transaction")
	}
}

// The last frame of the capture is there for its time alone.
func TestEvidenceOfATimeoutHoldsNoOtherContent(t *testing.T) {
	frames := framesOf(t, evidenceOf(t, exchangeFile(t, silent), &Policy{}, EvidenceOptions{}))
	if last := frames[len(frames)-1]; len(last.Data) != 0 || last.Length == 0 {
		t.Errorf("the last frame has %d of %d bytes, want none", len(last.Data), last.Length)
	}
}

// A message that came in several frames is there with all of them.
func TestEvidenceHoldsSegmentsAndFragments(t *testing.T) {
	for _, name := range []string{"tcp-small-mss.pcap", "ipv4-fragmented.pcap", "ipv6-fragmented.pcap", "ipv4-fragments-reordered.pcap"} {
		file := shared.Path(t, filepath.Join("pcaps", name))
		zero := Amount{}
		limit, err := ParseRTTLimit("max=1ns")
		if err != nil {
			t.Fatal(err)
		}
		evidence := evidenceOf(t, file, &Policy{Budgets: Budgets{MaxRTT: []RTTLimit{limit}, MaxMissing: &zero}}, EvidenceOptions{})
		if diff := cmp.Diff(analysed(t, file), analysed(t, evidence)); diff != "" {
			t.Errorf("%s: findings (-capture +evidence):\n%s", name, diff)
		}
		if len(framesOf(t, evidence)) > len(framesOf(t, file)) {
			t.Errorf("%s: more frames than the capture has", name)
		}
	}
}
