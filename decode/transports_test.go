package decode

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/decode/sip"
	"simplecap/internal/wire"
)

// TestWebSocketCaptures reads the captures of WebSocket with ground truth.
func TestWebSocketCaptures(t *testing.T) {
	var truth struct{ Files map[string]truthFile }
	readJSON(t, "transports/truth.json", &truth)
	read := 0
	for name, want := range truth.Files {
		if !strings.HasPrefix(name, "ws-") {
			continue
		}
		read++
		d, r := decodeCapture(t, "transports/"+name)
		if diff := cmp.Diff(orEmpty(want.Requests), d.stats.RequestCounts()) + cmp.Diff(orEmpty(want.Responses), responsesByCSeq(r.messages)); diff != "" {
			t.Errorf("%s (-truth +got):\n%s", name, diff)
		}
		for i := range r.messages {
			m := &r.messages[i]
			if m.Transport != WS || m.Conn == 0 || m.Defects.Any(sip.DefectContentLengthMissing|sip.DefectFramingLost) {
				t.Errorf("%s: frame %v over %v, defects %b", name, m.Frame, m.Transport, m.Defects)
			}
		}
		if d.stats.WebSocketLost != 0 {
			t.Errorf("%s: %d messages lost", name, d.stats.WebSocketLost)
		}
	}
	if read < 5 {
		t.Errorf("read %d captures", read)
	}
}

// A MESSAGE over several segments and fragments names all frames that hold it.
func TestWebSocketFrames(t *testing.T) {
	w, r := newSegmentSender(Limits{})
	seq := uint32(100)
	client := func(payload string) {
		w.client(seq, payload)
		seq += uint32(len(payload))
	}
	w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
	client("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
	w.send(serverEnd, clientEnd, 500, 0, flagACK, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n")
	client("\x01\x0a" + wire.PlainMessage[:5])
	client(wire.PlainMessage[5:10] + "\x89\x00")
	client("\x80\x7e" + string([]byte{byte(len(wire.PlainMessage[10:]) >> 8), byte(len(wire.PlainMessage[10:]))}) + wire.PlainMessage[10:])
	if len(r.messages) != 1 || body(&r.messages[0]) != "Hi" {
		t.Fatalf("%d messages", len(r.messages))
	}
	if m := r.messages[0]; m.First.Number() != 4 || m.Frame.Number() != 6 || m.Transport.String() != "ws" {
		t.Errorf("frames %v to %v, over %v", m.First, m.Frame, m.Transport)
	}
}
