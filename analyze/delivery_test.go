package analyze

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/wire"
)

// deliveryCollector keeps verdicts and the shape of deliveries.
type deliveryCollector struct {
	collector
	lines []string
}

func (c *deliveryCollector) Delivery(d *result.Delivery) {
	line := fmt.Sprintf("%d %s", d.ID, d.Verdict)
	if d.Blame != 0 {
		line += fmt.Sprint(" by #", d.Blame)
	}
	line += ":"
	for _, hop := range d.Hops {
		line += fmt.Sprintf(" #%d<%d", hop.Transaction, hop.Parent)
		if hop.HasForward {
			line += fmt.Sprint("+", hop.Forward.Milliseconds())
		}
		if hop.HasRelay {
			line += fmt.Sprint("-", hop.Relay.Milliseconds())
		}
	}
	c.lines = append(c.lines, line)
}

// The legs of a proxy in the notation of package wire.
const (
	inbound = "0.00 alice > proxy MESSAGE\n"
)

// seenAnswering shows that the capture sees what bob sends to the proxy.
const seenAnswering = "0 bob > proxy MESSAGE #9\n  Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-9\n0 proxy > bob 503 Service Unavailable #9\n  Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-9\n"

// leg2 is the outbound leg: its top Via is the proxy's, its second the sender's.
func leg2(at, status string) string {
	vias := "\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n"
	if status == "" {
		return at + " proxy > bob MESSAGE" + vias
	}
	return at + " bob > proxy " + status + vias
}

// behind is an outbound leg of the second attempt.
func behind(packet string) string {
	return packet + "\n  CSeq: 2 MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1.2\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n"
}

