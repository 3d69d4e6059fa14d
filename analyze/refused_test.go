package analyze

import (
	"strings"
	"testing"
)

// relayed is a MESSAGE of another call that the proxy sends on from another address,
// 10.0.0.13, and that is answered: so it is known for one of its own.
const relayed = "0.00 alice > proxy MESSAGE #9\n0.01 10.0.0.13 > bob MESSAGE #9\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-9\n" +
	"  +Via: SIP/2.0/UDP 10.0.0.13:5060;branch=z9hG4bK-p\n0.02 bob > 10.0.0.13 200 OK #9\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-9\n" +
	"  +Via: SIP/2.0/UDP 10.0.0.13:5060;branch=z9hG4bK-p\n0.03 proxy > alice 200 OK #9\n"

// TestRefusedNextHop: where a proxy cannot connect to its next hop, what is said of the
// request that it keeps or refuses names that hop and the frame that shows it.
func TestRefusedNextHop(t *testing.T) {
	const kept = "1.00 alice > proxy MESSAGE\n1.01 proxy > alice 100 Trying\n"
	for name, c := range map[string]struct{ text, rule, want, not string }{
		"by the proxy": {kept + "1.02 proxy:40000 > dave syn\n1.03 dave > proxy:40000 reset\n40 end", "no-final-response",
			"; the TCP connection of 10.0.0.3 to 10.0.0.5:5060 was refused in frame 4", ""},
		"on any port": {kept + "1.02 proxy:40000 > dave:15060 syn\n1.03 dave:15060 > proxy:40000 reset\n40 end", "no-final-response",
			"; the TCP connection of 10.0.0.3 to 10.0.0.5:15060 was refused in frame 4", ""},
		"by an ICMP error": {kept + "1.02 proxy:40000 > dave syn\n1.03 dave > proxy:40000 icmp 28 from carol\n40 end", "no-final-response",
			"was refused in frame 4 (ICMP port unreachable from 10.0.0.4)", ""},
		"IPv6": {"1 [2001:db8::1]:5060 > [2001:db8::3]:5060 MESSAGE\n1 [2001:db8::3]:5060 > [2001:db8::1]:5060 100 Trying\n" +
			"1.02 [2001:db8::3]:40000 > [2001:db8::5]:5060 syn\n1.03 [2001:db8::5]:5060 > [2001:db8::3]:40000 icmp\n40 end", "no-final-response",
			"the TCP connection of 2001:db8::3 to [2001:db8::5]:5060 was refused in frame 4 (ICMP port unreachable from 2001:db8::5)", ""},
		"without an answer": {kept + "1.02 proxy:40000 > dave syn\n2.02 proxy:40000 > dave syn\n40 end", "no-final-response",
			"; the TCP connection of 10.0.0.3 to 10.0.0.5:5060 was not answered (frame 4)", ""},
		"answered in the end": {kept + "1.02 proxy:40000 > dave syn\n2.02 proxy:40000 > dave syn\n2.03 dave > proxy:40000 syn-ack\n40 end", "no-final-response", "", "TCP connection"},
		"from another address of the proxy": {relayed + kept + "1.02 10.0.0.13:40000 > dave syn\n1.03 dave > 10.0.0.13:40000 reset\n40 end", "not-forwarded",
			"could not send it on and did not answer it: the TCP connection of 10.0.0.13 to 10.0.0.5:5060 was refused in frame 8", "meanwhile"},
		"from an address that nothing tells of": {kept + "1.02 10.0.0.77:40000 > dave syn\n1.03 dave > 10.0.0.77:40000 reset\n40 end", "no-final-response",
			"; meanwhile the TCP connection of 10.0.0.77 to 10.0.0.5:5060 was refused in frame 4", ""},
		"of two such": {kept + "1.02 10.0.0.77:40000 > dave syn\n1.03 dave > 10.0.0.77:40000 reset\n1.04 10.0.0.78:40000 > dave syn\n1.05 dave > 10.0.0.78:40000 reset\n40 end",
			"no-final-response", "", "TCP connection"},
		"on a port that is none of SIP": {kept + "1.02 10.0.0.77:40000 > dave:22 syn\n1.03 dave:22 > 10.0.0.77:40000 reset\n40 end", "no-final-response", "", "TCP connection"},
		"long before":                   {"0 proxy:40000 > dave syn\n0.01 dave > proxy:40000 reset\n" + kept + "40 end", "no-final-response", "", "TCP connection"},
		"503": {"1.00 alice > proxy MESSAGE\n1.02 proxy:40000 > dave syn\n1.03 dave > proxy:40000 reset\n1.04 proxy > alice 503 Service Unavailable\n40 end", "failure-response",
			"with 503 Service Unavailable: not delivered; the TCP connection of 10.0.0.3 to 10.0.0.5:5060 was refused in frame 3", ""},
		"a copy of the SYN": {kept + "1.02 proxy:40000 > dave syn\n1.0201 copy\n40 end", "no-final-response", "", "TCP connection"},
		"a leg that the proxy did send": {"1.00 alice > proxy MESSAGE\n1.02 proxy:40000 > dave syn\n1.03 dave > proxy:40000 reset\n1.04 proxy > bob MESSAGE\n" +
			"  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n1.05 bob > proxy OPTIONS #8\n1.06 proxy > alice 100 Trying\n40 end", "not-retransmitted", "", "TCP connection"},
	} {
		t.Run(name, func(t *testing.T) {
			_, report := analyseText(t, c.text, Options{})
			fired := false
			for _, f := range report.Findings {
				if c.not != "" && strings.Contains(f.Message, c.not) {
					t.Errorf("%s says %q", f.Rule, f.Message)
				}
				fired = fired || f.Rule == c.rule && strings.Contains(f.Message, c.want)
			}
			if !fired {
				t.Errorf("no %s that says %q: %v", c.rule, c.want, report.Findings)
			}
		})
	}
}
