package sip

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/decode/stream"
	"simplecap/internal/wire"
)

// mustScanHead scans a message that begins with a start line.
func mustScanHead(t testing.TB, raw string) *Message {
	t.Helper()
	b := []byte(raw)
	if matchStartLine(b) != stream.Yes {
		t.Fatalf("no start line: %q", raw)
	}
	var m Message
	limits := DefaultLimits
	body := scanHead(b, &m, &limits)
	m.Body = Span{uint32(body), uint32(len(b) - body)}
	return &m
}

// parts are the parts of a message that it is paired by, as text.
type parts struct {
	Via, Transport, SentBy, Branch string
	Vias                           int
	FromURI, FromTag, ToURI, ToTag string
	CallID, CSeq, CSeqMethod       string
	CSeqNumber                     uint64
	ContentType, Body              string
	ContentLength                  int64
}

func partsOf(m *Message) parts {
	return parts{
		Via: m.Text(m.Via), Transport: m.Text(m.ViaTransport), SentBy: m.Text(m.SentBy), Branch: m.Text(m.Branch), Vias: m.ViaCount,
		FromURI: m.Text(m.FromURI), FromTag: m.Text(m.FromTag), ToURI: m.Text(m.ToURI), ToTag: m.Text(m.ToTag),
		CallID: m.Text(m.CallID), CSeq: m.Text(m.CSeq), CSeqMethod: m.Text(m.CSeqMethod), CSeqNumber: m.CSeqNumber,
		ContentType: m.Text(m.ContentType), Body: m.Text(m.Body), ContentLength: m.ContentLength,
	}
}

// plain is what every message of TestScanHead has unless it says otherwise.
var plain = parts{
	Via: "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx", Transport: "UDP", SentBy: "192.0.2.1:5060", Branch: "z9hG4bKx", Vias: 1,
	FromURI: "sip:alice@example.com", FromTag: "ft", ToURI: "sip:bob@example.com",
	CallID: "a@b", CSeq: "1", CSeqMethod: "MESSAGE", CSeqNumber: 1,
	ContentType: "text/plain", Body: "Hi", ContentLength: 2,
}

