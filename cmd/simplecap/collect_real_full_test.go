//go:build full && linux

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"simplecap/bus"
	"simplecap/capture"
)

var realTime = flag.Duration("real", 0, "how long SIPp sends in TestCollectReal, such as 12s; 0 leaves it out")

var realKeep = flag.String("keep", "", "a directory that is not there, in which TestCollectReal leaves captures, rows and the store of the bus to be looked at")

// insideKey says to the test binary that it runs in a network namespace of its own, with
// all of its threads.
const insideKey = "SIMPLECAP_TEST_INSIDE"

// inside runs the test in a network namespace of its own, and reports whether it is there.
func inside(t *testing.T, programs ...string) bool {
	t.Helper()
	if os.Getenv(insideKey) != "" {
		return true
	}
	for _, p := range append(programs, "ip", "unshare") {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("no %s here", p)
		}
	}
	if out, err := exec.Command("unshare", "-n", "ip", "link").CombinedOutput(); err != nil {
		t.Skipf("no right to make a network namespace: %s", out)
	}
	c := exec.Command("unshare", append([]string{"-n", os.Args[0], "-test.v", "-test.run=^" + t.Name() + "$"}, fmt.Sprint("-real=", *realTime), "-keep="+*realKeep)...)
	c.Env = append(os.Environ(), insideKey+"=1")
	out, err := c.CombinedOutput()
	if t.Log(string(out)); err != nil {
		t.Fatal(err)
	}
	return false
}

// lan is a bridge, which the test has address 10.88.0.1 at.
func lan(t *testing.T) {
	for _, args := range []string{"link set lo up", "link add lan type bridge", "addr add 10.88.0.1/24 dev lan", "link set lan up"} {
		command(t, "ip", strings.Fields(args)...)
	}
}

// station is a host at the bridge.
type station struct{ namespace, address string }

func plug(t *testing.T, number int) *station {
	s := &station{fmt.Sprintf("simplecap-%d-%d", os.Getpid(), number), fmt.Sprintf("10.88.0.%d", number)}
	if out, err := exec.Command("ip", "netns", "add", s.namespace).CombinedOutput(); err != nil {
		t.Skipf("no right to name a network namespace: %s", out)
	}
	t.Cleanup(func() { exec.Command("ip", "netns", "del", s.namespace).Run() })
	port := fmt.Sprint("p", number)
	command(t, "ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", s.namespace)
	command(t, "ip", "link", "set", port, "master", "lan", "up")
	for _, args := range []string{"link set lo up", "addr add " + s.address + "/24 dev eth0", "link set eth0 up"} {
		command(t, "ip", append([]string{"-n", s.namespace}, strings.Fields(args)...)...)
	}
	return s
}

// start runs a program on the host beside the test.
func (s *station) start(t *testing.T, args ...string) *background {
	t.Helper()
	return start(t, "ip", append([]string{"netns", "exec", s.namespace}, args...)...)
}

// capturing waits until so many packet sockets receive on the host.
func (s *station) capturing(t *testing.T, sockets int) {
	t.Helper()
	until(t, "captures on a host to begin", func() bool {
		n := 0
		for line := range strings.Lines(command(t, "ip", "netns", "exec", s.namespace, "cat", "/proc/net/packet")) {
			if fields := strings.Fields(line); len(fields) > 5 && fields[5] == "1" {
				n++
			}
		}
		return n >= sockets
	})
}

// proxy runs Kamailio on the host.
func (s *station) proxy(t *testing.T, back, next string, defines ...string) {
	t.Helper()
	dir := t.TempDir()
	config, _ := filepath.Abs(filepath.Join("testdata", "sipp", "cluster.cfg"))
	args := []string{"kamailio", "-f", config, "-DD", "-E", "-w", dir, "-Y", dir, "-P", filepath.Join(dir, "pid"), "-l", "udp:" + s.address + ":5060",
		"-A", `BACK="sip:` + back + `"`, "-A", `NEXT="sip:` + next + `"`}
	for _, define := range defines {
		args = append(args, "-A", define)
	}
	b := s.start(t, args...)
	t.Cleanup(func() { // killed, it would leave its children
		b.Process.Signal(syscall.SIGTERM)
		b.Wait()
	})
	listening(t, b.Process.Pid, 5060, 1)
}

