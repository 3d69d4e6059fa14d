package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"simplecap/internal/shared"
)

// cleanTexts are captures of texts in which nothing is wrong, whatever became of the
// texts: handsets, gateways and clients keep to the standards there.
var cleanTexts = []string{
	"sms-end-to-end.pcap", "sms-status-report-classes.pcap", "sms-gsm7-alphabets.pcap", "sms-ucs2-8bit-classes.pcap",
	"sms-validity-pid-ports-command.pcap", "sms-addresses.pcap", "sms-over-ipv6.pcap", "msrp-chat.pcap", "msrp-chunks-and-interruption.pcap",
	"msrp-failures.pcap", "msrp-relay.pcap", "msrp-cpim-imdn.pcap", "msrp-two-sessions-one-connection.pcap", "msrp-midstream.pcap",
	"msrp-tcp-trouble.pcap", "msrps-opaque.pcap", "msrp-refused-session.pcap", "services-that-are-no-texts.pcap",
}

// TestCleanTexts holds that no rule finds an error or a warning where there is none.
func TestCleanTexts(t *testing.T) {
	dir := shared.Path(t, "texts")
	for _, name := range cleanTexts {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out, talk, _ := simplecap("json", []string{filepath.Join(dir, name)})
		var r struct {
			Findings []struct{ Rule, Severity, Message string }
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%s: %v %s", name, err, talk)
		}
		for _, f := range r.Findings {
			if f.Severity == "error" || f.Severity == "warning" {
				t.Errorf("%s: %s %s: %s", name, f.Severity, f.Rule, f.Message)
			}
		}
	}
}
