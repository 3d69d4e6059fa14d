package analyze

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
	"simplecap/internal/wire"
)

const (
	sampleUp     = `= \x00\x09\x00\x07\x91\x44\x77\x00\x09\x00\x00\x21\x01\x01\x0c\x91\x44\x77\x00\x09\x40\x65\x00\x00\x16\xc8\x32\x9b\xfd\x06\xd1\xd1\x65\x79\x99\x05\x6a\xe7\x41\x66\x79\xba\xec\x26\x03`
	sampleDown   = `= \x01\x09\x07\x91\x44\x77\x00\x09\x00\x00\x00\x27\x04\x0c\x91\x44\x77\x00\x09\x40\x65\x00\x00\x62\x11\x72\x01\x03\x50\x40\x16\xc8\x32\x9b\xfd\x06\xd1\xd1\x65\x79\x99\x05\x6a\xe7\x41\x66\x79\xba\xec\x26\x03`
	sampleStatus = `= \x01\x0a\x07\x91\x44\x77\x00\x09\x00\x00\x00\x19\x06\x01\x0c\x91\x44\x77\x00\x09\x40\x65\x62\x11\x72\x01\x03\x50\x40\x62\x11\x72\x01\x03\x50\x40\x00`
	sampleIMDN   = `<imdn><message-id>m1</message-id><datetime>2026-11-27T10:00:00Z</datetime><delivery-notification><status><delivered/></status></delivery-notification></imdn>`
)

type textTest struct {
	name, text string
	want       []string // end of each text, and matched_by of its receipts
}

