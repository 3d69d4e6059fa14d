package decode

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
	"simplecap/internal/wire"
)

func TestScanDatagram(t *testing.T) {
	tests := []struct {
		name    string
		payload string
		cut     bool
		body    string
		defects Defects
	}{
		{"plain", wire.PlainMessage, false, "Hi", 0},
		{"leading line ends", "\r\n\r\n" + wire.PlainMessage, false, "Hi", DefectLeadingCRLF},
		{"a second message", wire.PlainMessage + wire.PlainMessage, false, "Hi", DefectContentLengthTooShort},
		{"junk", wire.PlainMessage + "junk", false, "Hi", DefectContentLengthTooShort},
		{"a trailing line end", wire.PlainMessage + "\r\n\r\n", false, "Hi", DefectTrailing},
		{"a trailing NUL", wire.PlainMessage + "\x00", false, "Hi", DefectTrailing},
		{"five line ends", wire.PlainMessage + "\n\n\n\n\n", false, "Hi", DefectContentLengthTooShort},
		{"too long", strings.TrimSuffix(wire.PlainMessage, "i"), false, "H", DefectContentLengthTooLong},
		{"cut body", strings.TrimSuffix(wire.PlainMessage, "i"), true, "H", 0},
		{"missing", wire.PlainMessageWith(t, "Content-Length:", ""), false, "Hi", 0},
		{"invalid", wire.PlainMessageWith(t, "Content-Length:", "Content-Length: many\r\n"), false, "Hi", DefectContentLengthInvalid},
		{"zero", wire.PlainMessageWith(t, "Content-Length:", "l: 0\r\n"), false, "", DefectContentLengthTooShort},
		{"huge", wire.PlainMessageWith(t, "Content-Length:", "l: 9223372036854775807\r\n"), false, "Hi", DefectContentLengthTooLong},
	}
	limits := DefaultLimits
	for _, tt := range tests {
		var m Message
		if !m.scan([]byte(tt.payload), tt.cut, &limits) {
			t.Errorf("%s: no message", tt.name)
			continue
		}
		if got := m.Text(m.Body); got != tt.body || m.Defects != tt.defects || int(m.Body.End()) != len(m.Raw) {
			t.Errorf("%s: body %q, defects %b, want %q, %b; Raw ends at %d, the body at %d", tt.name, got, m.Defects, tt.body, tt.defects, len(m.Raw), m.Body.End())
		}
		if m.Text(m.CallID) != "a@b" {
			t.Errorf("%s: Call-ID %q", tt.name, m.Text(m.CallID))
		}
	}
}

func TestIsItSIP(t *testing.T) {
	const request, status = "INVITE sip:b@c SIP/2.0\r\n", "SIP/2.0 200 ok\r\n"
	tests := []struct {
		name, payload string
		whole, cut    bool // taken for SIP, as it is and as the beginning of a cut datagram
	}{
		{"Call-ID", request + "i: x\r\n\r\n", true, true},
		{"CSeq", request + "CSeq: 1 INVITE\r\n\r\n", true, true},
		{"Via", request + "Via: SIP/2.0/UDP h\r\n\r\n", true, true},
		{"From with a URI", request + "From: sip:a@b\r\n\r\n", true, true},
		{"To with a URI", request + "To: \"Bob\" <tel:+1>\r\n\r\n", true, true},
		{"a stub without URIs", "INVITE foo@bar SIP/2.0\r\nt: foo@bar.com;tag=abc\r\nFrom: bar@foo.com;tag=xyz\r\n\r\n", false, false},
		{"a start line alone", request, true, true},
		{"a start line and an empty line", request + "\r\n", true, true},
		{"half a start line", "MESSAGE sip:bob@exam", false, true},
		{"half a start line, unknown method", "MASSAGE sip:bob@exam", false, false},
		{"text", "MESSAGE of the day\r\n", false, false},
		{"half a text", "MESSAGE of the d", false, false},
		{"half a status line", "SIP/2.0 200 O", false, true},
		{"a version alone", "SIP/2.0\r\n", false, false},
		{"HTTP that borrows the status line", status + "HTTP/1.1 200 ok\r\nContent-Type: text/html\r\nVia: 1.1 proxy\r\nFrom: webmaster@example.com\r\n\r\n4\r\n", false, false},
		{"text that quotes SIP", "This is what I got:\r\n" + wire.PlainMessage, false, false},
		{"keep-alive", "\r\n\r\n", false, false},
		{"NULs", "\x00\x00\x00\x00", false, false},
		{"empty", "", false, false},
	}
	limits := DefaultLimits
	for _, tt := range tests {
		var m Message
		if got := m.Scan([]byte(tt.payload)); got != tt.whole {
			t.Errorf("%s: SIP %v, want %v", tt.name, got, tt.whole)
		}
		if got := m.scan([]byte(tt.payload), true, &limits); got != tt.cut {
			t.Errorf("%s, cut: SIP %v, want %v", tt.name, got, tt.cut)
		}
	}
}

