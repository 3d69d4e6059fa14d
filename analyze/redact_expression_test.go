package analyze

import (
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode/content"
	"simplecap/redact"
)

// No string, comment or number of an expression tells of anybody; what the
// language and the report say stays.
func TestRedactedExpression(t *testing.T) {
	r, err := redact.New(redact.All, []byte("a key for the tests"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`from == "alice"`, `from == 'alice'`, "from == `alice`", `from contains "sip:alice@example.com"`, `from == "al\x69ce" /* alice */`,
		`from == 'it\'s alice'`, `true // alice`, `true # alice`, `from == "alice`, `cseq == 4915112345601`, `rtt > duration("4915112345601ns")`,
		`"x" + 'alice' + "y"`, "from == '' || to == `\"alice\"`", `from in ["bob", 'alice']`,
	} {
		got := RedactedExpression(r, text)
		for _, word := range []string{"alice", `al\x69ce`, "4915112345601", "example.com"} {
			if strings.Contains(got, word) {
				t.Errorf("%s becomes %s", text, got)
			}
		}
		if len(got) != len(text) || RedactedExpression(nil, text) != text {
			t.Errorf("%s becomes %s, and nothing with no Redactor", text, got)
		}
	}
	for _, text := range []string{
		`status >= 400 && outcome == "timeout"`, `rtt > duration("1s") || findings contains 'no-rport'`, `method == "MESSAGE" && transport == 'udp'`,
		`src_host == "192.0.2.1" || content_type startsWith "text/plain"`, `verdict == "no-answer"`,
	} {
		if got := RedactedExpression(r, text); got != text {
			t.Errorf("%s becomes %s", text, got)
		}
	}
}

// A state that RFC 3994 does not know may be a text: no mode shows it.
func TestRedactedState(t *testing.T) {
	for _, mode := range []redact.Mode{redact.Numbers, redact.All} {
		r, err := redact.New(mode, []byte("a key for the tests"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for state, want := range map[string]string{"idle": "idle", "meet me": "hidden", "": ""} {
			if got := RedactedText(r, &result.Text{Content: &content.Content{Composing: content.State{State: state}}}); got.Content.Composing.State != want {
				t.Errorf("%q becomes %q", state, got.Content.Composing.State)
			}
		}
	}
}
