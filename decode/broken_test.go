package decode

import (
	"strings"
	"testing"

	"simplecap/capture"
	"simplecap/decode/sip"
	"simplecap/internal/wire"
)

const brokenHead = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n" +
	"Call-ID: a@b\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 4\r\n\r\ntext"

// TestBrokenStart reads messages whose start line is broken, or behind something
// that must not be there.
func TestBrokenStart(t *testing.T) {
	for _, test := range []struct {
		start  string
		method string
		uri    string
		reason string
	}{
		{"SIP/2.0\n 200 OK\r\n", "", "", "200 OK"},
		{"SIP/2.0\r\n200 OK\r\n", "", "", "200 OK"},
		{"MESSAGE sip:bob@exa\r\nmple.com SIP/2.0\r\n", "MESSAGE", "sip:bob@exa\r\nmple.com", ""},
		{"MESSAGE sip:bob@example.com\n SIP/2.0\r\n", "MESSAGE", "sip:bob@example.com", ""},
		{"MESSAGE\r\n sip:bob@example.com\r\n SIP/2.0\r\n", "MESSAGE", "sip:bob@example.com", ""},
		{"\xef\xbb\xbfMESSAGE sip:b@c SIP/2.0\r\n", "MESSAGE", "sip:b@c", ""},
		{"\x00MESSAGE sip:b@c SIP/2.0\r\n", "MESSAGE", "sip:b@c", ""},
		{" \tMESSAGE sip:b@c SIP/2.0\r\n", "MESSAGE", "sip:b@c", ""},
		{"\r\n\x00\r\nSIP/2.0 200 OK\r\n", "", "", "OK"},
	} {
		d, r := newRecorder(Limits{})
		payload := []byte(test.start + brokenHead)
		d.Frame(frameOf(capture.LinkRaw, 1, 1, ipv4Packet(protoUDP, udpDatagram(5060, 5060, payload))))
		if len(r.messages) != 1 {
			t.Errorf("%q: %d messages, want 1", test.start, len(r.messages))
			continue
		}
		m := &r.messages[0]
		if m.Text(m.Method) != test.method || m.Text(m.URI) != test.uri || m.Text(m.Reason) != test.reason {
			t.Errorf("%q: method %q, URI %q, reason %q", test.start, m.Text(m.Method), m.Text(m.URI), m.Text(m.Reason))
		}
		if !m.Defects.Has(sip.DefectStartLine) || m.Text(m.CallID) != "a@b" || body(m) != "text" {
			t.Errorf("%q: defects %b, Call-ID %q, body %q", test.start, m.Defects, m.Text(m.CallID), body(m))
		}
		if strings.HasPrefix(test.start, "SIP/2.0") && m.Status != 0 {
			t.Errorf("%q: status %d, which nobody who reads lines would find", test.start, m.Status)
		}
	}
}

// TestUnreadable counts what begins like SIP and is no message, and nothing else.
func TestUnreadable(t *testing.T) {
	for payload, want := range map[string]uint64{
		"MESSAGE sip:bob@example.com SIP/3.0\r\n" + brokenHead: 1,
		"SIP/3.0 200 OK\r\n" + brokenHead:                      1,
		"SIP/2.0 garbage\r\n\r\n":                              1,
		"MESSAGE sip:bob@example.com\r\nhello\r\n":             1,
		"\xef\xbb\xbfSIP/2.0 x":                                1,
		"MESSAGE of the day\r\n":                               0,
		"GET / HTTP/1.1\r\n\r\n":                               0,
		"HTTP/1.1 200 OK\r\n\r\n":                              0,
		"\x00\x00\x00\x00":                                     0,
		"\r\n\r\n":                                             0,
		"this is text":                                         0,
	} {
		d, r := newRecorder(Limits{})
		d.Frame(frameOf(capture.LinkRaw, 7, 1, ipv4Packet(protoUDP, udpDatagram(5060, 5060, []byte(payload)))))
		if len(r.messages) != 0 || d.stats.Unreadable != want || d.stats.Malformed != want {
			t.Errorf("%q: %d messages, %d unreadable, %d malformed, want 0, %d, %[5]d", payload, len(r.messages), d.stats.Unreadable, d.stats.Malformed, want)
		}
		if want == 1 && (len(d.stats.UnreadableFrames) != 1 || d.stats.UnreadableFrames[0] != capture.MakeRef(1, 7)) {
			t.Errorf("%q: frames %v", payload, d.stats.UnreadableFrames)
		}
	}
}

