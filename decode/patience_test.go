package decode

import (
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
)

// TestLongFirstMessage has a first message on a connection that is longer than what is
// searched for SIP, on ports that say nothing.
func TestLongFirstMessage(t *testing.T) {
	server := Endpoint{IP: serverEnd.IP, Port: 7777}
	body := strings.Repeat("x", 2*DefaultLimits.ProbeBytes)
	message := "MESSAGE sip:bob@example.com SIP/2.0\r\nCall-ID: long@example.com\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	half := len(message) / 2
	frame := func(first byte, payload string) string {
		head := binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, uint64(len(payload)))
		return string(head) + "\x00\x00\x00\x00" + payload // a mask of nothing
	}
	const upgrade = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
	for name, test := range map[string]struct{ before, data string }{
		"TCP":                            {"", message},
		"a frame of a WebSocket":         {upgrade, frame(0x81, message)},
		"frames of a WebSocket":          {upgrade, frame(0x01, message[:half]) + frame(0x80, message[half:])},
		"TCP, with what stands before":   {"\r\n\r\n", message},
		"WebSocket, joined in its midst": {"", frame(0x81, "\r\n\r\n") + frame(0x81, message)},
	} {
		w, r := newSegmentSender(Limits{})
		seq := uint32(100)
		send := func(text string) {
			for len(text) > 0 {
				n := min(len(text), 1400)
				w.send(clientEnd, server, seq, 500, flagACK, text[:n])
				seq, text = seq+uint32(n), text[n:]
			}
		}
		if test.before != "" {
			w.send(clientEnd, server, seq-1, 0, flagSYN, "")
		}
		send(test.before)
		if test.before == upgrade {
			w.send(server, clientEnd, 500, 0, flagACK, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n")
		}
		send(test.data)
		if len(r.messages) != 1 || string(r.messages[0].Body.In(r.messages[0].Raw)) != body {
			t.Errorf("%s: %d messages", name, len(r.messages))
		}
	}
}
