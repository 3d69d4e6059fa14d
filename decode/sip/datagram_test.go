package sip

import (
	"strings"
	"testing"

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
		{"a second message", wire.PlainMessage + wire.PlainMessage, false, "Hi", DefectContentLengthTooShort | DefectAnotherBehind},
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
		if !m.ScanUnit([]byte(tt.payload), tt.cut, &limits) {
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
		if got := m.ScanUnit([]byte(tt.payload), true, &limits); got != tt.cut {
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
		got := m.ScanUnit([]byte(wire.PlainMessage[:n]), true, &limits)
		if want := n >= first; got != want {
			t.Fatalf("%q: SIP %v, want %v", wire.PlainMessage[:n], got, want)
		}
		for what, part := range map[string][2]string{"branch": {m.Text(m.Branch), plain.Branch}, "Call-ID": {m.Text(m.CallID), "a@b"}, "CSeq method": {m.Text(m.CSeqMethod), "MESSAGE"}} {
			if part[0] != "" && part[0] != part[1] {
				t.Fatalf("%q: %s %q is not the whole %q", wire.PlainMessage[:n], what, part[0], part[1])
			}
		}
	}
}