func TestScanHead(t *testing.T) {
	via := func(lines string) string { return wire.PlainMessageWith(t, "Via:", lines) }
	from := func(lines string) string { return wire.PlainMessageWith(t, "From:", lines) }
	cseq := func(lines string) string { return wire.PlainMessageWith(t, "CSeq:", lines) }
	length := func(lines string) string { return wire.PlainMessageWith(t, "Content-Length:", lines) }
	tests := []struct {
		name    string
		raw     string
		change  func(*parts)
		defects Defects
	}{
		{"plain", wire.PlainMessage, nil, 0},
		{"LF only", strings.ReplaceAll(wire.PlainMessage, "\r\n", "\n"), nil, DefectLineEnds},
		{"CR only", strings.ReplaceAll(wire.PlainMessage, "\r\n", "\r"), nil, DefectLineEnds},
		{"CR CR LF", strings.ReplaceAll(wire.PlainMessage, "\r\n", "\r\r\n"), nil, DefectLineEnds},
		{"one LF among CR LF", strings.Replace(wire.PlainMessage, "70\r\n", "70\n", 1), nil, DefectLineEnds},
		{"bare CR in a line", strings.Replace(wire.PlainMessage, "70\r\n", "70\rX-Y: z\r\n", 1), nil, DefectLineEnds},
		{"upper case names", upperNames(wire.PlainMessage), nil, 0},
		{"compact names", wire.CompactNames(wire.PlainMessage), nil, 0},
		{"blanks before the colon", strings.ReplaceAll(wire.PlainMessage, ": ", " \t:"), nil, 0},
		{"folded values", strings.ReplaceAll(wire.PlainMessage, ": ", ":\r\n "), nil, 0},
		{"no empty line", strings.TrimSuffix(wire.PlainMessage, "\r\nHi"), func(p *parts) { p.Body = "" }, DefectNotTerminated},
		{"cut in a line end", strings.TrimSuffix(wire.PlainMessage, "\n\r\nHi"), func(p *parts) { p.Body = "" }, DefectNotTerminated},
		{"NUL and bytes over 127", strings.Replace(wire.PlainMessage, "Max", "Subject: a\x00b\xff\r\nMax", 1), nil, DefectNotUTF8},
		{"binary body", strings.Replace(wire.PlainMessage, "\r\n\r\nHi", "\r\n\r\n\x00\xff", 1), func(p *parts) { p.Body = "\x00\xff" }, 0},
		{"a line without a colon", strings.Replace(wire.PlainMessage, "Max", "hello world\r\nMax", 1), nil, DefectHeaderLine},
		{"a colon and no name", strings.Replace(wire.PlainMessage, "Max", ": x\r\nMax", 1), nil, DefectHeaderLine},
		{"a name with a space", strings.Replace(wire.PlainMessage, "Max", "Foo bar: x\r\nMax", 1), nil, DefectHeaderLine},
		{"a folded start line", strings.Replace(wire.PlainMessage, "Via", " Via", 1), nil, DefectHeaderLine},
		{"white space as a line", strings.Replace(wire.PlainMessage, "Call-ID", " \r\nCall-ID", 1), nil, 0},

		{"no Via", via(""), func(p *parts) { p.Via, p.Transport, p.SentBy, p.Branch, p.Vias = "", "", "", "", 0 }, DefectNoVia},
		{"no From", from(""), func(p *parts) { p.FromURI, p.FromTag = "", "" }, DefectNoFrom},
		{"no To", wire.PlainMessageWith(t, "To:", ""), func(p *parts) { p.ToURI = "" }, DefectNoTo},
		{"no Call-ID", wire.PlainMessageWith(t, "Call-ID:", ""), func(p *parts) { p.CallID = "" }, DefectNoCallID},
		{"no CSeq", cseq(""), func(p *parts) { p.CSeq, p.CSeqNumber, p.CSeqMethod = "", 0, "" }, DefectNoCSeq},
		{"no Max-Forwards", wire.PlainMessageWith(t, "Max-Forwards:", ""), nil, DefectNoMaxForwards},
		{"two Call-IDs", wire.PlainMessageWith(t, "Call-ID:", "Call-ID: a@b\r\ni: c@d\r\n"), nil, DefectRepeatedHeader},
		{"two Froms", from("From: <sip:alice@example.com>;tag=ft\r\nFrom: <sip:eve@example.com>;tag=no\r\n"), nil, DefectRepeatedHeader},
		{"two Max-Forwards", wire.PlainMessageWith(t, "Max-Forwards:", "Max-Forwards: 70\r\nMax-Forwards: 70\r\n"), nil, DefectRepeatedHeader},
		{"any characters in a Call-ID", wire.PlainMessageWith(t, "Call-ID:", "Call-ID: a\"<>:\\/[]?{}@b\r\n"), func(p *parts) { p.CallID = `a"<>:\/[]?{}@b` }, 0},

		{"folded Via", via("Via: SIP/2.0/UDP\r\n   192.0.2.1:5060\r\n\t;branch=z9hG4bKx;rport\r\n"),
			func(p *parts) { p.Via = "SIP/2.0/UDP\r\n   192.0.2.1:5060\r\n\t;branch=z9hG4bKx;rport" }, 0},
		{"spaces in a Via", via("Via: SIP / 2.0 / UDP  192.0.2.1:5060 ;  branch  =  z9hG4bKx \r\n"),
			func(p *parts) { p.Via = "SIP / 2.0 / UDP  192.0.2.1:5060 ;  branch  =  z9hG4bKx" }, 0},
		{"spaces around the port", via("v:SIP / 2.0 / UDP host : 5060 ; branch=z9hG4bKx\r\n"),
			func(p *parts) { p.Via, p.SentBy = "SIP / 2.0 / UDP host : 5060 ; branch=z9hG4bKx", "host : 5060" }, 0},
		{"a space after the last slash", via("Via: SIP/2.0/ UDP\r\n 192.0.2.1:5060;branch=z9hG4bKx\r\n"),
			func(p *parts) { p.Via = "SIP/2.0/ UDP\r\n 192.0.2.1:5060;branch=z9hG4bKx" }, 0},
		{"IPv6", via("Via: SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKx\r\n"),
			func(p *parts) {
				p.Via, p.Transport, p.SentBy = "SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKx", "TCP", "[2001:db8::1]:5060"
			}, 0},
		{"Vias on one line", via("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx, SIP/2.0/UDP b;branch=z9hG4bKy\r\nVia: SIP/2.0/UDP c\r\n"),
			func(p *parts) { p.Vias = 3 }, 0},
		{"a first Via without parameters", via("Via: SIP/2.0/UDP a,SIP/2.0/UDP b;branch=z9hG4bKy\r\n"),
			func(p *parts) { p.Via, p.SentBy, p.Branch, p.Vias = "SIP/2.0/UDP a", "a", "", 2 }, 0},
		{"a comma in a quoted Via parameter", via("Via: SIP/2.0/UDP a;x=\"1,2;branch=no\";branch=z9hG4bKx\r\n"),
			func(p *parts) { p.Via, p.SentBy = "SIP/2.0/UDP a;x=\"1,2;branch=no\";branch=z9hG4bKx", "a" }, 0},
		{"an empty branch", via("Via: SIP/2.0/UDP a;branch=\r\n"),
			func(p *parts) { p.Via, p.SentBy, p.Branch = "SIP/2.0/UDP a;branch=", "a", "" }, 0},
		{"two branches", via("Via: SIP/2.0/UDP a;Branch=z9hG4bKx;branch=no\r\n"),
			func(p *parts) { p.Via, p.SentBy = "SIP/2.0/UDP a;Branch=z9hG4bKx;branch=no", "a" }, DefectRepeatedParameter},
		{"empty parameters", via("Via: SIP/2.0/UDP a;;branch=z9hG4bKx;;\r\n"),
			func(p *parts) { p.Via, p.SentBy = "SIP/2.0/UDP a;;branch=z9hG4bKx;;", "a" }, 0},
		{"a Via without transport", via("Via: SIP/2.0 a;branch=z9hG4bKx\r\n"),
			func(p *parts) { p.Via, p.Transport, p.SentBy = "SIP/2.0 a;branch=z9hG4bKx", "", "" }, DefectBadVia},
		{"an empty Via", via("Via:\r\n"), func(p *parts) { p.Via, p.Transport, p.SentBy, p.Branch, p.Vias = "", "", "", "", 0 }, DefectBadVia},
		{"an empty Via before a good one", via("Via: ,\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\r\n"), nil, 0},

		{"no brackets", from("From: sip:alice@example.com;tag=ft\r\n"), nil, 0},
		{"display name", from("From: Alice X <sip:alice@example.com>;tag=ft\r\n"), nil, 0},
		{"no space after the display name", from("From: Alice<sip:alice@example.com>;tag=ft\r\n"), nil, 0},
		{"quoted display name", from("From: \"Bell, \\\"A\\\" <sip:no@no>;tag=no\" <sip:alice@example.com;x=1>;tag=ft\r\n"),
			func(p *parts) { p.FromURI = "sip:alice@example.com;x=1" }, 0},
		{"a quote that is not closed", from("From: \"Alice <sip:alice@example.com>;tag=ft\r\n"), nil, 0},
		{"a bracket that is not closed", from("From: <sip:alice@example.com;tag=ft\r\n"), nil, 0},
		{"spaces and case in a tag", from("From: <sip:alice@example.com> ; x ; TAG = ft\r\n"), nil, 0},
		{"folded tag", from("From: <sip:alice@example.com>\r\n ;\r\n  tag\r\n =\r\n ft\r\n"), nil, 0},
		{"two tags", from("From: <sip:alice@example.com>;tag=ft;tag=no\r\n"), nil, DefectRepeatedParameter},
		{"tag in the URI only", from("From: <sip:alice@example.com;tag=no>\r\n"),
			func(p *parts) { p.FromURI, p.FromTag = "sip:alice@example.com;tag=no", "" }, 0},
		{"empty From", from("From:\r\n"), func(p *parts) { p.FromURI, p.FromTag = "", "" }, 0},
		{"To tag", wire.PlainMessageWith(t, "To:", "t:<sip:bob@example.com>;tag=tt\r\n"), func(p *parts) { p.ToTag = "tt" }, 0},

		{"folded CSeq", cseq("CSeq: 1\r\n  MESSAGE\r\n"), nil, 0},
		{"spaces and zeros", cseq("CSeq:    0000000001      MESSAGE\r\n"), func(p *parts) { p.CSeq = "0000000001" }, 0},
		{"CSeq 2^31-1", cseq("CSeq: 2147483647 MESSAGE\r\n"), func(p *parts) { p.CSeq, p.CSeqNumber = "2147483647", 1<<31-1 }, 0},
		{"CSeq 2^31", cseq("CSeq: 2147483648 MESSAGE\r\n"), func(p *parts) { p.CSeq, p.CSeqNumber = "2147483648", 1<<31 }, DefectBadCSeq},
		{"CSeq over 2^32", cseq("CSeq: 99999999999 MESSAGE\r\n"), func(p *parts) { p.CSeq, p.CSeqNumber = "99999999999", 99999999999 }, DefectBadCSeq},
		{"CSeq over 2^64", cseq("CSeq: 36893488147419103232 MESSAGE\r\n"), func(p *parts) { p.CSeq, p.CSeqNumber = "36893488147419103232", 0 }, DefectBadCSeq},
		{"CSeq without method", cseq("CSeq: 1\r\n"), func(p *parts) { p.CSeqMethod = "" }, DefectBadCSeq},
		{"CSeq without number", cseq("CSeq: MESSAGE\r\n"), func(p *parts) { p.CSeq, p.CSeqNumber = "", 0 }, DefectBadCSeq},
		{"CSeq without space", cseq("CSeq: 1MESSAGE\r\n"), nil, DefectBadCSeq},
		{"CSeq with more", cseq("CSeq: 1 MESSAGE x\r\n"), nil, DefectBadCSeq},
		{"negative CSeq", cseq("CSeq: -1 MESSAGE\r\n"), func(p *parts) { p.CSeq, p.CSeqNumber, p.CSeqMethod = "", 0, "-1" }, DefectBadCSeq},

		{"zeros", length("Content-Length: 0002\r\n"), nil, 0},
		{"no Content-Length", length(""), func(p *parts) { p.ContentLength = -1 }, 0},
		{"negative", length("Content-Length: -2\r\n"), func(p *parts) { p.ContentLength = -1 }, DefectContentLengthInvalid},
		{"signed", length("Content-Length: +5\r\n"), func(p *parts) { p.ContentLength = -1 }, DefectContentLengthInvalid},
		{"with a parameter", length("Content-Length: 5;x\r\n"), func(p *parts) { p.ContentLength = -1 }, DefectContentLengthInvalid},
		{"empty", length("l:\r\n"), func(p *parts) { p.ContentLength = -1 }, DefectContentLengthInvalid},
		{"over 2^63", length("l: 9999999999999999999\r\n"), func(p *parts) { p.ContentLength = -1 }, DefectContentLengthInvalid},
		{"over 2^64", length("l: 99999999999999999999\r\n"), func(p *parts) { p.ContentLength = -1 }, DefectContentLengthInvalid},
		{"twice the same", length("Content-Length: 2\r\nl: 02\r\n"), nil, DefectRepeatedHeader},
		{"twice, different", length("Content-Length: 2\r\nl: 3\r\n"), func(p *parts) { p.ContentLength = -1 }, DefectRepeatedHeader | DefectContentLengthInvalid},
		{"a bad one, then a good one", length("Content-Length: x\r\nl: 2\r\n"), func(p *parts) { p.ContentLength = -1 }, DefectRepeatedHeader | DefectContentLengthInvalid},
	}
	for _, tt := range tests {
		want := plain
		if tt.change != nil {
			tt.change(&want)
		}
		m := mustScanHead(t, tt.raw)
		if diff := cmp.Diff(want, partsOf(m)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
		if m.Defects != tt.defects {
			t.Errorf("%s: defects %b, want %b", tt.name, m.Defects, tt.defects)
		}
	}
}

func TestScanHeadResponse(t *testing.T) {
	m := mustScanHead(t, "SIP/2.0 202 Accepted\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 7 MESSAGE\r\n\r\n")
	if m.Kind != Response || m.Status != 202 || m.Defects != 0 || m.MethodIs("MESSAGE") {
		t.Errorf("kind %d, status %d, defects %b", m.Kind, m.Status, m.Defects)
	}
}

func TestScanHeadLimit(t *testing.T) {
	raw := "MESSAGE sip:b@c SIP/2.0\r\n" + strings.Repeat("X: y\r\n", 10) + "Call-ID: late\r\n\r\n"
	var m Message
	scanHead([]byte(raw), &m, &Limits{Headers: 3})
	if len(m.Headers) != 3 || !m.Defects.Has(DefectTooManyHeaders) {
		t.Errorf("%d header fields, defects %b", len(m.Headers), m.Defects)
	}
	if got := m.Text(m.CallID); got != "late" {
		t.Errorf("Call-ID %q: a message must keep its key beyond the limit", got)
	}
}

// TestScanHeadReuse checks that nothing of one message is left in the next.
func TestScanHeadReuse(t *testing.T) {
	limits := DefaultLimits
	var reused, fresh Message
	scanHead([]byte(wire.PlainMessage), &reused, &limits)
	reused.Beyond, reused.Status = 7, 200
	short := []byte("OPTIONS sip:b@c SIP/2.0\r\n\r\n")
	scanHead(short, &reused, &limits)
	scanHead(short, &fresh, &limits)
	fresh.Headers, reused.Headers = nil, nil
	if diff := cmp.Diff(fresh, reused); diff != "" {
		t.Errorf("(-fresh +reused)\n%s", diff)
	}
}

func TestScanHeadDoesNotAllocate(t *testing.T) {
	limits := DefaultLimits
	var m Message
	for _, raw := range [][]byte{[]byte(wire.UserAgentMessage), []byte(wire.PlainMessage), []byte(strings.ReplaceAll(wire.PlainMessage, "\r\n", "\n"))} {
		scanHead(raw, &m, &limits)
		if n := testing.AllocsPerRun(100, func() { scanHead(raw, &m, &limits) }); n != 0 {
			t.Errorf("%v allocations for %.30q", n, raw)
		}
	}
}

// upperNames writes header field names in upper case.
func upperNames(raw string) string {
	return rewriteHeaders(raw, func(name, value string) string { return strings.ToUpper(name) + ": " + value })
}

// rewriteHeaders rewrites each header field of a message with CR LF line ends
// and no folds.
func rewriteHeaders(raw string, rewrite func(name, value string) string) string {
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	for i, line := range lines[1:] {
		if name, value, ok := strings.Cut(line, ":"); ok && name != "" {
			lines[i+1] = rewrite(strings.TrimRight(name, " \t"), strings.Trim(value, " \t"))
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}