func TestVerdicts(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"one leg", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK", "1 delivered by #1: #1<0"},
		{"the answer of the outbound leg first", leg2("0.00", "486 Busy Here") + "0.01 alice > proxy MESSAGE\n" + leg2("0.02", "") + "0.03 proxy > alice 486 Busy Here", "1 refused by #1: #1<2+10 #2<0"},
		{"two legs", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + "0.06 proxy > alice 200 OK", "1 delivered by #1: #1<0 #2<1+10-10"},
		{"the outbound leg first", leg2("0.00", "") + "0.01 alice > proxy MESSAGE\n" + leg2("0.05", "200 OK") + "0.06 proxy > alice 200 OK", "1 delivered by #2: #1<2-10 #2<0"},
		{"the outbound leg first, and its answer does not go on", leg2("0.00", "") + "0.01 alice > proxy MESSAGE\n" + leg2("0.05", "200 OK") + "40 end", "1 answer-not-relayed by #1: #1<2 #2<0"},
		{"the answer of the outbound leg first", leg2("0.00", "200 OK") + "0.01 alice > proxy MESSAGE\n" + leg2("0.02", "") + "0.06 proxy > alice 200 OK", "1 delivered by #2: #1<2+10 #2<0"},
		{"the third leg first, and no second one", strings.Replace(leg2("0.00", ""), "  +Via", "  +Via: SIP/2.0/UDP 10.0.0.4:5060;branch=z9hG4bK-q\n  +Via", 1) + "0.01 alice > carol MESSAGE\n40 end", "1 unknown: #1<2 #2<0"},
		{"the outbound leg of a retry before the retry", "0 alice > proxy MESSAGE\n0.02 proxy > alice 407 Proxy Authentication Required\n" + behind("0.03 proxy > bob MESSAGE") + "0.04 alice > proxy MESSAGE @2\n  CSeq: 2 MESSAGE\n" +
			behind("0.05 bob > proxy 200 OK") + "0.06 proxy > alice 200 OK @2\n  CSeq: 2 MESSAGE", "1 delivered by #3: #1<0 #2<3-10 #3<0"},
		{"answered before it is sent on, and nothing comes", seenAnswering + "0 alice > proxy MESSAGE\n0.01 proxy > alice 200 OK\n" + leg2("0.05", "") + "40 end",
			"1 refused by #1: #1<0\n2 no-answer by #3: #2<0 #3<2+50"},
		{"answered between two requests that go on", seenAnswering + inbound + leg2("0.01", "") + "0.1 proxy > alice 200 OK\n" + leg2("0.51", "") + "40 end",
			"1 refused by #1: #1<0\n2 no-answer by #3: #2<0 #3<2+10"},
		{"answered before it is sent on and the capture ends", "0 alice > proxy MESSAGE\n0.01 proxy > alice 200 OK\n" + leg2("0.05", ""), "1 unknown: #1<0 #2<1+50"},
		{"answered before it is sent on and taken", "0 alice > proxy MESSAGE\n0.01 proxy > alice 200 OK\n" + leg2("0.05", "") + leg2("0.06", "200 OK"), "1 delivered by #1: #1<0 #2<1+50"},
		{"sent on and the answer to it not seen", seenAnswering + inbound + leg2("0.01", "") + "0.1 proxy > alice 200 OK\n40 end", "1 refused by #1: #1<0\n2 delivered by #2: #2<0 #3<2+10"},
		{"white space around the colon of a sent-by", "0 alice > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1 : 5060;branch=z9hG4bK-1\n0.1 bob > alice 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n40 end", "1 delivered by #1: #1<0"},
		{"one address in two spellings", "0 alice > bob MESSAGE\n  Via: SIP/2.0/UDP [2001:db8:0::1] : 5060;branch=z9hG4bK-1\n0.1 bob > alice 200 OK\n  Via: SIP/2.0/UDP [2001:DB8::1];branch=z9hG4bK-1\n40 end", "1 delivered by #1: #1<0"},
		{"an answer from before its request, by the clock of another reporter", "10 alice > bob hep MESSAGE\n4 bob > alice hep 200 OK", "1 delivered by #1: #1<0"},
		{"accepted", "0 alice > bob MESSAGE\n0.02 bob > alice 202 Accepted", "1 accepted by #1: #1<0"},
		{"refused behind the proxy", inbound + leg2("0.01", "") + leg2("0.05", "486 Busy Here") + "0.06 proxy > alice 486 Busy Here",
			"1 refused by #2: #1<0 #2<1+10-10"},
		{"answer not relayed", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + "0.50 alice > proxy MESSAGE\n1.50 alice > proxy MESSAGE\n33 end",
			"1 answer-not-relayed by #2: #1<0 #2<1+10"},
		{"the proxy gave up before the answer", inbound + leg2("0.01", "") + "3.0 proxy > alice 408 Request Timeout\n" + leg2("4.0", "200 OK"),
			"1 answer-not-relayed by #2: #1<0 #2<1+10"},
		{"answer not received", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.5 alice > bob MESSAGE\n0.52 bob > alice 200 OK\n1.5 alice > bob MESSAGE",
			"1 answer-not-received by #1: #1<0"},
		{"answer not received up to the end of Timer F", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n27.5 alice > bob MESSAGE\n27.52 bob > alice 200 OK\n31.5 alice > bob MESSAGE\n31.52 bob > alice 200 OK\n70 end",
			"1 answer-not-received by #1: #1<0"},
		{"answer received when it was sent again", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.5 alice > bob MESSAGE\n0.52 bob > alice 200 OK\n2 end",
			"1 delivered by #1: #1<0"},
		{"answer lost again and again, and the sender gives up", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.5 alice > bob MESSAGE\n0.52 bob > alice 200 OK\n1.5 alice > bob MESSAGE\n1.52 bob > alice 200 OK\n3.5 alice > bob MESSAGE\n3.52 bob > alice 200 OK\n40 end",
			"1 answer-not-received by #1: #1<0"},
		{"answer that was sent again crosses the request", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.49 bob > alice 200 OK\n0.5 alice > bob MESSAGE\n2 end",
			"1 delivered by #1: #1<0"},
		{"answer that was sent again some time before the request", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.3 bob > alice 200 OK\n0.5 alice > bob MESSAGE\n2 end",
			"1 answer-not-received by #1: #1<0"},
		{"answer sent again and the capture ends", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.5 alice > bob MESSAGE\n0.52 bob > alice 200 OK",
			"1 unknown: #1<0"},
		{"answer that does not reach the proxy", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + leg2("0.7", "") + leg2("0.71", "200 OK") + leg2("31.9", "") + leg2("31.95", "200 OK") + "40 end",
			"1 answer-not-received by #2: #1<0 #2<1+10"},
		{"answer that does not reach the proxy yet", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + "0.5 alice > proxy MESSAGE\n0.505 end",
			"1 unknown: #1<0 #2<1+10"},
		{"answer that reaches the proxy when it was sent again", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + "0.5 alice > proxy MESSAGE\n" + leg2("0.7", "") + leg2("0.71", "200 OK") + "0.72 proxy > alice 200 OK\n40 end",
			"1 delivered by #1: #1<0 #2<1+10-670"},
		{"no answer in time over TCP, and none seen further on", "0 alice:40000 > proxy tcp MESSAGE\n  Via: SIP/2.0/TCP 10.0.0.1:40000;branch=z9hG4bK-1\n0.01 proxy > bob MESSAGE\n  Via: SIP/2.0/TCP 10.0.0.1:40000;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n40 end",
			"1 no-answer by #1: #1<0 #2<1+10"},
		{"a B2BUA behind one branch of a fork", inbound + leg2("0.01", "") + "0.011 proxy > carol MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-q\n" +
			"0.02 bob > dave MESSAGE #2\n  X-Call-ID: call-1@example.com\n0.03 dave > bob 486 Busy Here #2\n", "1 unknown: #1<0 #2<1+10 #3<1+11 #4<2+10"},
		{"two messages of a session through a B2BUA", "0 alice > proxy MESSAGE\n  | one\n0.001 alice > proxy MESSAGE @2\n  CSeq: 2 MESSAGE\n  | two\n0.01 proxy > bob MESSAGE #2\n  X-Call-ID: call-1@example.com\n  | one\n" +
			"0.05 bob > proxy 200 OK #2\n0.06 proxy > alice 200 OK\n0.07 proxy > alice 200 OK @2\n  CSeq: 2 MESSAGE\n", "2 delivered by #2: #2<0\n1 delivered by #1: #1<0 #3<1+10-10"},
		{"not forwarded", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + "0.06 proxy > alice 200 OK\n" +
			"1.0 alice > proxy MESSAGE #2\n1.5 alice > proxy MESSAGE #2\n40 end",
			"1 delivered by #1: #1<0 #2<1+10-10\n2 not-forwarded by #3: #3<0"},
		{"silent next hop", inbound + leg2("0.01", "") + leg2("0.51", "") + "0.50 alice > proxy MESSAGE\n40 end",
			"1 no-answer by #2: #1<0 #2<1+10"},
		{"the proxy gives up on a silent next hop", inbound + leg2("0.01", "") + leg2("0.51", "") + "3.0 proxy > alice 408 Request Timeout\n40 end",
			"1 no-answer by #2: #1<0 #2<1+10"},
		{"unreachable", "0 alice > bob MESSAGE\n0.1 bob > alice icmp\n0.5 alice > bob MESSAGE\n40 end", "1 unreachable by #1: #1<0"},
		{"unmatchable", "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n  CSeq: 1 INVITE\n0.5 alice > bob MESSAGE\n40 end", "1 unmatchable by #1: #1<0"},
		{"challenged and left", "0 alice > bob MESSAGE\n0.1 bob > alice 401 Unauthorized\n40 end", "1 challenged by #1: #1<0"},
		{"challenged again", "0 alice > bob MESSAGE\n0.1 bob > alice 401 Unauthorized\n0.2 alice > bob MESSAGE @2\n  CSeq: 2 MESSAGE\n" +
			"0.3 bob > alice 401 Unauthorized @2\n  CSeq: 2 MESSAGE", "1 refused by #2: #1<0 #2<0"},
		{"challenged and repeated", "0 alice > bob MESSAGE\n0.1 bob > alice 401 Unauthorized\n0.2 alice > bob MESSAGE @2\n  CSeq: 2 MESSAGE\n" +
			"0.3 bob > alice 200 OK @2\n  CSeq: 2 MESSAGE", "1 delivered by #2: #1<0 #2<0"},
		{"challenged and left, and the next message of the session", "0 alice > bob MESSAGE\n  | one\n0.1 bob > alice 401 Unauthorized\n5 alice > bob MESSAGE @2\n  CSeq: 2 MESSAGE\n  | two\n" +
			"5.1 bob > alice 200 OK @2\n  CSeq: 2 MESSAGE\n40 end", "1 challenged by #1: #1<0\n2 delivered by #2: #2<0"},
		{"challenged and repeated behind another message of the session", "0 alice > bob MESSAGE\n  | one\n0.1 bob > alice 401 Unauthorized\n  WWW-Authenticate: Digest realm=\"x\", nonce=\"a\"\n" +
			"0.2 alice > bob MESSAGE @2\n  CSeq: 2 MESSAGE\n  | two\n0.3 bob > alice 401 Unauthorized @2\n  CSeq: 2 MESSAGE\n  WWW-Authenticate: Digest realm=\"x\", nonce=\"b\"\n" +
			"0.4 alice > bob MESSAGE @3\n  CSeq: 3 MESSAGE\n  Authorization: Digest username=\"a\", nonce=\"a\"\n  | one\n0.5 bob > alice 200 OK @3\n  CSeq: 3 MESSAGE\n40 end", "2 challenged by #2: #2<0\n1 delivered by #3: #1<0 #3<0"},
		{"redirected", "0 alice > bob MESSAGE\n0.1 bob > alice 302 Moved Temporarily\n0.2 alice > carol MESSAGE @2\n  CSeq: 2 MESSAGE\n" +
			"0.3 carol > alice 200 OK @2\n  CSeq: 2 MESSAGE", "1 delivered by #2: #1<0 #2<0"},
		{"redirected to two targets, and the second takes it", "0 alice > bob MESSAGE\n  | one\n0.1 bob > alice 302 Moved Temporarily\n  Contact: \"C, c\" <sip:carol@10.0.0.4;a=1,2>, <sip:dave@10.0.0.5>\n" +
			"0.2 alice > carol MESSAGE @2\n  ! MESSAGE sip:carol@10.0.0.4;a=1,2 SIP/2.0\n  CSeq: 2 MESSAGE\n  | one\n0.3 carol > alice 480 Temporarily Unavailable @2\n  CSeq: 2 MESSAGE\n" +
			"0.4 alice > dave MESSAGE @3\n  ! MESSAGE sip:dave@10.0.0.5 SIP/2.0\n  CSeq: 3 MESSAGE\n  | one\n0.5 dave > alice 200 OK @3\n  CSeq: 3 MESSAGE\n", "1 delivered by #3: #1<0 #2<0 #3<0"},
		{"redirected to two targets, and the first takes it", "0 alice > bob MESSAGE\n  | one\n0.1 bob > alice 302 Moved Temporarily\n  Contact: <sip:carol@10.0.0.4>,<sip:dave@10.0.0.5>\n" +
			"0.2 alice > carol MESSAGE @2\n  ! MESSAGE sip:carol@10.0.0.4 SIP/2.0\n  CSeq: 2 MESSAGE\n  | one\n0.21 alice > dave MESSAGE @3\n  ! MESSAGE sip:dave@10.0.0.5 SIP/2.0\n  CSeq: 3 MESSAGE\n  | one\n" +
			"0.3 carol > alice 200 OK @2\n  CSeq: 2 MESSAGE\n0.5 dave > alice 480 Temporarily Unavailable @3\n  CSeq: 3 MESSAGE\n", "1 delivered by #2: #1<0 #2<0 #3<0"},
		{"another server after a 503", "0 alice > bob MESSAGE\n0.1 bob > alice 503 Service Unavailable\n0.2 alice > carol MESSAGE @2\n0.3 carol > alice 200 OK @2\n", "1 delivered by #2: #1<0 #2<0"},
		{"another server after an ICMP error", "0 alice > bob MESSAGE\n0.1 bob > alice icmp\n0.2 alice > carol MESSAGE @2\n0.3 carol > alice 200 OK @2\n40 end", "1 delivered by #2: #1<0 #2<0"},
		{"another server after silence, and none takes it", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n3 alice > carol MESSAGE @2\n3.5 alice > carol MESSAGE @2\n70 end", "1 no-answer by #2: #1<0 #2<0"},
		{"a fork behind a proxy, the second takes it, and what it forwards is not seen", leg2("0.01", "") + leg2("0.05", "486 Busy Here") + "0.06 proxy > carol MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-q\n" +
			"0.07 carol > proxy 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-q\n", "1 delivered by #2: #1<0 #2<0"},
		{"a fork behind a proxy, the first takes it, and what it forwards is not seen", leg2("0.01", "") + leg2("0.05", "200 OK") + "0.06 proxy > carol MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-q\n" +
			"0.07 carol > proxy 486 Busy Here\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-q\n", "1 delivered by #1: #1<0 #2<0"},
		{"the capture ends", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE", "1 unknown: #1<0"},
		{"a B2BUA", "0 alice > proxy MESSAGE\n0.01 proxy > bob MESSAGE #2\n  X-Call-ID: call-1@example.com\n" +
			"0.05 bob > proxy 200 OK #2\n0.06 proxy > alice 200 OK", "1 delivered by #1: #1<0 #2<1+10-10"},
		{"sent again over another connection", "0 alice:40000 > bob tcp MESSAGE\n0.01 bob > alice:40000 reset\n0.05 alice:40002 > bob tcp MESSAGE\n  Via: SIP/2.0/TCP 10.0.0.1:40000;branch=z9hG4bK-1\n" +
			"0.06 bob > alice:40002 tcp 200 OK\n  Via: SIP/2.0/TCP 10.0.0.1:40000;branch=z9hG4bK-1\n40 end", "1 delivered by #2: #1<0 #2<0"},
		{"both sides of a NAT that changes the port only", "0 alice:40000 > bob MESSAGE\n0.001 alice:40002 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bK-1\n" +
			"0.05 bob > alice:40002 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bK-1\n0.051 bob > alice:40000 200 OK", "1 delivered by #1: #1<0 #2<1+1-1"},
		{"two legs with branches of RFC 2543", "0 alice > proxy MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1;branch=1\n0.01 proxy > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.3;branch=1.1, SIP/2.0/UDP 10.0.0.1;branch=1\n" +
			"0.05 bob > proxy 200 OK\n  Via: SIP/2.0/UDP 10.0.0.3;branch=1.1, SIP/2.0/UDP 10.0.0.1;branch=1\n0.06 proxy > alice 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1;branch=1", "1 delivered by #1: #1<0 #2<1+10-10"},
		{"two legs without branches", "0 alice > proxy MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1\n0.01 proxy > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.3, SIP/2.0/UDP 10.0.0.1\n" +
			"0.05 bob > proxy 200 OK\n  Via: SIP/2.0/UDP 10.0.0.3, SIP/2.0/UDP 10.0.0.1\n0.06 proxy > alice 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1", "1 delivered by #1: #1<0 #2<1+10-10"},
		{"sent again from another port", "0 alice:40000 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-1\n0.5 alice:40002 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-1\n" +
			"0.6 bob > alice:40002 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-1\n40 end", "1 delivered by #1: #1<0"},
		{"both sides of a NAT, sent twice", "0 alice:40000 > bob MESSAGE\n0.001 alice:40002 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bK-1\n0.5 alice:40000 > bob MESSAGE\n0.501 alice:40002 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bK-1\n" +
			"0.55 bob > alice:40002 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bK-1\n0.551 bob > alice:40000 200 OK", "1 delivered by #1: #1<0 #2<1+1-1"},
		{"two calls", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n1 alice > bob MESSAGE #2\n1.02 bob > alice 200 OK #2",
			"1 delivered by #1: #1<0\n2 delivered by #2: #2<0"},
	} {
		t.Run(test.name, func(t *testing.T) { holdVerdicts(t, test.text, test.want) })
	}
}

// holdVerdicts compares the deliveries of an exchange with what is wanted, a line each.
func holdVerdicts(t *testing.T, text, want string) {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var c deliveryCollector
	if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, &c); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s\ntransactions\n%s", got, want, brief(c.all))
	}
}

