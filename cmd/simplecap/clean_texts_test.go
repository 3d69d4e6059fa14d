package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simplecap/internal/shared"
)

// textFindings are the findings of the rules of texts that are true of the captures of
// ../shared, by file: warnings and errors. In all others, and in the rest of these, nobody
// breaks them, whatever became of the texts.
var textFindings = map[string][]string{
	"cases/c22-proxy-changes-sms-bytes.pcap":   {"mo-report-missing"}, // no report for 50 s
	"cases/c39-sms-report-in-200.pcap":         {"mo-report-missing"}, // its 200 carries an RP-ACK that goes the same way, and nothing else comes
	"pcaps/cpim-imdn.pcap":                     {"cpim-syntax"},       // Content-Disposition stands before the empty line that the content begins behind
	"pcaps/sms-mo-rp-error.pcap":               {"rp-error"},
	"pcaps/sms-mt-concatenated-ucs2.pcap":      {"mt-without-asserted-identity"}, // there is none
	"pcaps/sms-mt-deliver-rp-ack.pcap":         {"mt-without-asserted-identity"}, // there is none
	"texts/cpim-syntax.pcap":                   {"cpim-syntax"},
	"texts/imdn-dispositions.pcap":             {"imdn-content-type"},
	"texts/imdn-lost-unknown-early.pcap":       {"imdn-repeated"},
	"texts/sms-body-encodings.pcap":            {"rp-undecodable"},
	"texts/sms-broken.pcap":                    {"rp-error", "rp-undecodable"},
	"texts/sms-memory-full-and-smma.pcap":      {"mt-redelivered", "rp-error"},
	"texts/sms-mo-rp-error-causes.pcap":        {"rp-error"},
	"texts/sms-mt-sent-again.pcap":             {"mt-redelivered", "mt-report-missing"},
	"texts/sms-no-report-and-late-report.pcap": {"mo-report-missing", "mt-report-missing"},
	"texts/sms-over-tcp.pcap":                  {"rp-error"},
	"texts/sms-report-habits.pcap":             {"report-target", "report-without-in-reply-to", "rp-error"},
	"texts/sms-report-in-2xx.pcap":             {"report-in-response", "rp-error"},
	"texts/sms-report-matching.pcap":           {"report-without-in-reply-to", "rp-error", "rp-reference-mismatch"},
}

// isOfTexts reports whether a rule is about what MESSAGE carries, and not about SIP.
func isOfTexts(id string) bool {
	for _, word := range []string{"rp-", "mo-", "mt-", "report-", "receipt-", "concatenation-", "preferred-identity", "cpim-", "imdn-", "composing-", "session-mode"} {
		if strings.HasPrefix(id, word) {
			return true
		}
	}
	return false
}

// seriousFinding is a finding that is an error or a warning.
type seriousFinding struct{ Rule, Severity, Message string }

func seriousFindings(t *testing.T, file string) (found []seriousFinding) {
	t.Helper()
	out, talk, _ := simplecap("json", []string{file})
	var r struct{ Findings []seriousFinding }
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%s: %v %s", file, err, talk)
	}
	for _, f := range r.Findings {
		if f.Severity == "error" || f.Severity == "warning" {
			found = append(found, f)
		}
	}
	return found
}

// TestFindingsOfTexts holds that no rule of texts finds an error or a warning where there
// is none, over all captures.
func TestFindingsOfTexts(t *testing.T) {
	if testing.Short() {
		t.Skip("reads every capture")
	}
	var files []string
	for _, set := range []string{"pcaps", "texts", "transports", "cases"} {
		dir := shared.Path(t, set)
		found, err := filepath.Glob(filepath.Join(dir, "*.pcap*"))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range seriousFindings(t, file) {
				if isOfTexts(f.Rule) && !slices.Contains(got, f.Rule) {
					got = append(got, f.Rule)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, textFindings[name]) {
				t.Errorf("findings %q, want %q", got, textFindings[name])
			}
		})
	}
}

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
		for _, f := range seriousFindings(t, filepath.Join(dir, name)) {
			t.Errorf("%s: %s %s: %s", name, f.Severity, f.Rule, f.Message)
		}
	}
}
