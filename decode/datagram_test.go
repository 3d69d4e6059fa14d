package decode

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
	"simplecap/internal/wire"
)

func TestEmit(t *testing.T) {
	c := &recorder{}
	d := NewDecoder(c, Options{Limits: Limits{Methods: 2}})
	send := func(raw string, cut bool) {
		datagram := udpDatagram(1, 2, []byte(raw+"more"))
		b := ipv4Packet(protoIPv4, ipv4Fragment(protoUDP, 9, 0, datagram))
		if b = b[:len(b)-len("more")]; !cut {
			b = ipv4Packet(protoIPv4, ipv4Fragment(protoUDP, 9, 0, udpDatagram(1, 2, []byte(raw))))
		}
		d.Frame(frameOf(capture.LinkRaw, d.stats.Messages+1, 5, b))
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
	if m.Src.Port != 1 || m.Dst.Port != 2 || m.Time != 5e9 || !m.HasTime || m.Frame.Number() != 1 || m.First != m.Frame ||
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
		frame := frameOf(capture.LinkRaw, 1, 1, ipv4Packet(protoUDP, udpDatagram(5060, 5062, []byte(payload))))
		d.Frame(frame)
		if n := testing.AllocsPerRun(100, func() { d.Frame(frame) }); n != 0 {
			t.Errorf("%.20q: %v allocations", payload, n)
		}
	}
}

// TestCutFrames counts the frames that the snapshot length cut, also where nothing is left
// of what they carry.
func TestCutFrames(t *testing.T) {
	d, r := newRecorder(Limits{})
	for i, keep := range []int{10, 28, 1 << 16} {
		f := frameOf(capture.LinkRaw, uint64(i+1), 1, sipIPv4())
		f.Data = f.Data[:min(keep, len(f.Data))]
		d.Frame(f)
	}
	if s := d.Stats(); s.Cut != 2 || len(r.messages) != 1 {
		t.Errorf("%d frames cut, %d messages", s.Cut, len(r.messages))
	}
}
