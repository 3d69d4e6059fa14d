package strict

import (
	"errors"
	"strings"
	"testing"

	"simplecap/decode"
	"simplecap/internal/wire"
)

// mustScan scans a datagram that holds a message.
func mustScan(t testing.TB, payload string) *decode.Message {
	t.Helper()
	var m decode.Message
	if !m.Scan([]byte(payload)) {
		t.Fatalf("no message: %q", payload)
	}
	return &m
}

// TestParser holds what sipgo makes of messages that it accepts: the table says
// where it reads them otherwise than the scanner.
func TestParser(t *testing.T) {
	via := func(lines string) string { return wire.PlainMessageWith(t, "Via:", lines) }
	from := func(lines string) string { return wire.PlainMessageWith(t, "From:", lines) }
	tests := []struct {
		name, raw string
		differs   Differs
	}{
		{"plain", wire.PlainMessage, 0},
		{"a user agent's", wire.UserAgentMessage, 0},
		{"leading line ends", "\r\n\r\n" + wire.PlainMessage, 0},
		{"a second message", wire.PlainMessage + wire.PlainMessage, 0},
		{"no Content-Length", wire.PlainMessageWith(t, "Content-Length:", ""), 0},
		{"compact names", wire.CompactNames(wire.PlainMessage), 0},
		{"folded values", strings.ReplaceAll(wire.PlainMessage, ": ", ":\r\n "), 0},
		{"folded Call-ID", wire.PlainMessageWith(t, "Call-ID:", "Call-ID: a\r\n b\r\n"), 0},
		{"tel", from("From: <tel:+1234>;tag=ft\r\n"), 0},
		{"IPv6", via("Via: SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKx\r\n"), 0},
		{"three Vias", via("Via: SIP/2.0/UDP a;branch=x, SIP/2.0/UDP b;branch=y\r\nv: SIP/2.0/UDP c\r\n"), 0},
		{"method in lower case", strings.Replace(wire.PlainMessage, "MESSAGE", "message", 1), DiffersMethod},
		{"parameter names in other case", via("Via: SIP/2.0/UDP 192.0.2.1:5060;Branch=z9hG4bKx\r\n"), DiffersBranch},
		{"tag in other case", from("From: <sip:alice@example.com>;Tag=ft\r\n"), DiffersFromTag},
		{"spaces around a tag", wire.PlainMessageWith(t, "To:", "To: <sip:bob@example.com> ; tag = tt\r\n"), DiffersToTag},
		{"spaces in a Via", via("Via: SIP / 2.0 / UDP 192.0.2.1:5060 ; branch=z9hG4bKx\r\n"), DiffersSentBy | DiffersBranch},
		{"first of two Vias without parameters", via("Via: SIP/2.0/UDP a, SIP/2.0/UDP b;branch=y\r\n"), DiffersViaCount | DiffersSentBy | DiffersBranch},
		{"two Call-IDs", wire.PlainMessageWith(t, "Call-ID:", "Call-ID: a@b\r\nCall-ID: c@d\r\n"), DiffersCallID},
		{"several spaces in CSeq", wire.PlainMessageWith(t, "CSeq:", "CSeq: 1  MESSAGE\r\n"), 0},
		{"a space before the comma of a list", via("Via: SIP/2.0/UDP a;branch=z9hG4bKx , SIP/2.0/UDP b;branch=y\r\n"), 0},
	}
	parser := NewParser(decode.Limits{})
	for _, tt := range tests {
		opinion := parser.Parse(mustScan(t, tt.raw))
		if opinion.Err != nil {
			t.Errorf("%s: %v", tt.name, opinion.Err)
			continue
		}
		if opinion.Differs != tt.differs {
			t.Errorf("%s: differs in %q, want %q", tt.name, opinion.Differs, tt.differs)
		}
	}
	response := parser.Parse(mustScan(t, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 7 MESSAGE\r\nl: 0\r\n\r\n"))
	if response.Err != nil || response.Differs != 0 {
		t.Errorf("response: %v, differs in %q", response.Err, response.Differs)
	}
}

func TestParserErrors(t *testing.T) {
	tests := []struct {
		name, raw string
		change    func(*decode.Message)
		notGiven  bool
	}{
		{"LF line ends", strings.ReplaceAll(wire.PlainMessage, "\r\n", "\n"), nil, false},
		{"a line without a colon", strings.Replace(wire.PlainMessage, "Max", "x\r\nMax", 1), nil, false},
		{"an empty Via", wire.PlainMessageWith(t, "Via:", "Via:\r\n"), nil, false},
		{"not terminated", strings.TrimSuffix(wire.PlainMessageWith(t, "Content-Length:", ""), "\r\n\r\nHi"), nil, false},
		{"cut", wire.PlainMessage, func(m *decode.Message) { m.Carriage |= decode.Cut }, true},
		{"too long a Content-Length", strings.TrimSuffix(wire.PlainMessage, "i"), nil, true},
		{"a bad Content-Length", wire.PlainMessageWith(t, "Content-Length:", "l: -1\r\n"), nil, true},
		{"too many parameters", wire.PlainMessageWith(t, "To:", "To: <sip:bob@example.com>"+strings.Repeat(";a=b", 65)+"\r\n"), nil, true},
		{"too many in the URI", strings.Replace(wire.PlainMessage, " SIP/2.0\r", strings.Repeat(";a", 65)+" SIP/2.0\r", 1), nil, true},
		{"too many in quotes", wire.PlainMessageWith(t, "To:", "To: <sip:bob@example.com>;"+strings.Repeat("a=\"\"", 65)+"\r\n"), nil, true},
		{"too many in a line that is no header field", strings.Replace(wire.PlainMessage, "Max", "V\via: "+strings.Repeat(";a", 65)+"\r\nMax", 1), nil, true},
		{"too many bytes", strings.Replace(wire.PlainMessage, "Max", "X: "+strings.Repeat("y", 16<<10)+"\r\nMax", 1), nil, true},
		{"too many header fields", strings.Replace(wire.PlainMessage, "Max", strings.Repeat("X: y\r\n", 300)+"Max", 1), nil, true},
	}
	parser := NewParser(decode.Limits{})
	for _, tt := range tests {
		m := mustScan(t, tt.raw)
		if tt.change != nil {
			tt.change(m)
		}
		opinion := parser.Parse(m)
		if opinion.Err == nil || errors.Is(opinion.Err, ErrNotGiven) != tt.notGiven {
			t.Errorf("%s: %v, want not given: %v", tt.name, opinion.Err, tt.notGiven)
		}
	}
	many := strings.Replace(wire.PlainMessage, "Max", strings.Repeat("Route: <sip:a;lr>\r\n", 100)+"Max", 1)
	if opinion := parser.Parse(mustScan(t, many)); opinion.Err != nil {
		t.Errorf("many parameters, but few in a line: %v", opinion.Err)
	}
}

func TestDiffersString(t *testing.T) {
	for d, want := range map[Differs]string{0: "", DiffersBranch: "branch", DiffersMethod | DiffersBody: "method, length of the body"} {
		if got := d.String(); got != want {
			t.Errorf("%b is %q, want %q", d, got, want)
		}
	}
}

func BenchmarkParser(b *testing.B) {
	m := mustScan(b, wire.UserAgentMessage)
	parser := NewParser(decode.Limits{})
	b.SetBytes(int64(len(m.Raw)))
	b.ReportAllocs()
	for b.Loop() {
		if opinion := parser.Parse(m); opinion.Err != nil {
			b.Fatal(opinion.Err)
		}
	}
}

func BenchmarkParserCheckAndCompare(b *testing.B) {
	m := mustScan(b, wire.UserAgentMessage)
	parser := NewParser(decode.Limits{})
	var r reading
	if err := parser.read(m, &r); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if parser.check(m) != nil || compare(m, &r) != 0 {
			b.Fatal("differs")
		}
	}
}