// TestEndlessChallenges wants a delivery that never ends to be bounded.
func TestEndlessChallenges(t *testing.T) {
	var text strings.Builder
	for n := range 300 {
		fmt.Fprintf(&text, "%.2f alice > bob MESSAGE @%d\n  CSeq: %d MESSAGE\n", float64(n)/10, n, n+1)
		fmt.Fprintf(&text, "%.2f bob > alice 401 Unauthorized @%d\n  CSeq: %d MESSAGE\n", float64(n)/10+.05, n, n+1)
	}
	frames, err := wire.Parse(text.String())
	if err != nil {
		t.Fatal(err)
	}
	var c deliveryCollector
	report, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, &c)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.lines) != 3 || report.Quality.Evicted == 0 {
		t.Errorf("%d deliveries, %d evicted; want 300 transactions in 3 deliveries", len(c.lines), report.Quality.Evicted)
	}
}

// A client that writes its own Via twice sends a delivery all the same.
func TestOwnViaTwice(t *testing.T) {
	_, report := analyseTexts(t, "0 alice > bob MESSAGE\n  +Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n60 end\n")
	if report.Summary.Deliveries != 1 {
		t.Errorf("%d deliveries", report.Summary.Deliveries)
	}
}

// TestCutRequestsAreApart wants requests of which the snapshot length left no Call-ID, or no
// CSeq, to be deliveries of their own: a branch that was refused would not count beside another.
func TestCutRequestsAreApart(t *testing.T) {
	const session = "  Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p%d\n  +Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK-%d\n  CSeq: %d MESSAGE\n"
	var text strings.Builder
	for n, host := range []string{"alice", "bob", "carol", "dave"} {
		fmt.Fprintf(&text, "%.2f proxy > %s MESSAGE\n"+session, float64(n)/100, host, n, n, n+1)
		fmt.Fprintf(&text, "%.2f %s > proxy 486 Busy Here\n"+session, 0.2+float64(n)/100, host, n, n, n+1)
	}
	frames, err := wire.Parse(text.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range []string{"\r\nCall-ID:", "\r\nCSeq:"} {
		var cut []capture.Frame
		for _, f := range frames {
			if at := bytes.Index(f.Data, []byte(before)); at >= 0 {
				f.Data = f.Data[:at]
			}
			cut = append(cut, f)
		}
		var c deliveryCollector
		if _, err := Run(context.Background(), &wire.Memory{Frames: cut}, Options{}, &c); err != nil {
			t.Fatal(err)
		}
		if len(c.lines) != 4 {
			t.Errorf("before %q: %q", before, c.lines)
		}
	}
}
