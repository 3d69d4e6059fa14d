package analyze

import (
	"context"
	"strings"
	"testing"

	"simplecap/analyze/result"
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

// Another message behind one in a datagram is said to be one: nothing of the first is lost,
// and where the host put datagrams together the other one arrived.
func TestTwoMessagesInOneDatagram(t *testing.T) {
	_, report := analyseTexts(t, `
0.00 alice > bob MESSAGE
  Content-Length: 0
  = MESSAGE sip:bob@example.com SIP/2.0\r\nCall-ID: x\r\nCSeq: 2 MESSAGE\r\n\r\n
0.02 bob > alice 200 OK
`)
	for _, f := range report.Findings {
		if f.Rule == "content-length-too-short" {
			if f.Severity != result.Warning || !strings.Contains(f.Message, "behind it another SIP message in one datagram, which is not read") {
				t.Errorf("%s: %s", f.Severity, f.Message)
			}
			return
		}
	}
	t.Error("not found")
}
