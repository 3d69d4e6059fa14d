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
	sampleUp   = `= \x00\x09\x00\x07\x91\x44\x77\x00\x09\x00\x00\x21\x01\x01\x0c\x91\x44\x77\x00\x09\x40\x65\x00\x00\x16\xc8\x32\x9b\xfd\x06\xd1\xd1\x65\x79\x99\x05\x6a\xe7\x41\x66\x79\xba\xec\x26\x03`
	sampleDown = `= \x01\x09\x07\x91\x44\x77\x00\x09\x00\x00\x00\x27\x04\x0c\x91\x44\x77\x00\x09\x40\x65\x00\x00\x62\x11\x72\x01\x03\x50\x40\x16\xc8\x32\x9b\xfd\x06\xd1\xd1\x65\x79\x99\x05\x6a\xe7\x41\x66\x79\xba\xec\x26\x03`
	sampleIMDN = `<imdn><message-id>m1</message-id><datetime>2026-11-27T10:00:00Z</datetime><delivery-notification><status><delivered/></status></delivery-notification></imdn>`
)

// textTests are what somebody may send to make a text arrive that did not, or to take
// the receipt of another one: {up}, {down}, {ack-up}, {ack-down} and {full} stand for
// bodies of SMS, {im} and {imdn} for CPIM from one user to another.
var textTests = []struct {
	name, text string
	want       []string // end of each text, and matched_by of its receipts
}{
	{"an RP-ACK by somebody who guesses the RP-MR", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
0.10 9.9.9.9 > alice MESSAGE #2
  From: <sip:bob@example.com>;tag=a9
  To: <sip:alice@example.com>
  {ack-down}
0.12 alice > 9.9.9.9 200 OK #2
60 end`, []string{"unconfirmed rp-mr foreign"}},
	{"an RP-ACK by somebody who knows the Call-ID", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
0.10 9.9.9.9 > alice MESSAGE #2
  From: <sip:bob@example.com>;tag=a9
  To: <sip:alice@example.com>
  In-Reply-To: call-1@example.com
  {ack-down}
60 end`, []string{"unconfirmed in-reply-to foreign"}},
	{"a forged RP-ACK, and then the true one", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
0.10 9.9.9.9 > alice MESSAGE #2
  From: <sip:bob@example.com>;tag=a9
  To: <sip:alice@example.com>
  {ack-down}
0.20 bob > alice MESSAGE #3
  From: <sip:bob@example.com>;tag=a9
  To: <sip:alice@example.com>
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
  From: <sip:bob@example.com>;tag=a9
  To: <sip:alice@example.com>
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
  From: <sip:bob@example.com>;tag=a9
  To: <sip:alice@example.com>
  In-Reply-To: call-1@example.com
  {full}
5.00 alice > bob MESSAGE #3
  {down}
5.02 bob > alice 200 OK #3
5.10 bob > alice MESSAGE #4
  From: <sip:bob@example.com>;tag=a9
  To: <sip:alice@example.com>
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
	for _, test := range textTests {
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
		body := map[string]string{"up": sampleUp, "down": sampleDown, "ack-up": `= \x02\x09`, "ack-down": `= \x03\x09`, "full": `= \x04\x09\x01\x16`}[word]
		from, to, _ := strings.Cut(rest, " ")
		head := []string{"  Content-Type: message/cpim", "  | From: <sip:" + from + "@example.com>", "  | To: <sip:" + to + "@example.com>",
			"  | DateTime: 2026-11-27T10:00:00Z", "  | NS: imdn <urn:ietf:params:imdn>"}
		switch {
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
type textEndsOf struct{ ends, exchanges map[uint64]string }

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
	h := &textEndsOf{map[uint64]string{}, map[uint64]string{}}
	report, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, h)
	if err != nil {
		t.Fatal(err)
	}
	return h, report
}
