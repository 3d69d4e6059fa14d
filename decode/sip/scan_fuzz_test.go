package sip

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/decode/stream"
	"simplecap/internal/wire"
)

func addSeeds(f *testing.F) {
	f.Helper()
	for _, raw := range []string{
		wire.PlainMessage, wire.UserAgentMessage, strings.ReplaceAll(wire.PlainMessage, "\r\n", "\n"), strings.ReplaceAll(wire.PlainMessage, ": ", " :\r\n "),
		"SIP/2.0 200 OK\r\nv:SIP / 2.0 / UDP a;x=\"1,\\\"2\";branch = b , SIP/2.0/TCP [::1]:5\r\nl: 0\r\nl:00\r\n\r\n",
		"MESSAGE sip:b@c SIP/2.0\nFrom: \"A \\\" <\" <sip:a@b;c>;x;tag=1;tag=2\n ;y\nt:\"<sip:a\nCSEQ\t:\n 9\n M\r\n\r\n",
	} {
		f.Add([]byte(raw))
	}
}

// checkSpans fails where a part lies outside raw, or header fields out of order.
func checkSpans(t *testing.T, m *Message) {
	t.Helper()
	spans := []Span{m.Method, m.URI, m.Version, m.Reason, m.CallID, m.CSeq, m.CSeqMethod, m.Via, m.ViaTransport, m.SentBy,
		m.Branch, m.FromURI, m.FromTag, m.ToURI, m.ToTag, m.ContentType, m.Body}
	end := uint32(0)
	for _, h := range m.Headers {
		if h.Name.Len == 0 || h.Name.Off < end || h.Value.Len > 0 && h.Value.Off <= h.Name.End() {
			t.Fatalf("header field out of order: %+v after %d", h, end)
		}
		end = max(h.Name.End(), h.Value.End())
		spans = append(spans, h.Name, h.Value)
	}
	for _, s := range spans {
		if s.Off > s.End() || int(s.End()) > len(m.Raw) {
			t.Fatalf("span %+v outside of %d bytes", s, len(m.Raw))
		}
	}
	for _, inner := range []Span{m.ViaTransport, m.SentBy, m.Branch} {
		if inner.Len > 0 && (inner.Off < m.Via.Off || inner.End() > m.Via.End()) {
			t.Fatalf("%+v is outside of the top Via %+v", inner, m.Via)
		}
	}
}

// rewritten writes a message again, header field by header field.
func rewritten(m *Message, header func(name, value string) string) []byte {
	line, _ := stream.Line(m.Raw)
	b := append(bytes.Clone(line), "\r\n"...)
	for _, h := range m.Headers {
		b = append(b, header(m.Text(h.Name), m.Text(h.Value))...)
		b = append(b, "\r\n"...)
	}
	return append(b, "\r\n"...)
}

// FuzzScan checks that the parts lie in the message, that the scan depends on
// nothing but the bytes, and that it reads the same keys from a message that is
// written otherwise but says the same.
func FuzzScan(f *testing.F) {
	addSeeds(f)
	rewrites := map[string]func(name, value string) string{
		"same":       func(n, v string) string { return n + ": " + v },
		"folded":     func(n, v string) string { return n + " \t:\r\n\t" + v + " " },
		"upper case": func(n, v string) string { return strings.ToUpper(n) + ":" + v },
		"compact": func(n, v string) string {
			if c := headerNames[headerID([]byte(n))].compact; c != 0 {
				n = string(c)
			}
			return n + ":\t" + v
		},
	}
	const aboutLines = DefectLineEnds | DefectHeaderLine | DefectNotTerminated | DefectNotUTF8 | DefectTooManyHeaders
	limits := DefaultLimits
	f.Fuzz(func(t *testing.T, raw []byte) {
		if matchStartLine(raw) != stream.Yes {
			raw = append([]byte("MESSAGE sip:b@c SIP/2.0\r\n"), raw...)
		}
		var m Message
		body := scanHead(raw, &m, &limits)
		if body > len(raw) {
			t.Fatalf("body at %d of %d", body, len(raw))
		}
		checkSpans(t, &m)

		var again Message
		elsewhere := append(append(make([]byte, 0, 2*len(raw)+99), "some bytes before"...), raw...)
		scanHead(elsewhere[len("some bytes before"):], &again, &limits)
		if diff := cmp.Diff(m, again); diff != "" {
			t.Fatalf("the same bytes elsewhere (-first +second)\n%s", diff)
		}

		if m.Defects.Has(DefectTooManyHeaders) {
			return
		}
		want := partsOf(&m)
		for name, rewrite := range rewrites {
			var other Message
			scanHead(rewritten(&m, rewrite), &other, &limits)
			if diff := cmp.Diff(want, partsOf(&other)); diff != "" {
				t.Fatalf("%s: (-original +rewritten)\n%s", name, diff)
			}
			if m.Defects&^aboutLines != other.Defects&^aboutLines {
				t.Fatalf("%s: defects %b, then %b", name, m.Defects, other.Defects)
			}
		}
	})
}

// FuzzScanUsual checks that a head that is written as usual is read as any other is.
func FuzzScanUsual(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if matchStartLine(raw) != stream.Yes {
			raw = append([]byte("MESSAGE sip:b@c SIP/2.0\r\n"), raw...)
		}
		var got, want Message
		limits := Limits{MessageBytes: 1 << 10, Headers: 8}
		body, ok := scanUsual(raw, &got, &limits)
		if !ok {
			return
		}
		if end := scanCareful(raw, &want, &limits); body != end {
			t.Fatalf("body at %d, carefully read at %d", body, end)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-careful +usual)\n%s", diff)
		}
	})
}
