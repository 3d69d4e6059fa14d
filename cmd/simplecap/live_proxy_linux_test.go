package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// host is a network namespace that a cable joins to that of the test.
type host struct{ namespace, v4, v6 string }

// attach makes a host. The test's end of the cable has address 1, the host's 2.
func attach(t *testing.T, number int) host {
	t.Helper()
	h := host{fmt.Sprintf("simplecap-%d-%d", os.Getpid(), number), fmt.Sprintf("10.77.%d.", number), fmt.Sprintf("fd77:%d::", number)}
	here, there := fmt.Sprintf("c%d", number), "eth0"
	if out, err := exec.Command("ip", "netns", "add", h.namespace).CombinedOutput(); err != nil {
		t.Skipf("no right to name a network namespace: %s", out)
	}
	t.Cleanup(func() { exec.Command("ip", "netns", "del", h.namespace).Run() })
	command(t, "ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", h.namespace)
	command(t, "ip", "addr", "add", h.v4+"1/24", "dev", here)
	command(t, "ip", "addr", "add", h.v6+"1/64", "dev", here, "nodad")
	command(t, "ip", "link", "set", here, "up")
	h.run(t, "ip", "link", "set", "lo", "up")
	h.run(t, "ip", "addr", "add", h.v4+"2/24", "dev", there)
	h.run(t, "ip", "addr", "add", h.v6+"2/64", "dev", there, "nodad")
	h.run(t, "ip", "link", "set", there, "up")
	return h
}

// run runs a program on the host to its end.
func (h host) run(t *testing.T, args ...string) {
	t.Helper()
	command(t, "ip", append([]string{"netns", "exec", h.namespace}, args...)...)
}

// sipp is a scenario of sipp on the host.
func (h host) sipp(scenario, dir string, args ...string) *exec.Cmd {
	path, _ := filepath.Abs(filepath.Join("testdata", "sipp", scenario))
	c := exec.Command("ip", append([]string{"netns", "exec", h.namespace, "sipp", "-sf", path, "-nostdin"}, args...)...)
	c.Dir = dir
	return c
}

// relayed sends MESSAGEs from one host through the proxy to the other.
func relayed(t *testing.T, from, to host, v6 bool, transport string, calls, body int) {
	t.Helper()
	local, proxy, remote := from.v4+"2", from.v4+"1", to.v4+"2"
	if v6 {
		local, proxy, remote = from.v6+"2", "["+from.v6+"1]", to.v6+"2"
	}
	dir, n := t.TempDir(), fmt.Sprint(calls)
	inf := bodyFile(t, dir, body)
	server := to.sipp("uas.xml", dir, "-i", remote, "-p", "5070", "-t", transport, "-m", n)
	client := from.sipp("uac.xml", dir, "-inf", inf, "-i", local, "-p", "5062", "-t", transport, "-m", n, "-r", "100", "-timeout", sippTime, proxy+":5060")
	converse(t, server, client)
}

// On a proxy host, -i any sees both hops of each MESSAGE as tcpdump does, and joins
// them: over UDP, TCP and IPv6, and in fragments.
func TestLiveOnProxyHost(t *testing.T) {
	namespace(t, "sipp", "tcpdump", "kamailio")
	from, to := attach(t, 1), attach(t, 2)
	config, _ := filepath.Abs(filepath.Join("testdata", "sipp", "kamailio.cfg"))
	dir := t.TempDir()
	proxy := start(t, "kamailio", "-f", config, "-DD", "-E", "-w", dir, "-Y", dir, "-P", filepath.Join(dir, "pid"))
	defer proxy.Process.Signal(syscall.SIGTERM) // before it is killed: it has children
	file := filepath.Join(dir, "tcpdump.pcap")
	tcpdump := start(t, "tcpdump", "-i", "any", "-B", "16384", "-U", "-w", file, "-s", "0")
	out := filepath.Join(dir, "live.ndjson")
	live := start(t, simplecapCommand(t), "live", "--format", "ndjson", "--early", "-o", out)
	capturing(t, 2)
	listening(t, proxy.Process.Pid, 5060, 8) // as its configuration says

	const calls = 10
	for _, v6 := range []bool{false, true} {
		relayed(t, from, to, v6, "u1", calls, 100)
		relayed(t, from, to, v6, "u1", calls, 4000) // in fragments
		relayed(t, from, to, v6, "t1", calls, 2000)
	}
	until(t, "all that was sent", func() bool {
		return answers(out) == 2*6*calls && answersRead(simplecapCommand(t), file) == 2*6*calls
	})
	proxy.end(syscall.SIGTERM)
	tcpdump.end(os.Interrupt)
	live.end(os.Interrupt)

	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want := command(t, simplecapCommand(t), "read", "--format", "ndjson", file)
	if got := rows(t, want); len(got) != 2*6*calls {
		t.Errorf("tcpdump has %d transactions, want %d", len(got), 2*6*calls)
	}
	if diff := cmp.Diff(rows(t, want), rows(t, string(text))); diff != "" {
		t.Errorf("transactions: %s", diff)
	}
	delivered := `"verdict":"delivered"`
	if a, b := strings.Count(want, delivered), strings.Count(string(text), delivered); a != 6*calls || b != a {
		t.Errorf("%d deliveries with tcpdump, %d live, want %d", a, b, 6*calls)
	}
	if !strings.Contains(string(text), `"kernel_drops":0`) {
		t.Error("no report, or with drops")
	}
}
