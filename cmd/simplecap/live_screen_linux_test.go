package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// aMessage is a MESSAGE over UDP that nothing else is like.
func aMessage(number int) []byte {
	return fmt.Appendf(nil, "MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: %d@127.0.0.1\r\nCSeq: 1 MESSAGE\r\n"+
		"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", number, number)
}

// What is in vain is a row at once, what waits is one soon, and not when Timer F has
// run out.
func TestLiveShowsWhatWaits(t *testing.T) {
	namespace(t)
	b, out := startLive(t)
	silent, err := net.ListenPacket("udp", "127.0.0.1:5080")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i, port := range []int{5080, 5099} {
		conn.WriteTo(aMessage(i), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	}
	for _, want := range []string{"unreachable", " s, sent 1×"} {
		for {
			line, err := out.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(line, "without an answer") {
				t.Fatalf("shown when its time is over: %s", line)
			}
			if strings.Contains(line, want) {
				break
			}
		}
	}
	b.end(os.Interrupt)
	if talk := b.talk.String(); !strings.Contains(talk, "listening on lo") {
		t.Error(talk)
	}
}

// A second signal right after the first one, as timeout sends it to the command and its
// group, loses neither the summary nor packets; a third one ends the process. So does a
// connection that breaks, of which the terminal tells.
func TestLiveSignals(t *testing.T) {
	namespace(t)
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // what runs the tests may have it ignored, and who is begun by it then
	defer signal.Stop(heard)
	for _, signals := range [][]os.Signal{{syscall.SIGTERM, syscall.SIGTERM}, {syscall.SIGHUP}} {
		file := filepath.Join(t.TempDir(), "x.pcapng")
		b, out := startLive(t, "-w", file)
		conn, err := net.Dial("udp", "127.0.0.1:5080")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.Write(aMessage(1))
		for _, s := range signals {
			b.Process.Signal(s)
		}
		var text strings.Builder
		if _, err := out.WriteTo(&text); err != nil {
			t.Fatal(err)
		}
		if err := b.Wait(); err != nil {
			t.Errorf("%v: %v: %s", signals, err, b.talk.String())
		}
		if !strings.Contains(text.String(), "1 MESSAGE request in 1 transaction") {
			t.Errorf("%v: no summary:\n%s", signals, text.String())
		}
		got, err := exec.Command(simplecapCommand(t), "read", "--format", "csv", file).Output()
		if err != nil || strings.Count(string(got), "\n") != 2 {
			t.Errorf("%v: %v: %s", signals, err, got)
		}
	}
}

// A file of --output that is removed is said: what is printed to it is lost.
func TestLiveOutputRemoved(t *testing.T) {
	namespace(t)
	name := filepath.Join(t.TempDir(), "rows.ndjson")
	b, _ := startLive(t, "--format", "ndjson", "-o", name)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); !strings.Contains(b.talk.String(), "was removed") && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	b.end(os.Interrupt)
	if talk := b.talk.String(); strings.Count(talk, "rows.ndjson was removed") != 1 {
		t.Error(talk)
	}
}