// textTests are what somebody may send to make a text arrive that did not, or to take
// the receipt of another one: {up}, {down}, {ack-up}, {ack-down} and {full} stand for
// bodies of SMS, {im} and {imdn} for CPIM from one user to another, and {from} for From and
// To of a request that one user sends another.
var textTests = []textTest{
	{"an RP-ACK by somebody who guesses the RP-MR", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
0.10 9.9.9.9 > alice MESSAGE #2
  {from bob alice}
  {ack-down}
0.12 alice > 9.9.9.9 200 OK #2
60 end`, []string{"no-report rp-mr foreign"}},
	{"an RP-ACK by somebody who knows the Call-ID", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
0.10 9.9.9.9 > alice MESSAGE #2
  {from bob alice}
  In-Reply-To: call-1@example.com
  {ack-down}
60 end`, []string{"no-report in-reply-to foreign"}},
	{"a forged RP-ACK, and then the true one", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
0.10 9.9.9.9 > alice MESSAGE #2
  {from bob alice}
  {ack-down}
0.20 bob > alice MESSAGE #3
  {from bob alice}
  {ack-down}
60 end`, []string{"submitted rp-mr foreign rp-mr"}},
	{"a handset names the Call-ID of another one's SMS", `
0.00 alice > bob MESSAGE
  To: <sip:one@example.com>
  {down}
0.02 bob > alice 200 OK
0.04 alice > bob MESSAGE #2
  To: <sip:two@example.com>
  {down}
0.06 bob > alice 200 OK #2
0.10 bob > alice MESSAGE #3
  From: <sip:two@example.com>;tag=a9
  In-Reply-To: call-1@example.com
  {ack-up}
60 end`, []string{"no-report", "received rp-mr"}},
	{"two handsets with one RP-MR, and a report of nobody known", `
0.00 alice > bob MESSAGE
  To: <sip:one@example.com>
  {down}
0.02 bob > alice 200 OK
0.04 alice > bob MESSAGE #2
  To: <sip:two@example.com>
  {down}
0.06 bob > alice 200 OK #2
0.10 bob > alice MESSAGE #3
  From: <sip:three@example.com>;tag=a9
  {ack-up}
60 end`, []string{"no-report", "no-report"}},
	{"an RP-MR that is used again before TR1M", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
0.10 bob > alice MESSAGE #3
  {from bob alice}
  {ack-down}
0.20 alice > bob MESSAGE #2
  {up}
0.22 bob > alice 202 Accepted #2
60 end`, []string{"submitted rp-mr", "no-report"}},
	{"an SMS that is refused, and sent again and taken", `
0.00 alice > bob MESSAGE
  {down}
0.02 bob > alice 200 OK
0.10 bob > alice MESSAGE #2
  {from bob alice}
  In-Reply-To: call-1@example.com
  {full}
5.00 alice > bob MESSAGE #3
  {down}
5.02 bob > alice 200 OK #3
5.10 bob > alice MESSAGE #4
  {from bob alice}
  In-Reply-To: call-3@example.com
  {ack-up}
60 end`, []string{"refused in-reply-to", "received in-reply-to", "made good 1"}},
	{"an IMDN by somebody who never got the message", `
0.00 alice > bob MESSAGE
  {im alice bob}
0.02 bob > alice 200 OK
0.10 carol > alice MESSAGE #2
  From: <sip:carol@example.com>;tag=a9
  To: <sip:alice@example.com>
  {imdn carol alice}
0.12 alice > carol 200 OK #2
60 end`, []string{"unconfirmed message-id foreign", "not-asked"}},
	{"two senders with one message id", `
0.00 alice > bob MESSAGE
  {im alice bob}
0.02 bob > alice 200 OK
0.04 carol > bob MESSAGE #2
  From: <sip:carol@example.com>;tag=a9
  {im carol bob}
0.06 bob > carol 200 OK #2
0.10 bob > carol MESSAGE #3
  From: <sip:bob@example.com>;tag=a9
  To: <sip:carol@example.com>
  {imdn bob carol}
0.12 carol > bob 200 OK #3
60 end`, []string{"unconfirmed", "delivered message-id", "not-asked"}},
	{"an RP-ERROR behind an RP-ACK, and an RP-ACK behind an RP-ERROR", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
0.10 bob > alice MESSAGE #3
  {from bob alice}
  In-Reply-To: call-1@example.com
  {ack-down}
0.20 bob > alice MESSAGE #4
  {from bob alice}
  In-Reply-To: call-1@example.com
  {full-down}
5.00 alice > bob MESSAGE #5
  {down}
5.10 bob > alice MESSAGE #6
  {from bob alice}
  In-Reply-To: call-5@example.com
  {full}
5.20 bob > alice MESSAGE #7
  {from bob alice}
  In-Reply-To: call-5@example.com
  {ack-up}
60 end`, []string{"submitted in-reply-to in-reply-to", "received in-reply-to in-reply-to"}},
	{"an RP-ACK that goes the way of its SMS", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
0.10 alice > bob MESSAGE #3
  In-Reply-To: call-1@example.com
  {ack-up}
0.20 bob > alice MESSAGE #4
  {from bob alice}
  In-Reply-To: call-1@example.com
  {ack-up}
60 end`, []string{"no-report"}},
	{"two messages of one client with one message id, one of which arrives", `
0.00 alice > bob MESSAGE
  {im alice bob}
0.02 bob > alice 200 OK
1.00 alice > bob MESSAGE #2
  {im alice bob}
1.02 bob > alice 200 OK #2
1.10 bob > alice MESSAGE #3
  {from bob alice}
  {imdn bob alice}
1.12 alice > bob 200 OK #3
60 end`, []string{"delivered message-id", "unconfirmed copy", "not-asked"}},
	{"a message that is refused and sent again with its message id", `
0.00 alice > bob MESSAGE
  {im alice bob}
0.02 bob > alice 503 Busy
1.00 alice > bob MESSAGE #2
  {im alice bob}
1.02 bob > alice 200 OK #2
1.10 bob > alice MESSAGE #3
  {from bob alice}
  {imdn bob alice}
1.12 alice > bob 200 OK #3
60 end`, []string{"refused", "delivered message-id copy", "not-asked"}},
	{"a status report by somebody else", `
0.00 alice > bob MESSAGE
  {up-srr}
0.02 bob > alice 202 Accepted
0.10 bob > alice MESSAGE #2
  {from bob alice}
  In-Reply-To: call-1@example.com
  {ack-down}
0.12 alice > bob 200 OK #2
0.30 9.9.9.9 > alice MESSAGE #3
  {from bob alice}
  {status}
60 end`, []string{"submitted in-reply-to tp-mr foreign", "unknown"}},
	{"a status report from another gateway, by the proxy of its SMS", `
0.00 alice > proxy MESSAGE
  {up-srr}
0.01 proxy > bob MESSAGE
  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-1.2
  {up-srr}
0.02 bob > proxy 202 Accepted
  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-1.2
0.03 proxy > alice 202 Accepted
0.30 9.9.9.9 > proxy MESSAGE #3
  {from bob alice}
  {status}
60 end`, []string{"delivered tp-mr", "unknown"}},
	{"an IMDN by the sender itself", `
0.00 alice > bob MESSAGE
  {im alice bob}
0.02 bob > alice 200 OK
0.10 alice > bob MESSAGE #2
  {imdn alice bob}
0.12 bob > alice 200 OK #2
0.20 alice > carol MESSAGE #3
  To: <sip:alice@example.com>
  {imdn alice alice}
0.22 carol > alice 200 OK #3
60 end`, []string{"unconfirmed message-id foreign", "not-asked", "not-asked"}},
	{"an IMDN that the capture has before its message", `
0.00 bob > alice MESSAGE #2
  {from bob alice}
  {imdn bob alice}
0.02 alice > bob 200 OK #2
0.04 alice > bob MESSAGE
  {im alice bob}
0.06 bob > alice 200 OK
60 end`, []string{"not-asked", "delivered message-id"}},
	{"a clock that is set back between an SMS and its report", `
100.00 alice > bob MESSAGE
  {up}
100.02 bob > alice 202 Accepted
40.10 bob > alice MESSAGE #2
  {from bob alice}
  In-Reply-To: call-1@example.com
  {ack-down}
40.12 alice > bob 200 OK #2
41 bob > alice OPTIONS #3
42 bob > alice OPTIONS #4
160 end`, []string{"submitted in-reply-to"}},
	{"a capture in the middle: a report whose SMS is not in it, and an SMS at the end", `
0.00 bob > alice MESSAGE #2
  {from bob alice}
  In-Reply-To: before@example.com
  {ack-down}
0.02 alice > bob 200 OK #2
10 alice > bob MESSAGE #3
  {up}
10.02 bob > alice 202 Accepted #3
12 end`, []string{"unknown"}},
	{"an IMDN to nobody who sent it", `
0.00 alice > bob MESSAGE
  {im alice bob}
0.02 bob > alice 200 OK
0.10 bob > carol MESSAGE #2
  From: <sip:bob@example.com>;tag=a9
  To: <sip:carol@example.com>
  {imdn bob carol}
0.12 carol > bob 200 OK #2
60 end`, []string{"unconfirmed", "not-asked"}},
}

