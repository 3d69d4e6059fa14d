package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
)

// startKamailio starts a proxy on 127.0.0.2 that reports to 127.0.0.1:9060.
func startKamailio(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	config, err := filepath.Abs("testdata/kamailio/siptrace.cfg")
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, "kamailio", "-f", config, "-w", dir, "-Y", dir, "-P", filepath.Join(dir, "pid"), "-m", "64", "-M", "8", "-DD", "-E")
	t.Cleanup(func() {
		b.Process.Signal(syscall.SIGTERM) // it ends its children
		b.Wait()
	})
	listening(t, b.Process.Pid, 5060, 2) // over UDP and TCP
}

// proxied has sipp send MESSAGEs through the proxy to another sipp.
func proxied(t *testing.T, transport string, calls int) {
	t.Helper()
	dir := t.TempDir()
	inf := filepath.Join(dir, "body.csv")
	if err := os.WriteFile(inf, []byte("SEQUENTIAL\nhello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sipp := func(scenario string, args ...string) *exec.Cmd {
		path, _ := filepath.Abs(filepath.Join("testdata", "sipp", scenario))
		c := exec.Command("sipp", append([]string{"-sf", path, "-t", transport, "-m", fmt.Sprint(calls), "-nostdin"}, args...)...)
		c.Dir = dir
		return c
	}
	server := sipp("uas.xml", "-i", "127.0.0.3", "-p", "5070")
	client := sipp("uac.xml", "-inf", inf, "-i", "127.0.0.1", "-p", "5062", "-r", "100", "-timeout", sippTime, "127.0.0.2:5060")
	converse(t, server, client)
}

// portless leaves out what an agent cannot know: the port from which it opened a
// TCP connection. Whether two MESSAGEs overlap is decided by microseconds between an
// answer and the next request, which the wire and the agent see at other times.
func portless(list []row) []row {
	for i := range list {
		list[i].Findings = slices.DeleteFunc(list[i].Findings, func(id string) bool { return id == "overlapping-messages" })
		if list[i].Transport == "tcp" {
			list[i].Src = netip.MustParseAddrPort(list[i].Src).Addr().String()
		}
	}
	return list
}

func rowsOf(t *testing.T, name string) []row {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return portless(rows(t, string(text)))
}

// reportOf reads the report at the end of an ndjson file.
func reportOf(t *testing.T, name string) (r struct {
	Inputs  []struct{ Packets, Rejected int }
	SIP     struct{ Messages int }
	HEP     struct{ Packets, Messages, Broken int }
	Quality struct{ Duplicates int }
}) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// What Kamailio reports is what passes it, transaction by transaction; and so is what
// one simplecap reports to another, which never sends on what it sent itself.
func TestHEPAgainstTheWire(t *testing.T) {
	namespace(t, "sipp", "kamailio", "tcpdump")
	if matches, _ := filepath.Glob("/usr/lib/*/kamailio/modules/siptrace.so"); len(matches) == 0 {
		t.Skip("no siptrace module here")
	}
	simplecap := simplecapCommand(t)
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	live := func(output string, args ...string) *background {
		return start(t, simplecap, append([]string{"live", "--format", "ndjson", "--early", "-o", name(output)}, args...)...)
	}
	running := []*background{
		live("both.ndjson", "-i", "lo", "--hep-listen", "udp://127.0.0.1:9061", "--hep-key", "secret"),
		live("third.ndjson", "--hep-listen", "tcp://127.0.0.1:9062"),
		live("agent.ndjson", "--hep-listen", "udp://127.0.0.1:9060", "-w", name("agent.pcapng"), "--hep-send", "udp://127.0.0.1:9061"),
		live("lo.ndjson", "-i", "lo", "--hep-send", "tcp://127.0.0.1:9062", "--hep-node", "edge"),
		start(t, "tcpdump", "-i", "lo", "-B", "16384", "-U", "-s", "0", "-w", name("wire.pcap"), "port 5060 or port 5070"),
	}
	startKamailio(t)
	capturing(t, 3)
	for i, port := range []int{9061, 9062, 9060} {
		listening(t, running[i].Process.Pid, port, 1)
	}

	const calls = 10
	proxied(t, "u1", calls)
	proxied(t, "t1", calls)
	outputs := []string{"agent.ndjson", "lo.ndjson", "both.ndjson", "third.ndjson"}
	until(t, "all that was sent", func() bool {
		lacks := func(output string) bool { return answers(name(output)) < 4*calls }
		return !slices.ContainsFunc(outputs, lacks) && answersRead(simplecap, name("wire.pcap")) == 4*calls
	})
	for i := len(running) - 1; i >= 0; i-- {
		running[i].end(os.Interrupt)
	}

	want := portless(rows(t, command(t, simplecap, "read", "--format", "ndjson", name("wire.pcap"))))
	if len(want) != 4*calls {
		t.Errorf("the wire has %d transactions, want %d", len(want), 4*calls)
	}
	for _, output := range outputs {
		if diff := cmp.Diff(want, rowsOf(t, name(output))); diff != "" {
			t.Errorf("%s (-wire +HEP): %s", output, diff)
		}
	}
	written := rows(t, command(t, simplecap, "read", "--format", "ndjson", name("agent.pcapng")))
	if diff := cmp.Diff(want, portless(written)); diff != "" {
		t.Errorf("the file written (-wire +HEP): %s", diff)
	}
	if r := reportOf(t, name("third.ndjson")); r.HEP.Packets != 8*calls || r.Quality.Duplicates != 0 {
		t.Errorf("sent on: %+v, want %d messages once each", r, 8*calls)
	}
	if r := reportOf(t, name("lo.ndjson")); r.HEP.Broken != 0 || r.Quality.Duplicates != r.SIP.Messages-8*calls {
		t.Errorf("on lo: %+v", r)
	}
	if r := reportOf(t, name("both.ndjson")); len(r.Inputs) != 2 || r.Inputs[1].Rejected != 8*calls || r.Inputs[1].Packets != 0 {
		t.Errorf("with another key: %+v", r.Inputs)
	}
}

// reportsIn are the HEP packets of a capture, one after the other.
func reportsIn(t *testing.T, name string) (stream []byte) {
	t.Helper()
	src, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	frames := make([]capture.Frame, 64)
	for err == nil {
		var n int
		n, err = src.ReadBatch(frames)
		for _, f := range frames[:n] {
			if i := bytes.Index(f.Data, []byte("HEP3")); i >= 0 {
				stream = append(stream, f.Data[i:]...)
			}
		}
	}
	return stream
}

// HEP that is sent here gives the transactions that its capture gives, without any
// right, and -c and Ctrl-C end it.
func TestLiveHEP(t *testing.T) {
	name := filepath.Join(captures, "hep3-siptrace.pcap")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	simplecap := simplecapCommand(t)
	output := filepath.Join(t.TempDir(), "out.ndjson")
	b := start(t, simplecap, "live", "--hep-listen", "tcp://"+address, "-c", "20", "--format", "ndjson", "-o", output)
	var conn net.Conn
	until(t, "somebody to listen", func() bool {
		conn, err = net.Dial("tcp", address)
		return err == nil
	})
	defer conn.Close()
	if _, err := conn.Write(reportsIn(t, name)); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(); err != nil {
		t.Fatalf("%v: %s", err, b.talk.String())
	}
	want := rows(t, command(t, simplecap, "read", "--format", "ndjson", name))
	if diff := cmp.Diff(want, rowsOf(t, output)); diff != "" || len(want) != 10 {
		t.Errorf("%d transactions in the file (-file +live): %s", len(want), diff)
	}
}