// TestLongMethod reads a method that is longer than any that is registered.
func TestLongMethod(t *testing.T) {
	var m Message
	method := strings.Repeat("M", 200)
	if !m.Scan([]byte(method+" sip:b@c SIP/2.0\r\n"+brokenHead)) || m.Text(m.Method) != method {
		t.Error("not read")
	}
}

// brokenStream sends a stream from its SYN on, in segments of a size, to a port that
// says nothing of SIP.
func brokenStream(stream string, size int) (*segmentSender, *recorder) {
	w, r := newSegmentSender(Limits{})
	server := Endpoint{IP: serverEnd.IP, Port: 15060}
	w.send(clientEnd, server, 99, 0, flagSYN, "")
	for at := 0; at < len(stream); at += size {
		w.send(clientEnd, server, uint32(100+at), 0, flagACK, stream[at:min(at+size, len(stream))])
	}
	w.Flush()
	return w, r
}

// TestBrokenStreams: a stream whose first start line is broken is not invisible, however
// it is cut and whatever its port.
func TestBrokenStreams(t *testing.T) {
	for _, start := range []string{
		"SIP/2.0\n 200 OK\r\n", "SIP/2.0\r\n200 OK\r\n", "MESSAGE sip:bob@exa\r\nmple.com SIP/2.0\r\n", "MESSAGE sip:bob@example.com\n SIP/2.0\r\n",
		"MESSAGE\r\n sip:bob@example.com\r\n SIP/2.0\r\n", "MESSAGE <sip:bob@example.com>\r\n SIP/2.0\r\n", "\xef\xbb\xbfMESSAGE sip:b@c SIP/2.0\r\n",
		" \tMESSAGE sip:b@c SIP/2.0\r\n", "  SIP/2.0 200 OK\r\n",
	} {
		for _, size := range []int{1, 7, 20, 1000} {
			w, r := brokenStream(start+brokenHead+wire.StreamMessage("next", "x"), size)
			if len(r.messages) != 2 || w.stats.Unreadable != 0 {
				t.Errorf("%q in %d: %d messages, %d unreadable", start, size, len(r.messages), w.stats.Unreadable)
				continue
			}
			m, next := &r.messages[0], &r.messages[1]
			if !m.Defects.Has(sip.DefectStartLine) || m.Text(m.CallID) != "a@b" || body(m) != "text" || next.Defects.Any(sip.DefectStartLine|sip.DefectFramingLost) {
				t.Errorf("%q in %d: defects %b, Call-ID %q, body %q, and then %b", start, size, m.Defects, m.Text(m.CallID), body(m), next.Defects)
			}
		}
	}
}

// TestUnreadableStreams counts streams that begin like SIP and cannot be read, and finds
// what follows in them; what only looks like it is left alone.
func TestUnreadableStreams(t *testing.T) {
	for start, want := range map[string]uint64{
		"MESSAGE sip:bob@example.com SIP/3.0\r\n" + brokenHead: 1,
		"SIP/3.0 200 OK\r\n" + brokenHead:                      1,
		"MESSAGE sip:bob@example.com\r\n" + brokenHead:         1,
		"INFO {\"server_id\":\"NA\"}\r\nPING\r\n":              0,
		"INFO\r\n\r\n": 0,
		"OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n": 0,
		"NOTIFY /upnp HTTP/1.1\r\nHost: a\r\n\r\n":       0,
		"EHLO a\r\n":               0,
		"    \x01\x02 binary \r\n": 0,
	} {
		for _, size := range []int{1, 20, 1000} {
			w, r := brokenStream(start+"\r\n"+wire.StreamMessage("next", "x"), size)
			if w.stats.Unreadable != want || uint64(len(r.messages)) != want {
				t.Errorf("%q in %d: %d unreadable, %d messages, want %d", start, size, w.stats.Unreadable, len(r.messages), want)
				continue
			}
			if want == 1 && r.messages[0].Defects.Any(sip.DefectFramingLost) {
				t.Errorf("%q in %d: the message behind it is blamed", start, size)
			}
		}
	}
}
