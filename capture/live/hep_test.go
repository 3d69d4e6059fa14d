package live_test

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
	"simplecap/capture/live"
	"simplecap/decode"
	"simplecap/hep"
)

// hepMessage is a HEP packet with a MESSAGE that has the Call-ID.
func hepMessage(t testing.TB, callID, key string) []byte {
	t.Helper()
	text := "MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nCall-ID: " + callID +
		"\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
	p := hep.Packet{
		Src: netip.MustParseAddrPort("192.0.2.1:5060"), Dst: netip.MustParseAddrPort("192.0.2.2:5060"), Protocol: hep.ProtocolUDP,
		Time: 1000e9, HasTime: true, Type: hep.TypeSIP, AgentID: 7, Node: []byte("ed\x1bge"), Key: []byte(key), Payload: []byte(text),
	}
	b, err := p.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// listenHEP listens on free ports of the loopback and returns their addresses.
func listenHEP(t *testing.T, options live.HEPOptions, networks ...string) (source *live.HEP, addresses []string) {
	t.Helper()
	for _, n := range networks {
		options.Addresses = append(options.Addresses, n+"://127.0.0.1:0")
	}
	source, err := live.ListenHEP(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	for name := range strings.SplitSeq(source.Inputs()[0].Name, ",") {
		_, address, _ := strings.Cut(name, "://")
		addresses = append(addresses, address)
	}
	return source, addresses
}

func dial(t *testing.T, network, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func send(t *testing.T, conn net.Conn, parts ...[]byte) {
	t.Helper()
	for _, b := range parts {
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
}

// patience is how long a test waits for what has to come.
const patience = 2 * time.Minute

// readUntil reads n frames, or what comes while one has patience.
func readUntil(t *testing.T, source capture.Source, n int) (frames []capture.Frame) {
	t.Helper()
	for end := time.Now().Add(patience); len(frames) < n && time.Now().Before(end); {
		frames = append(frames, readOnce(t, source)...)
	}
	return frames
}

// readOnce reads what is there, or comes while the source waits.
func readOnce(t *testing.T, source capture.Source) (frames []capture.Frame) {
	t.Helper()
	batch := make([]capture.Frame, 16)
	got, err := source.ReadBatch(batch)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range batch[:got] {
		f.Data = bytes.Clone(f.Data)
		frames = append(frames, f)
	}
	return frames
}

// found keeps the messages of frames.
type found struct{ messages []*decode.Message }

func (f *found) Message(m *decode.Message) { f.messages = append(f.messages, m.Clone()) }

func messagesIn(frames []capture.Frame) []*decode.Message {
	var f found
	d := decode.NewDecoder(&f, decode.Options{})
	for i := range frames {
		d.Frame(&frames[i])
	}
	d.Flush()
	return f.messages
}

func callIDs(messages []*decode.Message) (ids []string) {
	for _, m := range messages {
		ids = append(ids, m.Text(m.CallID))
	}
	return ids
}

// Packets come out in order, over UDP and over TCP however they are cut.
func TestListenHEP(t *testing.T) {
	source, addresses := listenHEP(t, live.HEPOptions{}, "udp", "tcp")
	a, b, c := hepMessage(t, "a", ""), hepMessage(t, "b", ""), hepMessage(t, "c", "")
	before := time.Now().UnixNano()
	send(t, dial(t, "udp", addresses[0]), a)
	frames := readUntil(t, source, 1)
	stream := dial(t, "tcp", addresses[1])
	send(t, stream, b[:3], b[3:100], append(bytes.Clone(b[100:]), c...))
	frames = append(frames, readUntil(t, source, 2)...)
	messages := messagesIn(frames)
	if diff := cmp.Diff([]string{"a", "b", "c"}, callIDs(messages)); diff != "" {
		t.Fatal(diff)
	}
	for i, m := range messages {
		f := &frames[i]
		if f.Number != uint64(i+1) || f.File != 1 || f.Link != capture.LinkRaw || f.Time < before || f.Time > time.Now().UnixNano() {
			t.Errorf("frame %+v", f)
		}
		if m.Src.String() != "192.0.2.1:5060" || m.Time != 1000e9 || m.Seen() != f.Time || m.Agent != 1 {
			t.Errorf("from %v, time %d, seen %d", m.Src, m.Time, m.Seen())
		}
		if name := source.InterfaceName(f.Interface); name != "hep 7 at 127.0.0.1, edge" {
			t.Errorf("name %q", name)
		}
	}
	if in := source.Inputs()[0]; in.Packets != 3 || in.Rejected != 0 || in.Format != "hep" || !in.Complete {
		t.Errorf("%+v", in)
	}
	clock := source.Clock()
	if frames := readOnce(t, source); len(frames) > 0 || clock > time.Now().UnixNano() {
		t.Errorf("%d frames more", len(frames))
	}
}

// What is not HEP, or lacks the key, is refused; what is merely damaged is left to the
// decoder.
func TestListenHEPRefuses(t *testing.T) {
	source, addresses := listenHEP(t, live.HEPOptions{Key: []byte("secret")}, "udp", "tcp")
	udp := dial(t, "udp", addresses[0])
	good := hepMessage(t, "good", "secret")
	send(t, udp, []byte("hello"), hepMessage(t, "none", ""), hepMessage(t, "wrong", "secreT"), good, good[:len(good)-1])
	if diff := cmp.Diff([]string{"good", "good"}, callIDs(messagesIn(readUntil(t, source, 2)))); diff != "" {
		t.Error(diff)
	}
	stream := dial(t, "tcp", addresses[1])
	send(t, stream, good, []byte("GET / HTTP/1.1\r\n\r\n"))
	if diff := cmp.Diff([]string{"good"}, callIDs(messagesIn(readUntil(t, source, 1)))); diff != "" {
		t.Error(diff)
	}
	if _, err := stream.Read(make([]byte, 1)); err == nil {
		t.Error("a connection with something else goes on")
	}
	if in := source.Inputs()[0]; in.Rejected != 4 {
		t.Errorf("%d refused, want 4", in.Rejected)
	}
}

// closes fails where a connection is not closed from the other side.
func closes(t *testing.T, conn net.Conn, what string) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s is held: %v", what, err)
	}
}

// notes collects lines of several goroutines.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) say(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, line)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.lines, "\n")
}

// Of too many connections the idlest goes, before all one that has sent nothing; one
// that stalls is closed. What was dropped is said.
func TestListenHEPLimits(t *testing.T) {
	var said notes
	source, addresses := listenHEP(t, live.HEPOptions{Notify: said.say,
		Limits: live.HEPLimits{Connections: 2, StallTime: 50 * time.Millisecond}}, "tcp")
	agent := dial(t, "tcp", addresses[0])
	send(t, agent, hepMessage(t, "a", ""))
	readUntil(t, source, 1)
	silent := dial(t, "tcp", addresses[0])
	third := dial(t, "tcp", addresses[0])
	closes(t, silent, "a silent connection beside a third one")
	if line := said.String(); !strings.Contains(line, silent.LocalAddr().String()) || !strings.Contains(line, "idlest of 2") {
		t.Errorf("said %q, and not that %s is dropped", line, silent.LocalAddr())
	}
	send(t, third, hepMessage(t, "c", ""))
	readUntil(t, source, 1)
	fourth := dial(t, "tcp", addresses[0])
	closes(t, agent, "the agent that was silent for longest")
	send(t, third, hepMessage(t, "d", "")[:50])
	closes(t, third, "a connection with half a packet")
	send(t, fourth, hepMessage(t, "e", ""))
	if diff := cmp.Diff([]string{"e"}, callIDs(messagesIn(readUntil(t, source, 1)))); diff != "" {
		t.Errorf("after that: %s", diff)
	}
}

// Who does not show the key within seconds is dropped, and so is who shows a wrong one.
func TestListenHEPProves(t *testing.T) {
	var said notes
	options := live.HEPOptions{Key: []byte("secret"), Notify: said.say}
	_, addresses := listenHEP(t, options, "tcp")
	wrong := dial(t, "tcp", addresses[0])
	send(t, wrong, hepMessage(t, "a", "secreT"))
	closes(t, wrong, "a connection with a wrong key")

	options.Limits.ProveTime = 200 * time.Millisecond
	_, addresses = listenHEP(t, options, "tcp")
	silent, slow := dial(t, "tcp", addresses[0]), dial(t, "tcp", addresses[0])
	go func() {
		for _, b := range hepMessage(t, "a", "secret") {
			if _, err := slow.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	closes(t, silent, "a silent connection")
	closes(t, slow, "a connection that sends a byte now and then")
	if line := said.String(); !strings.Contains(line, wrong.LocalAddr().String()+": it has not the key") {
		t.Errorf("said %q", line)
	}
}

// 0.0.0.0 is all addresses of IPv4, and no others.
func TestListenHEPFamily(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		source, err := live.ListenHEP(live.HEPOptions{Addresses: []string{network + "://0.0.0.0:0"}})
		if err != nil {
			t.Fatal(err)
		}
		if name := source.Inputs()[0].Name; !strings.HasPrefix(name, network+"://0.0.0.0:") {
			t.Errorf("listens at %s", name)
		}
		source.Close()
	}
}

// What the kernel drops because nobody reads is counted, and nothing else is lost.
func TestListenHEPDrops(t *testing.T) {
	source, addresses := listenHEP(t, live.HEPOptions{Limits: live.HEPLimits{QueueBytes: 1, SocketBytes: 16 << 10}}, "udp")
	conn := dial(t, "udp", addresses[0])
	const sent = 500
	for range sent {
		send(t, conn, hepMessage(t, "a", ""))
	}
	got := 0
	for end := time.Now().Add(patience); uint64(got)+source.Inputs()[0].KernelDrops < sent && time.Now().Before(end); {
		got += len(readOnce(t, source))
	}
	for range 2 {
		if in := source.Inputs()[0]; in.KernelDrops == 0 && runtime.GOOS == "linux" || uint64(got)+in.KernelDrops != sent {
			t.Errorf("%d read, %d dropped, %d sent", got, in.KernelDrops, sent)
		}
		source.Close()
	}
}

// Close ends a ReadBatch that waits, and all connections.
func TestListenHEPClose(t *testing.T) {
	source, addresses := listenHEP(t, live.HEPOptions{Limits: live.HEPLimits{QueueBytes: 1}}, "udp", "tcp")
	stream := dial(t, "tcp", addresses[1])
	for range 3 { // the queue is full
		send(t, stream, hepMessage(t, "a", ""))
	}
	done := make(chan error)
	go func() {
		var err error
		for frames := make([]capture.Frame, 4); err == nil; {
			_, err = source.ReadBatch(frames)
		}
		done <- err
	}()
	time.Sleep(20 * time.Millisecond)
	source.Close()
	if err := <-done; !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", addresses[1]); err == nil {
		t.Error("it still listens")
	}
}

func TestListenHEPErrors(t *testing.T) {
	for _, addresses := range [][]string{nil, {"127.0.0.1:9060"}, {"sctp://127.0.0.1"}, {"udp://127.0.0.1:port"}, {"udp://192.0.2.250:9060"}} {
		if source, err := live.ListenHEP(live.HEPOptions{Addresses: addresses}); err == nil {
			t.Errorf("%v: no error", addresses)
			source.Close()
		}
	}
}

// Frames that were unwrapped show the messages without HEP, as they were on the wire.
func TestHEPUnwrapper(t *testing.T) {
	source, addresses := listenHEP(t, live.HEPOptions{}, "udp")
	conn := dial(t, "udp", addresses[0])
	p := hep.Packet{
		Src: netip.MustParseAddrPort("192.0.2.1:5060"), Dst: netip.MustParseAddrPort("[2001:db8::2]:40000"), Protocol: hep.ProtocolTCP,
		Time: 5e9, HasTime: true, Type: hep.TypeSIP,
	}
	for _, id := range []string{"tcp-1", "tcp-2"} {
		p.Payload = []byte("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nCall-ID: " + id + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
		b, err := p.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		send(t, conn, b)
	}
	send(t, conn, hepMessage(t, "udp", ""))
	frames := readUntil(t, source, 3)
	var u live.HEPUnwrapper
	plain := u.Frames(frames)
	messages := messagesIn(plain)
	if diff := cmp.Diff([]string{"tcp-1", "tcp-2", "udp"}, callIDs(messages)); diff != "" {
		t.Fatal(diff)
	}
	for i, m := range messages {
		reported := messagesIn(frames[i : i+1])[0]
		if m.Src != reported.Src || m.Dst != reported.Dst || m.Time != reported.Time || m.Transport != reported.Transport || m.Agent != 0 {
			t.Errorf("%s: from %v to %v over %s at %d", callIDs(messages[i:])[0], m.Src, m.Dst, m.Transport, m.Time)
		}
		if plain[i].Number != frames[i].Number || bytes.Contains(plain[i].Data, []byte("HEP3")) {
			t.Errorf("frame %d: %q", plain[i].Number, plain[i].Data)
		}
	}
}
