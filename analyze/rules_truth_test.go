package analyze

import (
	"path/filepath"
	"slices"
	"testing"

	"simplecap/analyze/result"

	"github.com/google/go-cmp/cmp"
)

// cleanCaptures are captures without a fault, and the warnings that are true of
// them.
var cleanCaptures = map[string][]string{
	"udp-basic-200.pcap":               nil,
	"udp-session-cseq-1-2-3.pcap":      nil,
	"udp-sipsak.pcap":                  nil,
	"ipv6-udp.pcap":                    nil,
	"vlan-8021q.pcap":                  nil,
	"softphone-baresip.pcap":           nil,
	"softphone-linphone.pcap":          nil,
	"compact-headers.pcap":             nil,
	"tcp-sipp.pcap":                    nil,
	"container-snaplen-200.pcap":       nil,
	"message-text-looks-like-sip.pcap": nil,
	"proxy-100-then-200.pcap":          {"slow-response"}, // the 200 comes after 1.8 s
}

// faultyCaptures were made to show something: the rules that must tell of it.
var faultyCaptures = map[string][]string{
	"ack-after-message-200.pcap":            {"ack-to-message"},
	"branch-reused.pcap":                    {"branch-reused"},
	"contact-in-message-and-200.pcap":       {"body-in-2xx", "contact-in-2xx", "contact-in-message"},
	"delayed-200-two-retransmissions.pcap":  {"slow-response"},
	"final-202-sipp.pcap":                   {"accepted-not-delivered"},
	"finals-4xx-5xx-6xx.pcap":               {"failure-response", "method-refused", "text-plain-refused"},
	"folded-headers-and-odd-syntax.pcap":    {"line-ends"},
	"ipv4-fragmented.pcap":                  {"ip-fragmented", "over-1300-on-udp"},
	"ipv6-fragmented.pcap":                  {"ip-fragmented", "over-1300-on-udp"},
	"loop-482-and-483.pcap":                 {"failure-response", "max-forwards"},
	"lower-case-method.pcap":                {"method-case", "method-refused"},
	"malformed-requests.pcap":               {"headers-not-terminated", "mandatory-header-missing"},
	"proxy-408-fr-timer.pcap":               {"408-to-message", "failure-response"},
	"request-cseq-method-differs.pcap":      {"cseq-method-case", "request-cseq-method"},
	"response-branch-differs.pcap":          {"unmatchable-response"},
	"response-cseq-method-differs.pcap":     {"response-cseq-method"},
	"rfc2543-branch.pcap":                   {"branch-cookie"},
	"sdp-in-message-and-180.pcap":           {"provisional-not-100"},
	"text-in-other-methods.pcap":            {"text-in-other-method"},
	"two-different-finals.pcap":             {"conflicting-finals"},
	"two-messages-in-one-datagram.pcap":     {"content-length-too-short"},
	"udp-body-over-1300.pcap":               {"over-1300-on-udp"},
	"udp-content-length-wrong.pcap":         {"content-length-invalid", "content-length-too-long", "content-length-too-short", "header-repeated"},
	"udp-no-response-port-unreachable.pcap": {"transport-error"},
	"body-types.pcap":                       {"content-encoded"},
}

func TestCleanCaptures(t *testing.T) {
	dir, _ := readTruth(t)
	for name, want := range cleanCaptures {
		t.Run(name, func(t *testing.T) {
			_, report := analyseFiles(t, Options{}, filepath.Join(dir, name))
			var got []string
			for _, f := range report.Findings {
				if f.Severity >= result.Warning {
					got = append(got, f.Rule)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFaultyCaptures(t *testing.T) {
	dir, _ := readTruth(t)
	for name, want := range faultyCaptures {
		t.Run(name, func(t *testing.T) {
			_, report := analyseFiles(t, Options{}, filepath.Join(dir, name))
			got := ids(report.Findings)
			for _, id := range want {
				if !slices.Contains(got, id) {
					t.Errorf("%s does not fire, only %v", id, got)
				}
			}
		})
	}
}
