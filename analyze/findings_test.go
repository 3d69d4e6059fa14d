package analyze

import (
	"strconv"
	"strings"
	"testing"
)

// TestStatusesAreKeptApart: one finding would say 404 of the 503.
func TestStatusesAreKeptApart(t *testing.T) {
	found := findingsOf(t, Sample{Text: `
0.00 alice > bob MESSAGE
0.01 bob > alice 404 Not Found
1.00 alice > bob MESSAGE #2
1.01 bob > alice 503 Service Unavailable #2
2.00 alice > bob MESSAGE #3
2.01 bob > alice 404 Not Found #3
`})
	counts := map[int]uint64{}
	for _, f := range found {
		if f.Rule != "failure-response" {
			continue
		}
		counts[f.Status] = f.Count
		if !strings.Contains(f.Message, map[int]string{404: "404 Not Found", 503: "503 Service Unavailable"}[f.Status]) {
			t.Errorf("status %d: %s", f.Status, f.Message)
		}
	}
	if len(counts) != 2 || counts[404] != 2 || counts[503] != 1 {
		t.Errorf("failure-response by status: %v", counts)
	}
}

// TestFirstOfSeveral: a sentence about the first of different things says so,
// one about equal things does not.
func TestFirstOfSeveral(t *testing.T) {
	for _, test := range []struct {
		name, first, second string
		differ              bool
	}{
		{"equal", "Not Found", "Not Found", false},
		{"different", "Not Found", "No such user", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := findingsOf(t, Sample{Text: "0.00 alice > bob MESSAGE\n0.01 bob > alice 404 " + test.first +
				"\n1.00 alice > bob MESSAGE #2\n1.01 bob > alice 404 " + test.second + " #2\n"})
			for _, f := range found {
				if f.Rule == "failure-response" && strings.Contains(f.Message, "which differ") != test.differ {
					t.Error(f.Message)
				}
			}
		})
	}
}

// TestRuleVariables: what the analyzer names by variable is in the catalogue
// under its own id.
func TestRuleVariables(t *testing.T) {
	for _, rule := range pairingFinds {
		if i, ok := ruleIndex[rule.ID]; !ok || catalogue[i].Scope != WhilePairing {
			t.Errorf("%s: not in the catalogue, or checked by itself too", rule.ID)
		}
	}
}

// pairingFinds are the rules that the analyzer finds.
var pairingFinds = []*Rule{
	&cancelOfMessage, &ackToMessage, &branchReused, &conflictingFinals, &responseCseqMethod, &unmatchableResponse,
	&mergedRequest, &toTagOutsideDialog, &allowContradicted, &flood, &overlappingMessages, &duplicateText,
	&retransmitOnStream, &retransmitAfterFinal, &early100, &responseNotMirrored, &responseFromOtherAddress,
	&responseToWrongAddress, &responseUnreachable, &icmpMisquotes, &splitOverDatagrams, &tooSoon, &bodyChanged, &lateResponse,
	&responseFromSender, &responseInBody, &responseFromThirdParty, &fragmentsIncomplete, &captureQuality, &sigcomp, &retransmissionChanged,
}

