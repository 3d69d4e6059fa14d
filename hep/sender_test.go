package hep

import (
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"udp://192.0.2.1:9000": "udp 192.0.2.1:9000", "tcp://[2001:db8::1]:1": "tcp [2001:db8::1]:1", "udp://": "udp 127.0.0.1:9060",
		"udp://:9061": "udp 127.0.0.1:9061", "tcp://homer": "tcp homer:9060", "udp://[::1]": "udp [::1]:9060", "udp://homer:": "udp homer:9060",
		"homer:9060": "", "http://homer": "", "udp:homer": "", "": "", "udp://homer/x": "", "udp://a@homer": "",
	} {
		network, address, err := ParseAddress(text)
		if (err != nil) != (want == "") || err == nil && network+" "+address != want {
			t.Errorf("%q: %s %s %v, want %q", text, network, address, err, want)
		}
	}
}

// notes keeps what a Sender says.
type notes struct {
	sync.Mutex
	lines []string
}

func (n *notes) add(line string) {
	n.Lock()
	defer n.Unlock()
	n.lines = append(n.lines, line)
}

// wait waits for a line that begins with a prefix, for longer than any machine takes.
func (n *notes) wait(prefix string) (came bool) {
	for end := time.Now().Add(time.Minute); !came && time.Now().Before(end); time.Sleep(time.Millisecond) {
		n.Lock()
		came = slices.ContainsFunc(n.lines, func(line string) bool { return strings.HasPrefix(line, prefix) })
		n.Unlock()
	}
	return came
}

func newSender(t *testing.T, network, address string) (*Sender, *notes) {
	t.Helper()
	n := new(notes)
	s, err := NewSender(SenderOptions{Network: network, Address: address, QueueBytes: 4096, Notify: n.add})
	if err != nil {
		t.Fatal(err)
	}
	return s, n
}

func TestSendUDP(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s, _ := newSender(t, "udp", server.LocalAddr().String())
	want := sample()
	s.Send(&want)
	s.Close()
	b := make([]byte, 2000)
	n, _, err := server.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	var got Packet
	if err := Parse(b[:n], &got); err != nil {
		t.Fatal(err)
	}
	compare(t, &want, &got)
	if sent, lost := s.Counts(); sent != 1 || lost != 0 {
		t.Errorf("%d sent, %d lost", sent, lost)
	}
}

// A collector that is away for a while gets what has found room in the queue, and the
// rest is counted. Nothing ever waits for it.
func TestSendTCPAway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	s, n := newSender(t, "tcp", address)
	p := sample()
	begin := time.Now()
	for range 100 {
		s.Send(&p)
	}
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("sending took %s", took)
	}
	n.wait("cannot send")
	if listener, err = net.Listen("tcp", address); err != nil {
		t.Skip(err) // somebody else has the port now
	}
	defer listener.Close()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	b := make([]byte, 1<<16)
	size := 0
	for err == nil {
		var k int
		k, err = conn.Read(b[size:])
		size += k
	}
	sent, lost := s.Counts()
	if sent == 0 || lost == 0 || sent+lost != 100 || size != int(sent)*len(mustAppend(t, p)) {
		t.Errorf("%d sent, %d lost, %d bytes came", sent, lost, size)
	}
	if len(n.lines) != 2 || !n.wait("cannot send HEP to tcp://"+address) || !n.wait("HEP is sent to tcp://") {
		t.Errorf("said %q", n.lines)
	}
}

// A collector that is begun again gets what is sent after that: the connection that it has
// closed takes one packet more without an error.
func TestSendTCPBegunAgain(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s, n := newSender(t, "tcp", listener.Addr().String())
	p := sample()
	want := mustAppend(t, p)
	for range 3 {
		s.Send(&p)
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadFull(conn, make([]byte, len(want))); err != nil {
			t.Fatalf("%v, said %q", err, n.lines)
		}
		conn.Close()
		time.Sleep(100 * time.Millisecond)
	}
	s.Close()
	if sent, lost := s.Counts(); sent != 3 || lost != 0 {
		t.Errorf("%d sent, %d lost", sent, lost)
	}
}

// Without a collector Close gives up, and everything is counted as lost.
func TestSendNobody(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		s, n := newSender(t, network, "127.0.0.1:1")
		p := sample()
		for range 5 {
			s.Send(&p)
		}
		begin := time.Now()
		s.Close()
		if took := time.Since(begin); took > closeTime+time.Minute { // it would try for ever
			t.Errorf("%s: Close took %s", network, took)
		}
		if sent, lost := s.Counts(); sent+lost != 5 || network == "tcp" && lost != 5 || len(n.lines) == 0 {
			t.Errorf("%s: %d sent, %d lost, said %q", network, sent, lost, n.lines)
		}
	}
	if _, err := NewSender(SenderOptions{Network: "udp", Address: "127.0.0.1:no-such-port"}); err == nil {
		t.Error("an address that cannot be resolved is accepted")
	}
}
