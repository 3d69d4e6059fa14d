package sip

import (
	"strings"
	"testing"

	"simplecap/decode/stream"
)

func TestMatchStartLine(t *testing.T) {
	tests := []struct {
		line string
		want stream.Match
	}{
		{"MESSAGE sip:bob@example.com SIP/2.0\r\n", stream.Yes},
		{"MESSAGE sip:bob@example.com SIP/2.0\n", stream.Yes},
		{"MESSAGE sip:bob@example.com SIP/2.0\r", stream.Yes},
		{"MESSAGE  sip:bob@example.com\tSIP/2.0 \r\n", stream.Yes},
		{"MESSAGE <sip:bob@example.com> SIP/2.0\r\n", stream.Yes},
		{"MESSAGE <sip:bob@example.com>SIP/2.0\r\n", stream.Yes},
		{"MESSAGE sip:bob@example.com; lr SIP/2.0\r\n", stream.Yes}, // RFC 4475 lwsruri
		{"message sip:bob@example.com sip/2.0\r\n", stream.Yes},
		{"MESSAGE sip:bob@example.com SIP/2.1\r\n", stream.Yes},
		{"MESSAGE SIP/2.0\r\n", stream.Yes},
		{"MESSAGE sip:b\x01ob@example.com SIP/2.0\r\n", stream.Yes}, // a known method is no accident
		{"KDMQ sip:dmq@192.0.2.1:5060 SIP/2.0\r\n", stream.Yes},
		{"!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0\r\n", stream.Yes},
		{"SIP/2.0 200 OK\r\n", stream.Yes},
		{"SIP/2.0 100 \r\n", stream.Yes},
		{"SIP/2.0 200\r\n", stream.Yes},
		{"SIP/2.0 200\tOK\n", stream.Yes},
		{"sip/2.0  200 OK\r\n", stream.Yes},
		{"SIP/2.0 4294967301 better not break the receiver\r\n", stream.Yes},
		{"SUBSCRIBE sip:bob@example.com SIP/2.0\r\n", stream.Yes},

		{"", stream.Maybe},
		{"S", stream.Maybe},
		{"SIP/2.", stream.Maybe},
		{"SIP/2.0 20", stream.Maybe},
		{"SIP/2.0 200 OK", stream.Maybe},
		{"MESS", stream.Maybe},
		{"MESSAGE sip:bob@example.com SIP/2.0", stream.Maybe},
		{"MESSAGE " + strings.Repeat("x", maxStartLine-20), stream.Maybe},

		{"MESSAGE of the day\r\n", stream.No},
		{"MESSAGE sip:bob@example.com SIP/3.0\r\n", stream.No},
		{"MESSAGE sip:bob@example.com SIP/2.0/UDP\r\n", stream.No},
		{"MESSAGE sip:bob@example.com SIP/2\r\n", stream.No},
		{"MESSAGE sip:bob@example.com HTTP/1.1\r\n", stream.No},
		{"MESSAGE sip:bob@example.com\r\nSIP/2.0\r\n", stream.No},
		{"MESSAGE\r\n", stream.No},
		{"<34>MESSAGE sip:bob@example.com SIP/2.0\r\n", stream.No},
		{"\r\nMESSAGE sip:bob@example.com SIP/2.0\r\n", stream.No},
		{"a \x01\x02 SIP/2.0\n", stream.No},
		{"a \x01\x02", stream.No},
		{strings.Repeat("M", maxMethod+1) + " sip:bob@example.com SIP/2.0\r\n", stream.No},
		{"MESSAGE " + strings.Repeat("x", maxStartLine) + " SIP/2.0\r\n", stream.No},
		{"SIP/2.0\r\n", stream.No},
		{"SIP/2.0 OK\r\n", stream.No},
		{"SIP/2.0 200OK\r\n", stream.No},
		{"SIP/3.0 200 OK\r\n", stream.No},
		{"SIP/2\x0e0 200 OK\r\n", stream.No}, // differs from "." in the bit that case differs in
		{"SIP\x0f2.0 200 OK\r\n", stream.No},
		{"SIP/2.0\x00200 OK\r\n", stream.No},
		{"GET / HTTP/1.1\r\n", stream.No},
		{"HTTP/1.1 200 OK\r\n", stream.No},
		{"\x80\x00\x00\x01", stream.No},
	}
	for _, tt := range tests {
		if got := matchStartLine([]byte(tt.line)); got != tt.want {
			t.Errorf("matchStartLine(%.60q) = %v, want %v", tt.line, got, tt.want)
		}
	}
}