// sip runs a scenario of SIPp on the host.
func (s *station) sip(t *testing.T, scenario, call string, port, calls int, rate float64, more ...string) *background {
	t.Helper()
	path, _ := filepath.Abs(filepath.Join("testdata", "sipp", scenario))
	args := []string{"sipp", "-sf", path, "-nostdin", "-i", s.address, "-p", fmt.Sprint(port), "-cid_str", call, "-timeout_error", "-recv_timeout", "30000"}
	if calls > 0 {
		args = append(args, "-m", fmt.Sprint(calls), "-r", fmt.Sprint(rate))
	}
	return s.start(t, append(args, more...)...)
}

// offHost is a host whose clock is 90 s ahead: servers, its name, and a capture of it from
// standard input, of which it publishes what a host with such a clock would.
func offHost() {
	const off = 90 * time.Second
	if err := publishOff(strings.Split(os.Args[1], ","), os.Args[2], os.Args[3], off); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func publishOff(servers []string, name, dir string, off time.Duration) error {
	src, err := capture.Open([]string{"-"}, capture.Options{Stdin: os.Stdin})
	if err != nil {
		return err
	}
	defer src.Close()
	return publishShifted(context.Background(), servers, bus.AgentOptions{Name: name, Epoch: uint64(time.Now().UnixNano())}, dir, src, off)
}

// agents are the hosts that publish, and the captures that tcpdump makes of each.
type agents struct {
	t       *testing.T
	dir     string
	servers string
	command string
	files   []string
	running []*background
	dumps   []*background
}

// watch captures on a host and publishes, and has tcpdump write the same; the clock of the
// host is off where that is said.
func (a *agents) watch(s *station, name string, off bool) {
	file := filepath.Join(a.dir, name+".pcap")
	dump := s.start(a.t, "tcpdump", "-i", "any", "-U", "-B", "8192", "-s", "0", "-w", file, "udp")
	a.files, a.dumps = append(a.files, file), append(a.dumps, dump)
	spool := filepath.Join(a.dir, name+".spool")
	if !off {
		a.running = append(a.running, s.start(a.t, a.command, "live", "-i", "any", "-q", "-o", filepath.Join(a.dir, name+".txt"), "--publish", a.servers, "--agent", name,
			"--nats-replicas", "3", "--spool", spool, "-Z", "root", "udp"))
		s.capturing(a.t, 2)
		return
	}
	to, from, err := os.Pipe()
	if err != nil {
		a.t.Fatal(err)
	}
	link := filepath.Join(a.dir, "offhost")
	if err := os.Symlink(a.command, link); err != nil {
		a.t.Fatal(err)
	}
	agent := exec.Command("ip", "netns", "exec", s.namespace, link, a.servers, name, spool)
	tap := exec.Command("ip", "netns", "exec", s.namespace, "tcpdump", "-i", "any", "-U", "-B", "8192", "-s", "0", "-w", "-", "udp")
	agent.Stdin, tap.Stdout = to, from
	for _, c := range []*exec.Cmd{agent, tap} {
		b := &background{Cmd: c, t: a.t}
		if c.Stderr = &b.talk; c.Start() != nil {
			a.t.Fatal(c)
		}
		a.t.Cleanup(func() { c.Process.Kill() })
		a.running = append(a.running, b)
	}
	to.Close()
	from.Close()
	s.capturing(a.t, 2)
}

// end ends all captures, and waits until everything is published.
func (a *agents) end() {
	for _, b := range append(a.dumps, a.running...) {
		if filepath.Base(b.Args[len(b.Args)-1]) == "udp" { // it captures
			b.Process.Signal(os.Interrupt)
		}
	}
	for _, b := range append(a.dumps, a.running...) {
		if err := b.Wait(); err != nil {
			a.t.Errorf("%v: %v: %s", b.Args, err, b.talk.String())
		}
	}
}

// TestCollectReal wants the rows of the captures of all hosts, merged, from hosts on which
// Kamailio passes on what SIPp sends, texts and SMS with reports, while all goes wrong that
// does in TestCollectChaos: a proxy gives calls other Call-IDs, the clock of a host is 90 s
// off and one begins to publish late.
func TestCollectReal(t *testing.T) {
	if *realTime == 0 && os.Getenv(insideKey) == "" {
		t.Skip("real traffic through a cluster takes half a minute and more: -real 12s")
	}
	if !inside(t, "kamailio", "sipp", "tcpdump") {
		return
	}
	over, dir := *realTime, cmp.Or(*realKeep, t.TempDir())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute+10*over)
	defer cancel()
	lan(t)
	command := simplecapCommand(t)
	nodes, clients := startCluster(ctx, t, command, dir)
	var cables []*busCable
	var far, near []string
	for _, to := range clients {
		c, address := layCable(t, "10.88.0.1:0", to)
		cables, far, near = append(cables, c), append(far, "nats://"+address), append(near, "nats://"+to)
	}
	gateway, handsets := plug(t, 20), plug(t, 21)
	proxies := []*station{plug(t, 11), plug(t, 12), plug(t, 13)}
	proxies[0].proxy(t, gateway.address+":5070", proxies[1].address+":5060", "HIDES")
	proxies[1].proxy(t, proxies[0].address+":5060", proxies[2].address+":5060", "FORGETS")
	proxies[2].proxy(t, proxies[1].address+":5060", handsets.address+":5070")
	a := &agents{t: t, dir: dir, servers: strings.Join(far, ","), command: command}
	a.watch(proxies[0], "proxy-1", false)
	a.watch(proxies[1], "proxy-2", true)
	out := filepath.Join(dir, "rows")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	gateway.sip(t, "uas.xml", "x", 5070, 0, 0)
	handsets.sip(t, "uas.xml", "y", 5070, 0, 0)
	published := make(chan struct{})
	var failed sync.Once
	go func() {
		defer close(published)
		round := func(name string, over time.Duration) {
			const texts, sms = 30.0, 15.0 // a second
			all := []*background{
				gateway.sip(t, "uac.xml", name+"-text-%u@gw", 5062, int(texts*over.Seconds()), texts, "-inf", bodyFile(t, t.TempDir(), 30), proxies[0].address+":5060"),
				gateway.sip(t, "sms.xml", name+"-%u@gw", 5064, int(sms*over.Seconds()), sms, "-key", "round", name, proxies[0].address+":5060"),
			}
			time.Sleep(2 * time.Second) // a report comes behind its SMS
			all = append(all, handsets.sip(t, "ack.xml", name+"-ack-%u@ue", 5066, int(sms*over.Seconds()), sms, "-key", "round", name, proxies[2].address+":5060"))
			for _, b := range all {
				if err := b.Wait(); err != nil {
					failed.Do(func() { t.Errorf("%v: %v: %s", b.Args, err, b.talk.String()) })
				}
			}
		}
		round("1", over/3)
		a.watch(proxies[2], "proxy-3", false) // it was not there before
		round("2", over-over/3)
		time.Sleep(time.Second)
		a.end()
	}()
	kills := chaos(ctx, t, over, cables, nodes, command, strings.Join(near, ","), out, published)
	if last := startCollector(ctx, t, command, strings.Join(near, ","), out, "--once"); last.Wait() != nil {
		t.Fatal(last.said.String())
	}
	compareRows(t, ctx, a.files, dir, out, kills, presently)
}

// presently is loosely, of times only whether there is one: between clocks of which one is
// put right to some microseconds, a millisecond begins here or there. None is negative.
func presently(rows []string) (all []string) {
	for _, text := range loosely(rows) {
		var row map[string]any
		json.Unmarshal([]byte(text), &row)
		for name, value := range row {
			if number, ok := value.(float64); ok && strings.HasSuffix(name, "_ms") {
				row[name] = number >= 0
			}
		}
		for _, name := range []string{"forward_ms", "relay_ms"} { // not where the bound is more than it is
			delete(row, name)
		}
		one, _ := json.Marshal(row)
		all = append(all, string(one))
	}
	slices.Sort(all)
	return all
}