// TestEveryCut scans every beginning of a message as what a snapshot length
// left of it: from the first byte of the URI on it is SIP, and what it says of a
// header field is what the whole message says.
func TestEveryCut(t *testing.T) {
	limits := DefaultLimits
	first := len("MESSAGE sip:")
	for n := range wire.PlainMessage {
		var m Message
		got := m.scan([]byte(wire.PlainMessage[:n]), true, &limits)
		if want := n >= first; got != want {
			t.Fatalf("%q: SIP %v, want %v", wire.PlainMessage[:n], got, want)
		}
		if got && m.Carriage&Cut == 0 {
			t.Fatalf("%q: not marked as cut", wire.PlainMessage[:n])
		}
		if got && !strings.HasPrefix(plain.Branch, m.Text(m.Branch)) {
			t.Fatalf("%q: branch %q", wire.PlainMessage[:n], m.Text(m.Branch))
		}
	}
}

func TestEmit(t *testing.T) {
	c := &recorder{}
	d := NewDecoder(c, Options{Limits: Limits{Methods: 2}})
	send := func(raw string, cut bool) {
		d.udpPayload(&packet{ref: capture.MakeRef(1, d.stats.Messages+1), time: 5, hasTime: true, ipID: 9, cut: cut, carriage: Tunneled,
			src: Endpoint{Port: 1}, dst: Endpoint{Port: 2}}, []byte(raw))
	}
	request := func(method, more string) string {
		return strings.Replace(strings.ReplaceAll(wire.PlainMessage, "MESSAGE", method), "\r\n\r\n", "\r\n"+more+"\r\n", 1)
	}
	send(wire.PlainMessage, false)
	send(request("message", ""), false)
	send(request("INFO", ""), false)
	send(request("INFO", "Allow: MESSAGE\r\n"), false)
	for _, method := range []string{"X1", "X2", "X3", "X1"} {
		send(request(method, ""), false)
	}
	send("SIP/2.0 200 OK\r\nCSeq: 1 MESSAGE\r\n\r\n", false)
	send("SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\nAllow: MESSAGE, INVITE\r\n\r\n", false)
	send("SIP/2.0 999 Odd\r\nCSeq: 1 MESSAGE\r\n\r\n", false)
	send(wire.PlainMessage[:100], true)
	send("nothing", false)

	s := d.Stats()
	if diff := cmp.Diff(map[string]uint64{"MESSAGE": 2, "message": 1, "INFO": 2, "X1": 2, "other": 2}, s.RequestCounts()); diff != "" {
		t.Errorf("requests (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]uint64{"200": 2, "other": 1}, s.ResponseCounts()); diff != "" {
		t.Errorf("responses (-want +got)\n%s", diff)
	}
	// The two responses lack Via, From and To, and so does the 999.
	if got, want := fmt.Sprint(s.Messages, s.Mentions, s.Malformed, s.SnaplenCut, s.Census.Packets[ClassOther]), "12 2 3 1 1"; got != want {
		t.Errorf("messages, mentions, malformed, cut, other: %s, want %s", got, want)
	}
	m := c.messages[0]
	if m.Src.Port != 1 || m.Dst.Port != 2 || m.Time != 5 || !m.HasTime || m.Frame.Number() != 1 || m.First != m.Frame ||
		m.IPID != 9 || m.Carriage != Tunneled || m.Transport != UDP {
		t.Errorf("what carried it: %+v", m)
	}
	if last := c.messages[len(c.messages)-1]; last.Carriage != Tunneled|Cut {
		t.Errorf("carriage of the last message: %b", last.Carriage)
	}
}

func TestDatagramDoesNotAllocate(t *testing.T) {
	d := NewDecoder(discard{}, Options{})
	for _, payload := range []string{wire.UserAgentMessage, "\x80\x00\x00\x01rtp", "\r\n\r\n", "hello world\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"} {
		b, p := []byte(payload), &packet{ref: 1}
		d.datagram(p, b)
		if n := testing.AllocsPerRun(100, func() { d.datagram(p, b) }); n != 0 {
			t.Errorf("%.20q: %v allocations", payload, n)
		}
	}
}
