package decode

import (
	"strings"
	"testing"
)

func TestMatchStartLine(t *testing.T) {
	tests := []struct {
		line string
		want startMatch
	}{
		{"MESSAGE sip:bob@example.com SIP/2.0\r\n", startYes},
		{"MESSAGE sip:bob@example.com SIP/2.0\n", startYes},
		{"MESSAGE sip:bob@example.com SIP/2.0\r", startYes},
		{"MESSAGE  sip:bob@example.com\tSIP/2.0 \r\n", startYes},
		{"MESSAGE <sip:bob@example.com> SIP/2.0\r\n", startYes},
		{"MESSAGE <sip:bob@example.com>SIP/2.0\r\n", startYes},
		{"MESSAGE sip:bob@example.com; lr SIP/2.0\r\n", startYes}, // RFC 4475 lwsruri
		{"message sip:bob@example.com sip/2.0\r\n", startYes},
		{"MESSAGE sip:bob@example.com SIP/2.1\r\n", startYes},
		{"MESSAGE SIP/2.0\r\n", startYes},
		{"MESSAGE sip:b\x01ob@example.com SIP/2.0\r\n", startYes}, // a known method is no accident
		{"KDMQ sip:dmq@192.0.2.1:5060 SIP/2.0\r\n", startYes},
		{"!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0\r\n", startYes},
		{"SIP/2.0 200 OK\r\n", startYes},
		{"SIP/2.0 100 \r\n", startYes},
		{"SIP/2.0 200\r\n", startYes},
		{"SIP/2.0 200\tOK\n", startYes},
		{"sip/2.0  200 OK\r\n", startYes},
		{"SIP/2.0 4294967301 better not break the receiver\r\n", startYes},
		{"SUBSCRIBE sip:bob@example.com SIP/2.0\r\n", startYes},

		{"", startPartial},
		{"S", startPartial},
		{"SIP/2.", startPartial},
		{"SIP/2.0 20", startPartial},
		{"SIP/2.0 200 OK", startPartial},
		{"MESS", startPartial},
		{"MESSAGE sip:bob@example.com SIP/2.0", startPartial},
		{"MESSAGE " + strings.Repeat("x", maxStartLine-20), startPartial},

		{"MESSAGE of the day\r\n", startNo},
		{"MESSAGE sip:bob@example.com SIP/3.0\r\n", startNo},
		{"MESSAGE sip:bob@example.com SIP/2.0/UDP\r\n", startNo},
		{"MESSAGE sip:bob@example.com SIP/2\r\n", startNo},
		{"MESSAGE sip:bob@example.com HTTP/1.1\r\n", startNo},
		{"MESSAGE sip:bob@example.com\r\nSIP/2.0\r\n", startNo},
		{"MESSAGE\r\n", startNo},
		{"<34>MESSAGE sip:bob@example.com SIP/2.0\r\n", startNo},
		{"\r\nMESSAGE sip:bob@example.com SIP/2.0\r\n", startNo},
		{"a \x01\x02 SIP/2.0\n", startNo},
		{"a \x01\x02", startNo},
		{strings.Repeat("M", maxMethod+1) + " sip:bob@example.com SIP/2.0\r\n", startNo},
		{"MESSAGE " + strings.Repeat("x", maxStartLine) + " SIP/2.0\r\n", startNo},
		{"SIP/2.0\r\n", startNo},
		{"SIP/2.0 OK\r\n", startNo},
		{"SIP/2.0 200OK\r\n", startNo},
		{"SIP/3.0 200 OK\r\n", startNo},
		{"SIP/2\x0e0 200 OK\r\n", startNo}, // differs from "." in the bit that case differs in
		{"SIP\x0f2.0 200 OK\r\n", startNo},
		{"SIP/2.0\x00200 OK\r\n", startNo},
		{"GET / HTTP/1.1\r\n", startNo},
		{"HTTP/1.1 200 OK\r\n", startNo},
		{"\x80\x00\x00\x01", startNo},
	}
	for _, tt := range tests {
		if got := matchStartLine([]byte(tt.line)); got != tt.want {
			t.Errorf("matchStartLine(%.60q) = %v, want %v", tt.line, got, tt.want)
		}
	}
}

func TestMaybeSIP(t *testing.T) {
	for payload, want := range map[string]bool{
		"MESSAGE": true, "\r\n": true, "\n": true, "": false, "\x00": true, "\x80\x00": false, "<14>": false, " MESSAGE": true, "\xef\xbb\xbfMESSAGE": true,
	} {
		if got := maybeSIP([]byte(payload)); got != want {
			t.Errorf("maybeSIP(%q) = %v, want %v", payload, got, want)
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
		answer := startPartial
		for n := range min(len(b), 300) + 1 {
			got := matchStartLine(b[:n])
			if answer != startPartial && got != answer {
				t.Fatalf("%v for %q, then %v for %q", answer, b[:n-1], got, b[:n])
			}
			answer = got
		}
		if answer == startYes && !maybeSIP(b) {
			t.Fatalf("%q is a start line and not even maybe SIP", b)
		}
	})
}