func TestTextsOfAdversaries(t *testing.T) {
	for _, test := range slices.Concat(textTests, strangerTests) {
		h, report := analyseTexts(t, withBodies(test.text))
		var got []string
		for _, id := range slices.Sorted(maps.Keys(h.ends)) {
			got = append(got, h.ends[id])
		}
		if n := report.Texts.MadeGood; n > 0 {
			got = append(got, "made good "+string(rune('0'+n)))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// withBodies puts bodies in the place of what stands for them.
func withBodies(text string) string {
	var lines []string
	for _, line := range strings.Split(strings.TrimPrefix(text, "\n"), "\n") {
		word, rest, _ := strings.Cut(strings.Trim(line, " {}"), " ")
		body := map[string]string{"up": sampleUp, "down": sampleDown, "ack-up": `= \x02\x09`, "ack-down": `= \x03\x09`, "full": `= \x04\x09\x01\x16`, "full-down": `= \x05\x09\x01\x16`, "up-srr": strings.Replace(sampleUp, `\x21\x01\x01`, `\x21\x21\x01`, 1), "up-rd": strings.Replace(sampleUp, `\x21\x01\x01`, `\x21\x05\x01`, 1), "status": sampleStatus}[word]
		from, to, _ := strings.Cut(rest, " ")
		head := []string{"  Content-Type: message/cpim", "  | From: <sip:" + from + "@example.com>", "  | To: <sip:" + to + "@example.com>",
			"  | DateTime: 2026-11-27T10:00:00Z", "  | NS: imdn <urn:ietf:params:imdn>"}
		switch {
		case word == "from":
			lines = append(lines, "  From: <sip:"+from+"@example.com>;tag=a9", "  To: <sip:"+to+"@example.com>")
		case body != "":
			lines = append(lines, "  Content-Type: application/vnd.3gpp.sms", "  "+body)
		case strings.HasPrefix(line, "  {im "):
			lines = append(append(lines, head...), "  | imdn.Message-ID: m1", "  | imdn.Disposition-Notification: positive-delivery", "  | ", "  | Content-Type: text/plain", "  | ", "  | Hello")
		case strings.HasPrefix(line, "  {imdn "):
			lines = append(append(lines, head...), "  | imdn.Message-ID: n"+from, "  | ", "  | Content-Type: message/imdn+xml", "  | Content-Disposition: notification", "  | ", "  | "+sampleIMDN)
		default:
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// textEndsOf is a Handler that notes the end of each text, and what it answers.
type textEndsOf struct{ ends, exchanges, sessions map[uint64]string }

func (h *textEndsOf) Transaction(*result.Transaction) {}
func (h *textEndsOf) Finding(*result.Finding)         {}
func (h *textEndsOf) OrphanReceipt(*result.Receipt)   {}

func (h *textEndsOf) Text(t *result.Text) {
	end := t.End.String()
	for i := range t.Receipts {
		end += " " + t.Receipts[i].MatchedBy
		if t.Receipts[i].Foreign {
			end += " foreign"
		}
	}
	if t.CopyOf != 0 {
		end += " copy"
	}
	h.ends[t.ID] = end
	h.exchanges[t.ID] = exchangeOf(t)
	if t.MSRP != nil {
		h.sessions[t.ID] = fmt.Sprint(t.End, " ", t.MSRP.Bytes, " bytes")
	}
}

func exchangeOf(t *result.Text) string {
	words := t.Kind.String()
	if t.Content != nil && (t.Content.Exchange.Root == "Query" || t.Content.Exchange.Root == "Control") {
		words += " asked"
	}
	if t.Answers != 0 {
		words += fmt.Sprint(" answers ", t.Answers)
	}
	if len(t.AnsweredBy) > 0 {
		words += fmt.Sprint(" answered by ", t.AnsweredBy, " after ", t.AnswerAfter)
	}
	return words
}

func analyseTexts(t *testing.T, text string) (*textEndsOf, *result.Report) {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	h := &textEndsOf{map[uint64]string{}, map[uint64]string{}, map[uint64]string{}}
	report, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, h)
	if err != nil {
		t.Fatal(err)
	}
	return h, report
}

// More SMS are in flight to one handset than there are RP-MRs: each has its report, by
// whichever way that names it.
func TestMoreInFlightThanReferences(t *testing.T) {
	const flying = 300
	for _, named := range []bool{true, false} {
		var text strings.Builder
		for n := 1; n <= flying; n++ {
			fmt.Fprintf(&text, "%.3f alice > bob MESSAGE #%d\n  Content-Type: application/vnd.3gpp.sms\n  %s\n", float64(n)/1000, n, strings.Replace(sampleDown, `\x01\x09\x07`, fmt.Sprintf(`\x01\x%02x\x07`, n%256), 1))
		}
		for n := 1; n <= flying; n++ {
			fmt.Fprintf(&text, "%.3f bob > alice MESSAGE #%d\n  From: <sip:bob@example.com>;tag=a9\n  To: <sip:alice@example.com>\n", 1+float64(n)/1000, flying+n)
			if named {
				fmt.Fprintf(&text, "  In-Reply-To: call-%d@example.com\n", n)
			}
			fmt.Fprintf(&text, "  Content-Type: application/vnd.3gpp.sms\n  = \\x02\\x%02x\n", n%256)
		}
		h, report := analyseTexts(t, text.String()+"60 end\n")
		if got := report.Texts.Ended(result.Received); got != flying || report.Texts.Orphans != 0 {
			t.Errorf("named %v: %d of %d received, %d reports of nothing: %v", named, got, flying, report.Texts.Orphans, h.ends[1])
		}
	}
}

// Anybody may write X-CID: who is blamed because another host claims to send on for it is
// blamed with an if.
func TestBlameOnAClaim(t *testing.T) {
	for _, test := range []struct{ by, want string }{
		{"proxy", "10.0.0.3:5060 answered a MESSAGE with 200, and 10.0.0.2:5060 never answered it"},
		{"carol", "10.0.0.3:5060 answered a MESSAGE with 200, and 10.0.0.2:5060 never answered it, if 10.0.0.4 is the same host"},
	} {
		_, report := analyseTexts(t, "0 alice > proxy MESSAGE\n0.1 proxy > alice 200 OK\n1 "+test.by+" > bob MESSAGE #2\n  X-CID: call-1@example.com\n1.5 "+test.by+" > bob MESSAGE #2\n  X-CID: call-1@example.com\n40 end\n")
		i := slices.IndexFunc(report.Findings, func(f result.Finding) bool { return f.Rule == "success-of-its-own" })
		if i < 0 || report.Findings[i].Message != test.want {
			t.Errorf("%s: %+v", test.by, report.Findings)
		}
	}
}
