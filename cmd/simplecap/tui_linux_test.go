package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tmuxScreen is a program in a terminal of tmux, with a server of its own.
type tmuxScreen struct {
	t      *testing.T
	socket string
	status string // file that the exit status goes to
}

// onScreen runs the command in a terminal, and skips the test without tmux.
func onScreen(t *testing.T, width, height int, dir, command string) *tmuxScreen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux here")
	}
	s := &tmuxScreen{t: t, socket: filepath.Join(t.TempDir(), "tmux"), status: filepath.Join(t.TempDir(), "status")}
	line := fmt.Sprintf("cd %s && %s; echo $? >%s; sleep 600", dir, command, s.status)
	s.tmux("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "env LC_ALL=C.UTF-8 sh -c '"+line+"'")
	t.Cleanup(func() { exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	return s
}

func (s *tmuxScreen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-u", "-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// keys presses keys, by the names that tmux has for them.
func (s *tmuxScreen) keys(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}

// see waits until all of the texts are on the screen.
func (s *tmuxScreen) see(texts ...string) string {
	s.t.Helper()
	var screen string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		screen = s.tmux("capture-pane", "-p")
		missing := ""
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				missing = text
			}
		}
		if missing == "" {
			return screen
		}
	}
	s.t.Fatalf("%q is not on the screen:\n%s", texts, screen)
	return ""
}

// A user who walks around in captures, on a small, a usual and a large terminal.
func TestScreenOfCaptures(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	pcaps, err := filepath.Abs("../../testdata/pcaps")
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{60, 15}, {80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := onScreen(t, size[0], size[1], dir, simplecapCommand(t)+" tui "+filepath.Join(pcaps, "proxy-408-then-late-200.pcap")+" "+
				filepath.Join(pcaps, "fork-parallel.pcap")+" "+filepath.Join(pcaps, "udp-no-response-port-unreachable.pcap"))
			s.see("✗ 2 failed", "✓ 3", "? all keys", "1/5")
			s.keys("Enter")
			s.see("Delivery 1: answer not passed on by 192.0.2.1", "MESSAGE")
			s.keys("]")
			s.see("Delivery 2: 192.0.2.20 could not be reached")
			s.keys("3")
			s.see("Hops, with the numbers")
			s.keys("5")
			s.see("transport-error")
			s.keys("q", "x")
			s.see("2/2 failures")
			s.keys("x", "f", "status == 486", "Enter")
			s.see("/2 filter")
			s.keys("Escape")
			s.see("/5")
			s.keys("b")
			s.see("texts")
			s.keys("Enter")
			s.see("Text 1: instant message (im)")
			s.keys("6")
			s.see("text/plain")
			s.keys("q", "b")
			s.see("/12 tr")
			s.keys("b", "/", "nowhere")
			s.see("not found")
			s.keys("C-c")
			s.see("? all keys")
			s.keys("t")
			s.see("Deliveries by verdict")
			s.keys("q", "p")
			s.see("Peers")
			s.keys("q", "?")
			s.see("In the list")
			s.keys("q", "G", "w")
			s.see("save the 5 shown")
			s.keys("Enter")
			s.see("saved 5 deliveries")
			s.tmux("resize-window", "-x", "100", "-y", "30")
			s.see("5/5", "from @example.com")
			s.keys("q")
			s.see("info, listed with -v") // the last line of the summary
			if status := s.ended(); status != "0" {
				t.Errorf("it ends with %s", status)
			}
			report := command(t, simplecapCommand(t), "read", "--format", "csv", filepath.Join(dir, "simplecap.pcapng"))
			if n := strings.Count(report, "\n"); n != 13 {
				t.Errorf("what was saved has %d lines, want 12 transactions and the titles:\n%s", n, report)
			}
		})
	}
}

// A filter over texts begins with their list, and keeps what it asks for alone.
func TestScreenOfTexts(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	pcap, err := filepath.Abs("../../testdata/pcaps/sms-no-report-and-late-report.pcap")
	if err != nil {
		t.Fatal(err)
	}
	s := onScreen(t, 110, 20, t.TempDir(), simplecapCommand(t)+` tui --where "text_end == \"no-report\"" `+pcap)
	s.see("✗ 2 failed", "1/2 texts")
	s.keys("q")
	if status := s.ended(); status != "0" {
		t.Errorf("it ends with %s", status)
	}
}

// ended waits for the end of the program and returns its status.
func (s *tmuxScreen) ended() string {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if text, err := os.ReadFile(s.status); err == nil && len(text) > 0 {
			return strings.TrimSpace(string(text))
		}
	}
	s.t.Fatal("it does not end")
	return ""
}