func TestFirst(t *testing.T) {
	for payload, want := range map[string]bool{
		"MESSAGE": true, "\r\n": true, "\n": true, "\x00": true, "\x80\x00": false, "<14>": false, " MESSAGE": true, "\xef\xbb\xbfMESSAGE": true,
	} {
		if got := First(payload[0]); got != want {
			t.Errorf("First(%q) = %v, want %v", payload, got, want)
		}
	}
}

func TestStartLineParts(t *testing.T) {
	const rest = "Call-ID: 1\r\n\r\n"
	tests := []struct {
		line                         string
		method, uri, version, reason string
		status                       int
		defects                      Defects
	}{
		{"MESSAGE sip:b@c SIP/2.0\r\n", "MESSAGE", "sip:b@c", "SIP/2.0", "", 0, 0},
		{"message sip:b@c sip/2.0\r\n", "message", "sip:b@c", "sip/2.0", "", 0, DefectVersionCase},
		{"MESSAGE  sip:b@c SIP/2.0\r\n", "MESSAGE", "sip:b@c", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE sip:b@c  SIP/2.0\r\n", "MESSAGE", "sip:b@c", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE sip:b@c SIP/2.0 \r\n", "MESSAGE", "sip:b@c", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE\tsip:b@c SIP/2.0\r\n", "MESSAGE", "sip:b@c", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE sip:b@c\tSIP/2.0\r\n", "MESSAGE", "sip:b@c", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE <sip:b@c> SIP/2.0\r\n", "MESSAGE", "sip:b@c", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE <sip:b@c>SIP/2.0\r\n", "MESSAGE", "sip:b@c", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE sip:b@c; lr SIP/2.0\r\n", "MESSAGE", "sip:b@c; lr", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE SIP/2.0\r\n", "MESSAGE", "", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE  SIP/2.0\r\n", "MESSAGE", "", "SIP/2.0", "", 0, DefectStartLine},
		{"MESSAGE sip:b@c SIP/2.1\r\n", "MESSAGE", "sip:b@c", "SIP/2.1", "", 0, DefectStartLine},
		{"SIP/2.0 200 OK\r\n", "", "", "SIP/2.0", "OK", 200, 0},
		{"SIP/2.0 100 \r\n", "", "", "SIP/2.0", "", 100, 0},
		{"SIP/2.0 480 Temporarily not available \r\n", "", "", "SIP/2.0", "Temporarily not available", 480, 0},
		{"SIP/2.0 200\r\n", "", "", "SIP/2.0", "", 200, DefectStartLine},
		{"SIP/2.0  200 OK\r\n", "", "", "SIP/2.0", "OK", 200, DefectStartLine},
		{"SIP/2.0\t200 OK\r\n", "", "", "SIP/2.0", "OK", 200, DefectStartLine},
		{"sip/2.0 200 OK\r\n", "", "", "sip/2.0", "OK", 200, DefectVersionCase},
		{"SIP/2.0 4294967301 too much\r\n", "", "", "SIP/2.0", "too much", 0, DefectStartLine},
		{"SIP/2.0 20 OK\r\n", "", "", "SIP/2.0", "OK", 0, DefectStartLine},
	}
	for _, tt := range tests {
		m := mustScanHead(t, tt.line+rest)
		kind := Request
		if tt.method == "" {
			kind = Response
		}
		if m.Kind != kind || m.Text(m.Method) != tt.method || m.Text(m.URI) != tt.uri || m.Text(m.Version) != tt.version ||
			m.Text(m.Reason) != tt.reason || m.Status != tt.status {
			t.Errorf("%q: kind %d method %q URI %q version %q status %d reason %q", tt.line, m.Kind, m.Text(m.Method),
				m.Text(m.URI), m.Text(m.Version), m.Status, m.Text(m.Reason))
		}
		if got := m.Defects & (DefectStartLine | DefectVersionCase); got != tt.defects {
			t.Errorf("%q: defects %b, want %b", tt.line, got, tt.defects)
		}
	}
}

// FuzzMatchStartLine checks that an answer, once given, stays the same however
// much follows: a stream is asked again whenever bytes arrive.
func FuzzMatchStartLine(f *testing.F) {
	for _, line := range []string{"MESSAGE sip:b@c SIP/2.0\r\n", "SIP/2.0 200 OK\r\n", "sip/2.1\t 4 \n", "A \x01 SIP/2.0\n", "S SIP/2.0\r", "SIP/2.0 200"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		answer := stream.Maybe
		for n := range min(len(b), 300) + 1 {
			got := matchStartLine(b[:n])
			if answer != stream.Maybe && got != answer {
				t.Fatalf("%v for %q, then %v for %q", answer, b[:n-1], got, b[:n])
			}
			answer = got
		}
		if answer == stream.Yes && !First(b[0]) {
			t.Fatalf("%q is a start line and not even maybe SIP", b)
		}
	})
}
