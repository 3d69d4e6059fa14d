package analyze

import (
	"context"
	"strings"
	"testing"

	"simplecap/capture"
	"simplecap/internal/shared"
)

// TestFramingBlame wants the message blamed whose length is wrong, by its frame, and
// told what becomes of its text.
func TestFramingBlame(t *testing.T) {
	for name, want := range map[string]struct {
		rule, says string
		frame      uint64
	}{
		"cases/c13-cl-counts-characters-tcp.pcap": {"framing-lost", "Content-Length 15 and 20 bytes of body", 4},
		"cases/c01-gb-cl0-with-body.pcap":         {"content-length-too-short", "the whole text is lost", 3},
	} {
		src, err := capture.Open([]string{shared.Path(t, name)}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		report, err := Run(context.Background(), src, Options{}, new(everything))
		src.Close()
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range report.Findings {
			if f.Rule == want.rule {
				found = strings.Contains(f.Message, want.says) && len(f.Frames) == 1 && f.Frames[0].Number() == want.frame
			}
		}
		if !found {
			t.Errorf("%s: %+v", name, report.Findings)
		}
	}
}
