package decode

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
	"simplecap/hep"
	"simplecap/internal/wire"
)

// hepPacket is a HEP packet with a message that the agent saw at a time in seconds.
func hepPacket(t testing.TB, protocol uint8, seconds float64, payload string) []byte {
	t.Helper()
	p := hep.Packet{
		Src: netip.MustParseAddrPort("198.51.100.1:5062"), Dst: netip.MustParseAddrPort("[2001:db8::2]:5060"),
		Protocol: protocol, HasTime: true, Time: int64(seconds * 1e9), Type: hep.TypeSIP, AgentID: 7, Payload: []byte(payload),
	}
	b, err := p.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hepFrame carries a HEP packet in a frame with a time in seconds.
func hepFrame(number uint64, seconds float64, packet []byte) *capture.Frame {
	return frameOf(capture.LinkRaw, number, seconds, ipv4Packet(protoUDP, udpDatagram(40000, 9060, packet)))
}

func TestHEP(t *testing.T) {
	d, r := newRecorder(Limits{})
	d.Frame(hepFrame(1, 10, hepPacket(t, hep.ProtocolUDP, 1000.5, wire.PlainMessage)))
	d.Frame(hepFrame(2, 11, hepPacket(t, 22, 1001, wire.PlainMessage))) // 22: TLS, as Kamailio numbers it
	if len(r.messages) != 2 {
		t.Fatalf("%d messages, want 2", len(r.messages))
	}
	m := &r.messages[0]
	if m.Src.String() != "198.51.100.1:5062" || m.Dst.String() != "[2001:db8::2]:5060" || m.Transport != UDP || m.Carriage != 0 {
		t.Errorf("%v to %v over %v, carriage %b", m.Src, m.Dst, m.Transport, m.Carriage)
	}
	if m.Time != 1000.5e9 || m.Seen() != 10e9 || m.Frame.Number() != 1 || m.Agent != 1 || m.IPID != 0 {
		t.Errorf("time %d, seen %d, frame %d, agent %d", m.Time, m.Seen(), m.Frame.Number(), m.Agent)
	}
	if r.messages[1].Transport != TCP {
		t.Errorf("over %v, want a stream", r.messages[1].Transport)
	}
	want := HEPCounts{Packets: 2, Messages: 2, Agents: []HEPAgent{{IP: m.Src.IP, ID: 7, Messages: 2}}}
	want.Agents[0].IP = AddrFrom16([16]byte{10: 0xff, 0xff, 192, 0, 2, 1})
	if diff := cmp.Diff(want, d.stats.HEP); diff != "" {
		t.Error(diff)
	}
}

func TestHEPCompressed(t *testing.T) {
	long := strings.Replace(wire.PlainMessage, "Content-Length: 2\r\n\r\nHi", "Content-Length: 300000\r\n\r\n"+strings.Repeat("x", 300000), 1)
	for _, test := range []struct {
		text   string
		damage bool
		want   int // bytes of the message
		cut    bool
	}{
		{wire.PlainMessage, false, len(wire.PlainMessage), false},
		{long, false, 256 << 10, true},
		{long, true, 0, true},
	} {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		w.Write([]byte(test.text))
		w.Close()
		b := z.Bytes()
		if test.damage {
			b = b[:len(b)/2]
		}
		p := hep.Packet{Type: hep.TypeSIP, Protocol: hep.ProtocolTCP, Compressed: true, Payload: b}
		packet, err := p.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		d, r := newRecorder(Limits{})
		d.Frame(hepFrame(1, 1, packet))
		if len(r.messages) != 1 {
			t.Fatalf("%d messages, want 1", len(r.messages))
		}
		m := &r.messages[0]
		if test.want > 0 && len(m.Raw) != test.want || (m.Carriage&Cut != 0) != test.cut || (d.stats.HEP.Broken == 1) != test.cut {
			t.Errorf("%d bytes, want %d; carriage %b, %d broken", len(m.Raw), test.want, m.Carriage, d.stats.HEP.Broken)
		}
	}
}

// What is no SIP, or broken, is counted and hides nothing.
func TestHEPWithoutSIP(t *testing.T) {
	packet := hepPacket(t, hep.ProtocolUDP, 1, wire.PlainMessage)
	log := bytes.Replace(packet, []byte("\x00\x00\x00\x0b\x00\x07\x01"), []byte("\x00\x00\x00\x0b\x00\x07\x64"), 1)
	cutFrame := hepFrame(1, 1, packet)
	cutFrame.Data = cutFrame.Data[:len(cutFrame.Data)-1]
	for name, test := range map[string]struct {
		frame            *capture.Frame
		messages, broken uint64
		other            uint64
	}{
		"a log with SIP in it":    {hepFrame(1, 1, log), 0, 0, 1},
		"RTCP":                    {hepFrame(1, 1, hepPacket(t, hep.ProtocolUDP, 1, "\x80\xc8")), 0, 0, 1},
		"end missing":             {hepFrame(1, 1, packet[:len(packet)-1]), 1, 1, 0},
		"end cut by the capture":  {cutFrame, 1, 0, 0},
		"header alone":            {hepFrame(1, 1, []byte("HEP3\x00\x07")), 0, 1, 1},
		"length 0":                {hepFrame(1, 1, []byte("HEP3\x00\x00\x00\x00\x00\x01")), 0, 0, 1},
		"a method of this name":   {hepFrame(1, 1, []byte(strings.Replace(wire.PlainMessage, "MESSAGE", "HEP3", 1))), 1, 0, 0},
		"version 1 before no SIP": {hepFrame(1, 1, []byte("\x01\x10\x02\x11abcdabcdabcdxyz")), 0, 0, 0},
	} {
		d, r := newRecorder(Limits{})
		d.Frame(test.frame)
		if uint64(len(r.messages)) != test.messages || d.stats.HEP.Broken != test.broken || d.stats.Census.Packets[ClassHEP] != test.other {
			t.Errorf("%s: %d messages, %d broken, %d others, want %+v", name, len(r.messages), d.stats.HEP.Broken, d.stats.Census.Packets[ClassHEP], test)
		}
	}
}

// Agents beyond the limit share a number, and no packet is lost for it.
// A live capture reads what was sent to its listener, and nothing without the key.
func TestHEPTrust(t *testing.T) {
	for _, test := range []struct {
		name     string
		trust    HEPTrust
		listened bool
		want     int
	}{
		{"a file", HEPTrust{}, false, 1},
		{"passing by a live capture", HEPTrust{ListenedOnly: true}, false, 0},
		{"sent to the listener", HEPTrust{ListenedOnly: true}, true, 1},
		{"without the key", HEPTrust{Key: []byte("k")}, false, 0},
		{"without the key, to the listener", HEPTrust{ListenedOnly: true, Key: []byte("k")}, true, 0},
	} {
		r := &recorder{}
		d := NewDecoder(r, Options{HEP: test.trust})
		f := hepFrame(1, 10, hepPacket(t, 17, 1000, wire.PlainMessage))
		if test.listened {
			f.Interface = 1 << 16
		}
		d.Frame(f)
		d.Flush()
		if len(r.messages) != test.want || d.stats.HEP.Refused != uint64(1-test.want) {
			t.Errorf("%s: %d messages, %d refused", test.name, len(r.messages), d.stats.HEP.Refused)
		}
	}
}

func TestHEPAgents(t *testing.T) {
	d, r := newRecorder(Limits{Agents: 2})
	for id := range uint32(4) {
		p := hep.Packet{Type: hep.TypeSIP, AgentID: id, Node: []byte("node"), Payload: []byte(wire.PlainMessage)}
		b, _ := p.Append(nil)
		d.Frame(hepFrame(uint64(id), 1, b))
	}
	var agents []uint8
	for i := range r.messages {
		agents = append(agents, r.messages[i].Agent)
	}
	if diff := cmp.Diff([]uint8{1, 2, 3, 3}, agents); diff != "" || len(d.stats.HEP.Agents) != 2 || d.stats.HEP.Messages != 4 {
		t.Error(diff, d.stats.HEP)
	}
}

// hepStream is a TCP stream of n HEP packets, and what marks their messages.
func hepStream(t testing.TB, n int) (stream string, want []string) {
	for i := range n {
		id := fmt.Sprint("call-", i)
		want = append(want, id)
		stream += string(hepPacket(t, hep.ProtocolUDP, float64(i), wire.PlainMessageWith(t, "Call-ID", "Call-ID: "+id+"\r\n")))
	}
	return stream, want
}

func callIDs(messages []Message) (ids []string) {
	for i := range messages {
		ids = append(ids, messages[i].Text(messages[i].CallID))
	}
	return ids
}

// The messages of a stream do not depend on how it was cut into segments.
func TestHEPOverTCP(t *testing.T) {
	stream, want := hepStream(t, 5)
	for _, size := range []int{1, 3, 6, 100, 1460, len(stream)} {
		s, r := newSegmentSender(Limits{})
		s.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
		for at := 0; at < len(stream); at += size {
			s.client(100+uint32(at), stream[at:min(at+size, len(stream))])
		}
		s.Flush()
		if diff := cmp.Diff(want, callIDs(r.messages)); diff != "" {
			t.Fatalf("%d bytes a segment: %s", size, diff)
		}
		if m := r.messages[0]; m.Src.String() != "198.51.100.1:5062" || m.Conn != 0 || m.Transport != UDP || m.First > m.Frame {
			t.Errorf("%d bytes a segment: from %v, connection %d, %v, frames %d to %d", size, m.Src, m.Conn, m.Transport, m.First, m.Frame)
		}
		if s.stats.HEP.Broken != 0 || s.stats.HEP.Packets != 5 {
			t.Errorf("%d bytes a segment: %+v", size, s.stats.HEP)
		}
	}
}

// A capture that joins a stream in the middle, or lost a segment of it, has the
// messages of the packets that are whole, and none of another address.
func TestHEPOverTCPInTheMiddle(t *testing.T) {
	stream, want := hepStream(t, 5)
	packet := len(stream) / 5
	s, r := newSegmentSender(Limits{})
	s.client(100, stream[packet/2:packet*2])
	s.client(100+uint32(packet*2-packet/2), stream[packet*2:])
	s.Flush()
	if diff := cmp.Diff(want[1:], callIDs(r.messages)); diff != "" {
		t.Errorf("joined in the middle: %s", diff)
	}
	s, r = newSegmentSender(Limits{})
	s.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
	s.client(100, stream[:packet+packet/2])
	s.client(100+uint32(packet*2+packet/2), stream[packet*2+packet/2:])
	s.Flush()
	if diff := cmp.Diff(slicesOf(want, 0, 3, 4), callIDs(r.messages)); diff != "" {
		t.Errorf("with a gap: %s", diff)
	}
	if s.Stats().TCPGaps != 1 {
		t.Errorf("%d gaps, want 1", s.Stats().TCPGaps)
	}
}

func slicesOf(list []string, indexes ...int) (some []string) {
	for _, i := range indexes {
		some = append(some, list[i])
	}
	return some
}

// FuzzHEP checks that each packet of HEP is counted once, with at most one message,
// over UDP and over TCP, and that a stream of one packet gives what a datagram does.
func FuzzHEP(f *testing.F) {
	f.Add(hepPacket(f, hep.ProtocolUDP, 1, wire.PlainMessage))
	f.Add(hepPacket(f, hep.ProtocolTCP, 1, wire.UserAgentMessage)[:200])
	f.Add([]byte("HEP3\x00\x20\x00\x00\x00\x10\x00\x1ax\x9c\xf3\x0d\xf0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, ok := hep.Length(b)
		if !ok || n > len(b) || !hep.Looks(b) {
			return
		}
		b = b[:n]
		d, r := newRecorder(Limits{})
		d.Frame(hepFrame(1, 1, b))
		if d.stats.HEP.Packets != 1 || d.stats.HEP.Messages != uint64(len(r.messages)) || len(r.messages) > 1 {
			t.Fatalf("%+v, %d messages", d.stats.HEP, len(r.messages))
		}
		s, streamed := newSegmentSender(Limits{})
		s.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
		s.client(100, string(b))
		s.Flush()
		if s.stats.HEP.Messages != d.stats.HEP.Messages || s.stats.HEP.Broken != d.stats.HEP.Broken {
			t.Fatalf("over TCP %+v, over UDP %+v", s.stats.HEP, d.stats.HEP)
		}
		if len(r.messages) == 1 && !bytes.Equal(r.messages[0].Raw, streamed.messages[0].Raw) {
			t.Fatalf("over TCP %q, over UDP %q", streamed.messages[0].Raw, r.messages[0].Raw)
		}
	})
}
