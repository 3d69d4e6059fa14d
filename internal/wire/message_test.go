package wire

import (
	"strings"
	"testing"
)

// request is the MESSAGE that is sent without any changes.
const request = "MESSAGE sip:bob@example.com SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\r\n" +
	"From: <sip:alice@example.com>;tag=a1\r\n" +
	"To: <sip:bob@example.com>\r\n" +
	"Call-ID: call-1@example.com\r\n" +
	"CSeq: 1 MESSAGE\r\n" +
	"Max-Forwards: 70\r\n" +
	"Content-Type: text/plain\r\n" +
	"Content-Length: 7\r\n\r\n" +
	"Hello 1"

// response is the 200 to it.
const response = "SIP/2.0 200 OK\r\n" +
	"Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\r\n" +
	"From: <sip:alice@example.com>;tag=a1\r\n" +
	"To: <sip:bob@example.com>;tag=b1\r\n" +
	"Call-ID: call-1@example.com\r\n" +
	"CSeq: 1 MESSAGE\r\n" +
	"Content-Length: 0\r\n\r\n"

// payload returns what the datagram of one packet carries.
func payload(t *testing.T, text string) string {
	t.Helper()
	frames, err := Parse(text)
	if err != nil || len(frames) != 1 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	return string(frames[0].Data[14+20+8:])
}

func TestMessages(t *testing.T) {
	withoutBody := strings.TrimSuffix(strings.Replace(request, "Length: 7", "Length: 0", 1), "Hello 1")
	for _, test := range []struct{ what, want string }{
		{"MESSAGE", request},
		{"lf MESSAGE", strings.ReplaceAll(request, "\r\n", "\n")},
		{"200 OK", response},
		{"100 Trying", strings.NewReplacer("200 OK", "100 Trying", ";tag=b1", "").Replace(response)},
		{"404 Not Found", strings.Replace(response, "200 OK", "404 Not Found", 1)},
		{"OPTIONS", strings.Replace(strings.ReplaceAll(withoutBody, "MESSAGE", "OPTIONS"), "Content-Type: text/plain\r\n", "", 1)},
	} {
		ends := "alice > bob "
		if strings.HasPrefix(test.want, "SIP/2.0") {
			ends = "bob > alice "
		}
		if got := payload(t, "0 "+ends+test.what); got != test.want {
			t.Errorf("%s: got\n%q, want\n%q", test.what, got, test.want)
		}
	}
}

// TestChanges has the indented lines: each makes of the request what replacing
// old with new does.
func TestChanges(t *testing.T) {
	body := func(length, text string) []string {
		return []string{"Length: 7\r\n\r\nHello 1", "Length: " + length + "\r\n\r\n" + text}
	}
	for _, test := range []struct {
		name, change string
		replacements []string
	}{
		{"replace a header field", "  Max-Forwards: 5", []string{"Max-Forwards: 70", "Max-Forwards: 5"}},
		{"whatever the case", "  max-forwards: 5", []string{"Max-Forwards: 70", "max-forwards: 5"}},
		{"add a header field", "  Contact: <sip:a@b>", []string{"Content-Length", "Contact: <sip:a@b>\r\nContent-Length"}},
		{"add one in front", "  +Via: SIP/2.0/UDP x", []string{"Via:", "Via: SIP/2.0/UDP x\r\nVia:"}},
		{"remove a header field", "\t-Max-Forwards", []string{"Max-Forwards: 70\r\n", ""}},
		{"remove the body", "  -body", body("0", "")},
		{"a body", "  | one", body("3", "one")},
		{"a body of lines", "  | one\n  |\n  | two", body("10", "one\r\n\r\ntwo")},
		{"a body of a text many times", "  * 3 ab", body("6", "ababab")},
		{"a body with escapes", `  = caf\xe9\r\n"`, body("7", "caf\xe9\r\n\"")},
		{"another start line", "  ! ACK x SIP/2.0", []string{"MESSAGE sip:bob@example.com SIP/2.0", "ACK x SIP/2.0"}},
		{"no Content-Length", "  Content-Length: none", []string{"Content-Length: 7\r\n", ""}},
		{"a wrong Content-Length", "  Content-Length: 99", []string{"Content-Length: 7", "Content-Length: 99"}},
		{"a compact Content-Length", "  l: 7", []string{"Content-Length: 7", "l: 7"}},
		{"another message", `  ~ a\r\n` + "\n" + `  ~ \x00b`, []string{request, "a\r\n\x00b"}},
	} {
		want := strings.NewReplacer(test.replacements...).Replace(request)
		if want == request {
			t.Fatalf("%s: nothing is replaced", test.name)
		}
		if got := payload(t, "0 alice > bob MESSAGE\n"+test.change); got != want {
			t.Errorf("%s: got\n%q, want\n%q", test.name, got, want)
		}
	}
}
