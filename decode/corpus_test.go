package decode

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCorpus compares the captures of other projects with what Wireshark counts
// in them.
func TestCorpus(t *testing.T) {
	var truth map[string]struct {
		Requests  map[string]uint64 `json:"sip_requests_by_method"`
		Responses map[string]uint64 `json:"sip_responses_by_status"`
	}
	readJSON(t, "corpus/truth.json", &truth)
	if len(truth) < 40 {
		t.Errorf("only %d captures", len(truth))
	}
	// Wireshark finds ESP with null encryption only with the preference
	// esp.enable_null_encryption_decode_heuristic, and then counts this.
	esp := truth["open5gs/ipsec_to_nonipsec_call.pcapng"]
	esp.Requests["ACK"], esp.Requests["INVITE"] = 10, 12
	esp.Responses["100"], esp.Responses["180"], esp.Responses["200"] = 9, 8, 15
	for name, want := range truth {
		t.Run(name, func(t *testing.T) {
			d, _ := decodeCapture(t, "corpus/"+name)
			diff := cmp.Diff(orEmpty(want.Requests), d.stats.RequestCounts()) + cmp.Diff(orEmpty(want.Responses), d.stats.ResponseCounts())
			if diff != "" {
				t.Errorf("-truth +got:\n%s", diff)
			}
		})
	}
}

// TestCorpusTunnels reads captures of tunnels and fragments in other people's
// networks.
func TestCorpusTunnels(t *testing.T) {
	for name, want := range map[string]int{
		"arkime/gtp-iphone-part1.pcap": 11, // UDP and TCP over IPv6 in GTP-U
		"heplify/ipip0.pcap":           8,
		"heplify/sip_ipv6_udp.pcap":    6,
		"nextcaller/sip-frag.pcap":     0, // the last fragment of a datagram alone
	} {
		d, r := decodeCapture(t, "corpus/"+name)
		if len(r.messages) != want || d.stats.DecodeErrors != 0 {
			t.Errorf("%s: %d messages, want %d; %d decode errors", name, len(r.messages), want, d.stats.DecodeErrors)
		}
	}
}