// TestPassedOn: a fault that a proxy passes on counts once, where it began, and
// the proxy's software is not that of the server behind it.
func TestPassedOn(t *testing.T) {
	found := findingsOf(t, Sample{Text: "0.00 alice > proxy MESSAGE\n  Contact: <sip:alice@10.0.0.1>\n" +
		"0.01 proxy > bob MESSAGE @2\n  Contact: <sip:alice@10.0.0.1>\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n" +
		"  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n" +
		"0.03 bob > proxy 404 Not Found @2\n  Server: uas/1\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n" +
		"  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n0.04 proxy > alice 404 Not Found\n  Server: uas/1\n40 end\n"})
	want := map[string]string{
		"contact-in-message": "10.0.0.1:5060 1 passed on by 10.0.0.3:5060",
		"failure-response":   "10.0.0.2:5060 1 passed on by 10.0.0.3:5060",
	}
	for _, f := range found {
		_, passed, _ := strings.Cut(f.Message, ", ")
		if w, ok := want[f.Rule]; ok && f.Peer+" "+strconv.FormatUint(f.Count, 10)+" "+passed != w {
			t.Errorf("%s: %s, %d times: %s", f.Rule, f.Peer, f.Count, f.Message)
		}
		if f.Peer == "10.0.0.3:5060" && f.UserAgent != "" {
			t.Errorf("%s: the proxy is called %q", f.Rule, f.UserAgent)
		}
		delete(want, f.Rule)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

// TestSentences: what is known is said, with the old and the new value.
func TestSentences(t *testing.T) {
	for _, test := range []struct{ name, text, rule, want string }{
		{"the refused type", "0 alice > bob MESSAGE\n  Content-Type: plain/text\n0.1 bob > alice 415 Unsupported Media Type", "failure-response", `of type "plain/text" with 415`},
		{"another host in Via", "0 alice > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-1\n0.1 bob > alice OPTIONS #9\n0.5 alice > bob MESSAGE\n" +
			"  Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-1\n40 end", "no-final-response", "its Via names 10.0.0.9, and it was sent from 10.0.0.1"},
		{"the sent-by", "0 alice:5080 > bob MESSAGE\n0.1 bob > alice:5080 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-1\n40 end", "unmatchable-response",
			`the sent-by "10.0.0.1" instead of "10.0.0.1:5080"`},
		{"no To tag", "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n  To: <sip:bob@example.com>", "response-not-mirrored", "no To tag"},
		{"the From tag", "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n  From: <sip:alice@example.com>;tag=zz", "response-not-mirrored", `the From tag "zz" instead of the From tag "a1"`},
		{"no From tag", "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n  From: <sip:alice@example.com>", "response-not-mirrored", `no From tag instead of the From tag "a1"`},
		{"two statuses", "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n0.2 bob > alice 486 Busy Here", "conflicting-finals", "sent a 486 after a 200, to the same MESSAGE"},
		{"two To tags", "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n0.2 bob > alice 200 OK\n  To: <sip:bob@example.com>;tag=c2", "conflicting-finals",
			`sent a 200 again, with the To tag "c2" instead of the To tag "b1"`},
		{"two of both", "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n0.2 bob > alice 486 Busy Here\n  To: <sip:bob@example.com>;tag=c2", "conflicting-finals",
			`sent a 486 with the To tag "c2" after a 200 with the To tag "b1"`},
		{"a late answer", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n33 carol > bob OPTIONS #9\n35 bob > alice 200 OK", "late-response", "answered with 200 35s after the MESSAGE of frame 1"},
		{"a late answer behind a 408", "0 alice > bob MESSAGE\n30 bob > alice 408 Request Timeout\n33 carol > bob OPTIONS #9\n35 bob > alice 200 OK",
			"late-response", "when its sender had given up and had a 408"},
		{"a port that Via does not name", "0 alice:41000 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n0.02 bob > alice:41000 200 OK\n" +
			"  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1;rport=41000\n0.5 alice:41000 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1",
			"retransmit-after-final", "the 200 went to port 41000, where the request came from, although its Via has no rport and says port 5060"},
		{"a byte-order mark first", "0 alice > bob MESSAGE\n  ~ \\xef\\xbb\\xbfMESSAGE sip:b@b SIP/2.0\\r\\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\\r\\nFrom: <sip:a@b>;tag=a1\\r\\nTo: <sip:b@b>\\r\\nCall-ID: c\\r\\nCSeq: 1 MESSAGE\\r\\nMax-Forwards: 70\\r\\nContent-Length: 0\\r\\n\\r\\n", "start-line", `"MESSAGE sip:b@b SIP/2.0" behind what must not stand before it`},
		{"a NUL before an answer", "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n  ~ \\x00SIP/2.0 200 OK\\r\\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\\r\\nFrom: <sip:a@b>;tag=a1\\r\\nTo: <sip:b@b>\\r\\nCall-ID: c\\r\\nCSeq: 1 MESSAGE\\r\\nMax-Forwards: 70\\r\\nContent-Length: 0\\r\\n\\r\\n", "start-line", `"SIP/2.0 200 OK" behind what must not stand before it`},
		{"a tab", "0 alice > bob MESSAGE\n  ~ MESSAGE\\tsip:b@b SIP/2.0\\r\\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\\r\\nFrom: <sip:a@b>;tag=a1\\r\\nTo: <sip:b@b>\\r\\nCall-ID: c\\r\\nCSeq: 1 MESSAGE\\r\\nMax-Forwards: 70\\r\\nContent-Length: 0\\r\\n\\r\\n", "start-line", "where a tab stands in place of a space"},
		{"the sender's own FIN", "0 alice:40000 > bob tcp MESSAGE\n0.1 alice:40000 > bob fin\n40 end", "transport-error", "did not wait for the answer of 10.0.0.2:5060: the sender closed its own TCP connection in frame 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, f := range findingsOf(t, Sample{Text: test.text}) {
				if f.Rule == test.rule && strings.Contains(f.Message, test.want) {
					return
				}
			}
			t.Errorf("no %s that says %q: %v", test.rule, test.want, findingsOf(t, Sample{Text: test.text}))
		})
	}
}