// Live, what waits is on the screen, and can be opened and saved while the capture runs
// without any right.
func TestScreenOfInterface(t *testing.T) {
	namespace(t, "tmux")
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	s := onScreen(t, 100, 30, dir, simplecapCommand(t)+" tui -i lo -Z root")
	s.see("waiting for the first MESSAGE", "●")
	silent, err := net.ListenPacket("udp", "127.0.0.1:5080")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	conn, err := net.Dial("udp", "127.0.0.1:5080")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Write(aMessage(1))
	s.see("waits, sent 1×", "⋯ 1 wait", "1 open")
	conn.Write(aMessage(1))
	s.see("waits, sent 2×")
	s.keys("Enter")
	s.see("Delivery 1: no answer yet", "MESSAGE again")
	s.keys("w", "C-u", "one.md", "Enter")
	s.see("saved 1 delivery in one.md")
	s.keys("q", "q")
	s.see("2 MESSAGE requests in 1 transaction", "simplecap: listening on lo")
	if status := s.ended(); status != "0" {
		t.Errorf("it ends with %s", status)
	}
	text, err := os.ReadFile(filepath.Join(dir, "one.md"))
	if err != nil || !strings.Contains(string(text), "MESSAGE sip:bob@example.com SIP/2.0") {
		t.Errorf("%v: %s", err, text)
	}
}

// On a proxy host, SIPp's MESSAGEs through Kamailio stand as deliveries of two hops while
// they come, and one whose next hop is not there waits and can be opened.
func TestScreenOfProxyHost(t *testing.T) {
	namespace(t, "tmux", "sipp", "kamailio")
	from, to := attach(t, 1), attach(t, 2)
	config, _ := filepath.Abs(filepath.Join("testdata", "sipp", "kamailio.cfg"))
	dir := t.TempDir()
	proxy := start(t, "kamailio", "-f", config, "-DD", "-E", "-w", dir, "-Y", dir, "-P", filepath.Join(dir, "pid"))
	defer proxy.Process.Signal(syscall.SIGTERM) // before it is killed: it has children
	s := onScreen(t, 120, 30, dir, simplecapCommand(t)+" tui -i any -Z root")
	s.see("waiting for the first MESSAGE", "●")
	listening(t, proxy.Process.Pid, 5060, 8) // as its configuration says

	relayed(t, from, to, false, "u1", 10, 100)
	s.see("✓ 10", "delivered", "10/10", "following")
	client := from.sipp("uac.xml", dir, "-inf", bodyFile(t, dir, 100), "-i", from.v4+"2", "-p", "5062", "-t", "u1", "-m", "1", "-timeout", sippTime, from.v4+"1:5060")
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	defer client.Wait()
	defer client.Process.Kill()
	s.see("⋯ 1 wait", "11/11") // nobody is at port 5070 now
	s.keys("Enter")
	s.see("Delivery 11: ", "10.77.2.2:5070", "MESSAGE")
	s.keys("q", "t")
	s.see("Deliveries by verdict", "delivered")
	s.keys("q", "q")
	s.see("MESSAGE requests in")
	if status := s.ended(); status != "0" {
		t.Errorf("it ends with %s", status)
	}
}

// Without a terminal, or with one that cannot be drawn on, tui says so.
func TestScreenWithoutTerminal(t *testing.T) {
	out, err := exec.Command(simplecapCommand(t), "tui", "../../testdata/pcaps/fork-parallel.pcap").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "standard output is none") {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux here")
	}
	s := onScreen(t, 80, 24, t.TempDir(), "TERM=dumb "+simplecapCommand(t)+" tui x.pcap")
	s.see("TERM is dumb")
	if status := s.ended(); status != "2" {
		t.Errorf("it ends with %s", status)
	}
}

// Colours are those that every terminal with colours has, and none where they are not
// wanted: the signs stay.
func TestScreenColours(t *testing.T) {
	pcap, err := filepath.Abs("../../testdata/pcaps/udp-no-response-port-unreachable.pcap")
	if err != nil {
		t.Fatal(err)
	}
	colour := regexp.MustCompile(`\x1b\[([0-9;]*;)?(3[0-8]|9[0-7])[;m]`)
	basic := regexp.MustCompile(`\x1b\[([0-9;]*;)?(38|9[0-7])[;m]`)
	turned := regexp.MustCompile(`\x1b\[([0-9;]*;)?7[;m]`)
	for _, test := range []struct {
		set     string
		colours bool
	}{
		{"NO_COLOR=1 TERM=xterm-256color", false}, {"TERM=xterm-mono", false}, {"TERM=vt220", false}, {"TERM=xterm", true}, {"TERM=xterm-16color", true}, {"TERM=xterm-256color", true},
		{"COLORTERM=truecolor TERM=xterm-256color", true},
	} {
		t.Run(test.set, func(t *testing.T) {
			t.Parallel()
			s := onScreen(t, 100, 24, t.TempDir(), test.set+" "+simplecapCommand(t)+" tui "+pcap)
			s.see("✗ 1 failed", "? all keys", "could not be")
			screen := s.tmux("capture-pane", "-p", "-e")
			if colour.MatchString(screen) != test.colours || basic.MatchString(screen) {
				t.Errorf("the screen is %q", screen)
			}
			if !turned.MatchString(screen) {
				t.Errorf("the chosen row does not stand out: %q", screen)
			}
			s.keys("q")
			s.ended()
		})
	}
}
