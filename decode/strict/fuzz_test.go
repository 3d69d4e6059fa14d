package strict

import (
	"errors"
	"strings"
	"testing"

	sipgo "github.com/emiago/sipgo/sip"

	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/internal/wire"
)

// oddVias are what stands before the host of a Via where sipgo may stop before its parameters,
// or goes on behind a semicolon.
var oddVias = []string{"SIP/2.0/UDP a:x;b=", "SIP/2.0/UDP [::1]:x;b=", "SIP/2.0/UDP [::1;x]:5;b=", "SIP/2.0/UDP ;", "SIP/2.0/UDP;x ", "SIP;x/2.0/UDP a;",
	"SIP/2.0/UDP a, SIP/2.0/UDP b;x,", "SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b;branch=c;"}

func addSeeds(f *testing.F) {
	f.Helper()
	for _, raw := range []string{
		wire.PlainMessage, wire.UserAgentMessage, strings.ReplaceAll(wire.PlainMessage, "\r\n", "\n"), strings.ReplaceAll(wire.PlainMessage, ": ", " :\r\n "),
		strings.ReplaceAll(wire.PlainMessage, "CSeq: 1 ", "CSeq: 1  "),
		"SIP/2.0 200 OK\r\nv:SIP / 2.0 / UDP a;x=\"1,\\\"2\";branch = b , SIP/2.0/TCP [::1]:5\r\nl: 0\r\nl:00\r\n\r\n",
		"MESSAGE sip:b@c SIP/2.0\nFrom: \"A \\\" <\" <sip:a@b;c>;x;tag=1;tag=2\n ;y\nt:\"<sip:a\nCSEQ\t:\n 9\n M\r\n\r\n",
	} {
		f.Add([]byte(raw))
	}
	for _, sent := range oddVias {
		f.Add([]byte(strings.ReplaceAll(wire.PlainMessage, "SIP/2.0/UDP ", sent)))
	}
}

// FuzzParser checks that sipgo is never given more than the limits and never
// panics, and that where it accepts a message without defects and nothing is
// said to differ, the keys are the scanner's.
func FuzzParser(f *testing.F) {
	addSeeds(f)
	parser := NewParser(decode.Limits{})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var m decode.Message
		if !m.Scan(datagram) {
			return
		}
		opinion := parser.Parse(&m)
		if errors.Is(opinion.Err, ErrNotGiven) {
			return
		}
		checkGiven(t, &m)
		checkRoutes(t, parser, &m, opinion)
		msg, err := parser.message(&m)
		switch {
		case (err != nil) != (opinion.Err != nil):
			t.Fatalf("the opinion is %v, and sipgo's parser says %v", opinion.Err, err)
		case err == nil:
			checkRemembered(t, &m, msg)
			checkKeys(t, &m, msg, opinion.Differs)
		case strings.Contains(err.Error(), "panicked"):
			t.Fatal(err)
		}
	})
}

// checkRoutes wants of the direct way, where it is taken, what the way through sipgo's
// own parser gives, which has the last word.
func checkRoutes(t *testing.T, parser *Parser, m *decode.Message, opinion Opinion) {
	t.Helper()
	var direct, whole reading
	if !parser.direct.read(m, &direct) {
		return
	}
	msg, err := sipgo.NewParser().ParseSIP(m.Raw)
	if err != nil {
		t.Fatalf("the direct way accepts it, and sipgo's parser says %v", err)
	}
	whole.set(msg)
	if got, want := compare(m, &direct), compare(m, &whole); got != want || opinion.Differs != want {
		t.Fatalf("the direct way reads another %q, sipgo's parser another %q, the opinion another %q", got, want, opinion.Differs)
	}
}

// checkRemembered wants what sipgo makes of the message when it remembers nothing. It
// does not know header fields by the case of their names, which sipgo has of some.
func checkRemembered(t *testing.T, m *decode.Message, msg sipgo.Message) {
	t.Helper()
	want, err := sipgo.NewParser().ParseSIP(m.Raw)
	if err != nil {
		t.Fatalf("read, and without what was remembered: %v", err)
	}
	if got := msg.String(); !strings.EqualFold(got, want.String()) {
		t.Fatalf("read as %q, and without what was remembered as %q", got, want.String())
	}
}

// checkGiven counts again, and otherwise than check does, what sipgo was given.
func checkGiven(t *testing.T, m *decode.Message) {
	t.Helper()
	head, _, _ := strings.Cut(string(m.Raw), "\r\n\r\n")
	if len(head) > decode.DefaultLimits.ParserHeader+4 {
		t.Fatalf("%d bytes of header fields", len(head))
	}
	for _, line := range strings.Split(strings.ReplaceAll(strings.ReplaceAll(head, "\n ", "  "), "\n\t", "  "), "\n") {
		if n := strings.Count(line, ";"); n > decode.DefaultLimits.ParserParams {
			t.Fatalf("%d parameters in %q", n, line)
		}
	}
	if m.ContentLength > int64(m.Body.Len) {
		t.Fatalf("Content-Length %d, %d bytes", m.ContentLength, m.Body.Len)
	}
}

func checkKeys(t *testing.T, m *decode.Message, msg sipgo.Message, differs Differs) {
	t.Helper()
	if m.Defects != 0 {
		return
	}
	same := func(what string, d Differs, ours sip.Span, theirs string) {
		theirs = strings.Trim(theirs, " \t") // sipgo leaves it where a CSeq has several spaces
		if differs&d == 0 && string(m.Unfold(nil, ours)) != theirs && m.Text(ours) != theirs {
			t.Fatalf("%s: %q and %q, and Differs says %q", what, m.Text(ours), theirs, differs)
		}
	}
	if h := msg.CallID(); h != nil {
		same("Call-ID", DiffersCallID, m.CallID, string(*h))
	}
	if h := msg.CSeq(); h != nil {
		same("CSeq method", DiffersCSeqMethod, m.CSeqMethod, string(h.MethodName))
	}
	if h := msg.Via(); h != nil {
		branch, _ := h.Params.Get("branch")
		same("branch", DiffersBranch, m.Branch, branch)
	}
}
