package analyze

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/internal/wire"
)

// analyseText runs an exchange written as text through the whole engine.
func analyseText(t *testing.T, text string, options Options) ([]result.Transaction, *result.Report) {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var c collector
	report, err := Run(context.Background(), &wire.Memory{Frames: frames}, options, &c)
	if err != nil {
		t.Fatal(err)
	}
	return c.all, report
}

// brief writes transactions so that a table test can compare them.
func brief(all []result.Transaction) string {
	var lines []string
	for _, x := range all {
		line := fmt.Sprintf("#%d %s %s", x.ID, x.Method, x.Outcome)
		if x.Status != 0 {
			line += fmt.Sprint(" ", x.Status)
		}
		if x.HasRTT {
			line += fmt.Sprint(" rtt ", x.RTT)
		}
		if x.RTTLast != x.RTT {
			line += fmt.Sprint(" last ", x.RTTLast)
		}
		if x.Retransmissions > 0 {
			line += fmt.Sprint(" again ", x.Retransmissions)
		}
		if x.Duplicates > 0 {
			line += fmt.Sprint(" copies ", x.Duplicates)
		}
		if len(x.Provisional) > 0 {
			line += fmt.Sprint(" after ", x.Provisional)
		}
		if x.Cause != "" {
			line += " (" + x.Cause + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestOutcomes(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"answered", `
0.000 alice > bob MESSAGE
0.020 bob > alice 200 OK
`, "#1 MESSAGE success 200 rtt 20ms"},
		{"a provisional response changes nothing", `
0.000 alice > bob MESSAGE
0.010 bob > alice 100 Trying
1.800 bob > alice 202 Accepted
`, "#1 MESSAGE success 202 rtt 1.8s after [100]"},
		{"only a provisional response", `
0 alice > bob MESSAGE
0.01 bob > alice 100 Trying
33 end
`, "#1 MESSAGE timeout after [100] (no final response after 100)"},
		{"retransmitted", `
0.0 alice > bob MESSAGE
0.5 alice > bob MESSAGE
1.5 alice > bob MESSAGE
1.6 bob > alice 200 OK
`, "#1 MESSAGE success 200 rtt 1.6s last 100ms again 2"},
		{"retransmitted after the answer", `
0.0 alice > bob MESSAGE
0.1 bob > alice 200 OK
0.5 alice > bob MESSAGE
0.6 bob > alice 200 OK
`, "#1 MESSAGE success 200 rtt 100ms again 1"},
		{"captured twice", `
0.00000 alice > bob MESSAGE
0.00001 copy
0.10000 bob > alice 200 OK
0.10001 copy
`, "#1 MESSAGE success 200 rtt 100ms copies 2"},
		{"sent twice at once", `
0.00000 alice > bob MESSAGE
0.00001 alice > bob MESSAGE
0.10000 bob > alice 200 OK
`, "#1 MESSAGE success 200 rtt 100ms last 99.99ms again 1"},
		{"answered again, captured before the request the first time", `
0.0000 2001:db8::2 > 2001:db8::1 200 OK
0.5000 2001:db8::1 > 2001:db8::2 MESSAGE
0.5004 2001:db8::2 > 2001:db8::1 200 OK
`, "#1 MESSAGE success 200"},
		{"answered too late, while an older one is open", `
0 bob > alice 200 OK #2
1 alice > bob MESSAGE
20 alice > bob MESSAGE #2
34 bob > alice 200 OK
`, "#2 MESSAGE timeout (no response in time)\n#1 MESSAGE success 200"},
		{"silent, and the capture goes on", `
0.0 alice > bob MESSAGE
0.5 alice > bob MESSAGE
32.1 end
`, "#1 MESSAGE timeout again 1 (no response in time)"},
		{"silent, and nothing of the other way is in the capture", `
0.0 alice > bob MESSAGE
32.1 end
`, "#1 MESSAGE timeout (no response in time; no SIP from 10.0.0.2 until then)"},
		{"silent, and what comes of the other way is too late", `
0.0 alice > bob MESSAGE
33 bob > alice 200 OK
70 end
`, "#1 MESSAGE timeout (no response in time; no SIP from 10.0.0.2 until then)"},
		{"silent, and only others are answered", `
0.0 alice > bob MESSAGE
0.5 carol > bob MESSAGE #2
0.6 bob > carol 200 OK #2
32.1 end
`, "#1 MESSAGE timeout (no response in time; no SIP from 10.0.0.2 to 10.0.0.1 until then)\n#2 MESSAGE success 200 rtt 100ms"},
		{"silent, and it answers others", `
0.0 alice > bob MESSAGE
0.5 alice > bob MESSAGE #2
0.6 bob > alice 200 OK #2
32.1 end
`, "#1 MESSAGE timeout (no response in time)\n#2 MESSAGE success 200 rtt 100ms"},
		{"silent, and the capture ends", `
0.0 alice > bob MESSAGE
0.5 alice > bob MESSAGE
31.9 end
`, "#1 MESSAGE pending again 1 (the capture ends 31.9s after the request)"},
		{"challenged", "0 alice > bob MESSAGE\n0.1 bob > alice 407 Proxy Authentication Required", "#1 MESSAGE challenged 407 rtt 100ms"},
		{"redirected", "0 alice > bob MESSAGE\n0.1 bob > alice 302 Moved Temporarily", "#1 MESSAGE redirected 302 rtt 100ms"},
		{"refused", "0 alice > bob MESSAGE\n0.1 bob > alice 603 Decline", "#1 MESSAGE rejected 603 rtt 100ms"},
		{"a response without its request", "0.1 bob > alice 200 OK", "#1 MESSAGE orphan 200 (the request is not in the capture)"},
		{"nobody listens", `
0.0 alice > bob MESSAGE
0.1 bob > alice icmp
0.5 alice > bob MESSAGE
40 end
`, "#1 MESSAGE unreachable again 1 (ICMP port unreachable from 10.0.0.2 in frame 2)"},
		{"connection reset", `
0.0 alice:40000 > bob tcp MESSAGE
0.1 bob > alice:40000 reset
40 end
`, "#1 MESSAGE unreachable (TCP connection reset by 10.0.0.2:5060 in frame 2)"},
		{"response captured before its request", `
0.02 bob > alice 200 OK
0.00 alice > bob MESSAGE
`, "#1 MESSAGE success 200 rtt 20ms"},
		{"answered from another address", `
0.00 alice > bob MESSAGE
0.02 carol:5070 > alice 200 OK
`, "#1 MESSAGE success 200 rtt 20ms"},
		{"two legs with one call", `
0.00 alice > proxy MESSAGE
0.01 proxy > bob MESSAGE @2
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-1.2
0.03 bob > proxy 200 OK @2
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-1.2
0.04 proxy > alice 200 OK
`, "#1 MESSAGE success 200 rtt 40ms\n#2 MESSAGE success 200 rtt 20ms"},
		{"another CSeq method in the answer", `
0.0 alice > bob MESSAGE
0.1 bob > alice 200 OK
  CSeq: 1 INVITE
0.5 alice > bob MESSAGE
33 end
`, `#1 MESSAGE timeout again 1 (answered 200 in frame 2, but with the CSeq method "INVITE" instead of "MESSAGE": the sender cannot match it)`},
		{"another branch in the answer", `
0.0 alice > bob MESSAGE
0.1 bob > alice 200 OK
  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKother
33 end
`, `#1 MESSAGE timeout (answered 200 in frame 2, but with the branch "z9hG4bKother" instead of "z9hG4bK-1": the sender cannot match it)`},
		{"lower case is another method", `
0.0 alice > bob message
  CSeq: 1 message
0.1 bob > alice 501 Not Implemented
  CSeq: 1 message
`, "#1 message rejected 501 rtt 100ms"},
		{"other methods are not listed", "0 alice > bob INVITE\n0.1 alice > bob OPTIONS #2", ""},
		{"RFC 2543 branch", `
0.0 alice > bob MESSAGE
  Via: SIP/2.0/UDP 10.0.0.1:5060
0.5 alice > bob MESSAGE
  Via: SIP/2.0/UDP 10.0.0.1:5060
0.6 bob > alice 200 OK
  Via: SIP/2.0/UDP 10.0.0.1:5060
`, "#1 MESSAGE success 200 rtt 600ms last 100ms again 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := analyseText(t, test.text, Options{})
			if b := brief(got); b != test.want {
				t.Errorf("got  %s\nwant %s", b, test.want)
			}
		})
	}
}

// TestProvisionalLimit: of many provisional responses the first are listed.
func TestProvisionalLimit(t *testing.T) {
	text := "0 alice > bob MESSAGE #1\n0.1 bob > alice 100 Trying #1\n0.2 bob > alice 181 Forwarded #1\n0.3 bob > alice 182 Queued #1\n0.4 bob > alice 200 OK #1\n"
	all, _ := analyseText(t, text, Options{Limits: Limits{Provisional: 2}})
	if got, want := brief(all), "#1 MESSAGE success 200 rtt 400ms after [100 181]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestCancelOfAProxy holds that who cancels a branch of its fork gets a note, though its
// CANCEL has one Via as that of a client has.
func TestCancelOfAProxy(t *testing.T) {
	want := []result.Severity{result.Warning, result.Note}
	var got []result.Severity
	for _, s := range Samples("cancel-of-message") {
		for _, f := range findingsOf(t, s) {
			if f.Rule == "cancel-of-message" {
				got = append(got, f.Severity)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
