package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// namespace moves the test into a network namespace of its own, and skips it
// without the right to make one or without a program it needs. Such tests mostly
// wait, and run beside each other.
func namespace(t testing.TB, programs ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("real traffic takes some seconds")
	}
	for _, p := range append(programs, "ip") {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("no %s here", p)
		}
	}
	if one, ok := t.(*testing.T); ok {
		one.Parallel()
	}
	runtime.LockOSThread() // for ever: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no right to make a network namespace: %v", err)
	}
	command(t, "ip", "link", "set", "lo", "mtu", "1500", "up")
}

// command runs a program to its end.
func command(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// background is a program that runs beside the test.
type background struct {
	*exec.Cmd
	t    testing.TB
	talk talk // standard error
}

func start(t testing.TB, name string, args ...string) *background {
	t.Helper()
	b := &background{Cmd: exec.Command(name, args...), t: t}
	b.Stderr = &b.talk
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if b.ProcessState == nil {
			b.Process.Kill()
			b.Wait()
		}
	})
	return b
}

// end sends a signal and waits for the program to end well.
func (b *background) end(signal os.Signal) {
	b.t.Helper()
	b.Process.Signal(signal)
	if err := b.Wait(); err != nil {
		b.t.Fatalf("%s: %v\n%s", b.Path, err, b.talk.String())
	}
}

// simplecapCommand makes the test binary answer to the command's name.
func simplecapCommand(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "simplecap")
	if err := os.Symlink(self, name); err != nil {
		t.Fatal(err)
	}
	return name
}

// bodyFile is a file that gives sipp a text of so many bytes.
func bodyFile(t *testing.T, dir string, bytes int) string {
	t.Helper()
	name := filepath.Join(dir, "body.csv")
	if err := os.WriteFile(name, []byte("SEQUENTIAL\n"+strings.Repeat("x", bytes)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// sippTime is when sipp gives up, far more than it takes on a busy machine.
const sippTime = "120s"

// exchange has sipp send MESSAGEs with a body to itself.
func exchange(t *testing.T, address, transport string, calls, body int) {
	t.Helper()
	dir := t.TempDir()
	inf := bodyFile(t, dir, body)
	scenario := func(name string) string {
		path, _ := filepath.Abs(filepath.Join("testdata", "sipp", name))
		return path
	}
	n := fmt.Sprint(calls)
	server := exec.Command("sipp", "-sf", scenario("uas.xml"), "-i", address, "-p", "5070", "-t", transport, "-m", n, "-nostdin")
	client := exec.Command("sipp", "-sf", scenario("uac.xml"), "-inf", inf, "-i", address, "-p", "5060", "-t", transport, "-m", n, "-r", "100",
		"-timeout", sippTime, "-nostdin", remote(address)+":5070")
	server.Dir, client.Dir = dir, dir
	converse(t, server, client)
}

// converse runs a client of sipp against a server.
func converse(t *testing.T, server, client *exec.Cmd) {
	t.Helper()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		server.Process.Kill()
		server.Wait()
	}()
	port, _ := strconv.Atoi(server.Args[slices.Index(server.Args, "-p")+1])
	listening(t, server.Process.Pid, port, 1)
	if out, err := client.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", client, err, out[max(0, len(out)-500):])
	}
}

func remote(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}

// row is what has to be the same of a transaction however it was captured.
type row struct {
	Type            string   `json:"type"`
	ID              int      `json:"id"`
	CallID          string   `json:"call_id"`
	Branch          string   `json:"branch"`
	Transport       string   `json:"transport"`
	Src             string   `json:"src"`
	Dst             string   `json:"dst"`
	Status          int      `json:"status"`
	Outcome         string   `json:"outcome"`
	Body            int      `json:"body_bytes"`
	Retransmissions int      `json:"retransmissions"`
	Findings        []string `json:"findings"`
}

// rows reads the transactions of an ndjson report, each in its last state.
func rows(t *testing.T, ndjson string) []row {
	t.Helper()
	last := make(map[int]row)
	for line := range strings.Lines(ndjson) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if r.Type == "transaction" {
			last[r.ID] = r
		}
	}
	var list []row
	for _, r := range last {
		r.ID = 0
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b row) int { return strings.Compare(a.CallID+a.Branch, b.CallID+b.Branch) })
	return list
}

// answers counts the transactions of an ndjson report that have one; its last line
// may not be there yet.
func answers(name string) (n int) {
	text, _ := os.ReadFile(name)
	return answersIn(string(text))
}

func answersIn(text string) (n int) {
	seen := make(map[int]bool)
	for line := range strings.Lines(text) {
		var r row
		if json.Unmarshal([]byte(line), &r) == nil && r.Type == "transaction" && r.Status > 0 {
			seen[r.ID] = true
		}
	}
	return len(seen)
}

// answersRead counts the answered transactions of a capture that is being written.
func answersRead(simplecap, name string) int {
	text, _ := exec.Command(simplecap, "read", "--format", "ndjson", name).Output()
	return answersIn(string(text))
}

// What is captured live is what tcpdump captures at the same time.
func TestLiveAgainstTcpdump(t *testing.T) {
	namespace(t, "sipp", "tcpdump")
	simplecap := simplecapCommand(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "tcpdump.pcap")
	tcpdump := start(t, "tcpdump", "-i", "any", "-B", "16384", "-U", "-w", file, "-s", "0")
	tcpdump.Env = os.Environ()
	one, all := filepath.Join(dir, "lo.ndjson"), filepath.Join(dir, "any.ndjson")
	evidence := filepath.Join(dir, "sip.pcapng")
	onLo := start(t, simplecap, "live", "-i", "lo", "--format", "ndjson", "--early", "-o", one, "-w", evidence)
	onAny := start(t, simplecap, "live", "--format", "ndjson", "--early", "-o", all)
	capturing(t, 3)

	const calls = 20
	exchange(t, "127.0.0.1", "u1", calls, 100)
	exchange(t, "127.0.0.1", "u1", calls, 4000) // IPv4 fragments
	exchange(t, "127.0.0.1", "t1", calls, 2000)
	exchange(t, "::1", "u1", calls, 100)
	exchange(t, "::1", "u1", calls, 4000) // IPv6 fragments
	exchange(t, "::1", "t1", calls, 100)
	until(t, "all that was sent", func() bool {
		return answers(one) == 6*calls && answers(all) == 6*calls && answersRead(simplecap, file) == 6*calls
	})
	for _, b := range []*background{tcpdump, onLo, onAny} {
		b.end(os.Interrupt)
	}

	want := rows(t, command(t, simplecap, "read", "--format", "ndjson", file))
	if len(want) != 6*calls {
		t.Errorf("tcpdump has %d transactions, want %d", len(want), 6*calls)
	}
	for _, name := range []string{one, all} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, rows(t, string(text))); diff != "" {
			t.Errorf("%s: %s", filepath.Base(name), diff)
		}
		if !strings.Contains(string(text), `"kernel_drops":0`) {
			t.Errorf("%s: no report, or with drops", filepath.Base(name))
		}
	}
	if diff := cmp.Diff(want, rows(t, command(t, simplecap, "read", "--format", "ndjson", evidence))); diff != "" {
		t.Errorf("the file written: %s", diff)
	}
}

// startLive starts a capture on lo that prints to a pipe, and waits until it runs.
func startLive(t *testing.T, args ...string) (*background, *bufio.Reader) {
	t.Helper()
	if !slices.Contains(args, "-i") {
		args = append([]string{"-i", "lo"}, args...)
	}
	args = append([]string{"live"}, args...)
	b := &background{Cmd: exec.Command(simplecapCommand(t), args...), t: t}
	b.Stderr = &b.talk
	out, err := b.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if b.ProcessState == nil {
			b.Process.Kill()
			b.Wait()
		}
	})
	capturing(t, 1)
	return b, bufio.NewReader(out)
}

// A row is there within a second of the answer, and SIGUSR1 brings a report
// while the capture goes on.
func TestLiveRowsAndReport(t *testing.T) {
	namespace(t, "sipp")
	b, out := startLive(t, "--format", "ndjson", "--early")
	for range 2 {
		exchange(t, "127.0.0.1", "u1", 1, 10)
		if line := nextOf(t, out, "transaction"); !strings.Contains(line, `"closed":false`) {
			t.Error(line)
		}
		b.Process.Signal(syscall.SIGUSR1)
		nextOf(t, out, "report")
	}
	b.end(syscall.SIGTERM)
}

// nextOf reads up to the next object of a type.
func nextOf(t *testing.T, out *bufio.Reader, kind string) string {
	t.Helper()
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, `"type":"`+kind+`"`) {
			return line
		}
	}
}

// An output that nobody reads for a while holds nothing up.
func TestLiveOutputStopped(t *testing.T) {
	namespace(t, "sipp")
	b, out := startLive(t, "--format", "ndjson", "--metrics", ":9464")
	exchange(t, "127.0.0.1", "u1", 200, 1000) // more than a pipe holds
	b.Process.Signal(syscall.SIGUSR1)
	scraped(t, "simplecap_transactions_total", 200)
	b.Process.Signal(os.Interrupt)
	text := new(bytes.Buffer)
	if _, err := text.ReadFrom(out); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(); err != nil {
		t.Fatalf("%v: %s", err, b.talk.String())
	}
	if n := len(rows(t, text.String())); n != 200 {
		t.Errorf("%d rows, want 200: the queue holds more than that", n)
	}
}

// A reader that goes away ends the capture quietly, at its next line.
func TestLiveOutputClosed(t *testing.T) {
	namespace(t, "sipp")
	shell := start(t, "sh", "-c", simplecapCommand(t)+" live -q -i lo --format ndjson --early | head -n 1 >/dev/null")
	capturing(t, 1)
	done := make(chan error, 1)
	go func() { done <- shell.Wait() }()
	for range 50 {
		exchange(t, "127.0.0.1", "u1", 2, 10)
		select {
		case err := <-done:
			if err != nil || shell.talk.String() != "" {
				t.Errorf("%v: %s", err, shell.talk.String())
			}
			return
		case <-time.After(300 * time.Millisecond):
		}
	}
	t.Error("it goes on although nobody reads")
}

// After SIGKILL the files are whole up to the last second, and no more of them
// are there than were asked for.
func TestLiveKilledWhileWriting(t *testing.T) {
	namespace(t, "sipp")
	dir := t.TempDir()
	b, _ := startLive(t, "-Z", "root", "-w", filepath.Join(dir, "sip.pcapng"), "-b", "filesize:20", "-b", "files:3")
	exchange(t, "127.0.0.1", "u1", 100, 500)
	ring := func() (files []string) {
		files, _ = filepath.Glob(filepath.Join(dir, "sip_*.pcapng"))
		return files
	}
	until(t, "the last file to hold something", func() bool {
		files := ring()
		return len(files) == 3 && answersRead(simplecapCommand(t), files[2]) > 0
	})
	b.Process.Kill()
	b.Wait()
	files := ring()
	if len(files) != 3 {
		t.Errorf("files: %v", files)
	}
	command(t, simplecapCommand(t), append([]string{"read"}, files...)...) // fails if one is cut
	last := command(t, simplecapCommand(t), "read", "--format", "ndjson", files[len(files)-1])
	if len(rows(t, last)) == 0 {
		t.Error("nothing in the last file")
	}
}

// Without the right the error says what to do, before anything else happens.
func TestLiveWithoutRight(t *testing.T) {
	if _, err := exec.LookPath("setpriv"); err != nil || os.Geteuid() != 0 {
		t.Skip("no setpriv here, or not root")
	}
	out, err := exec.Command("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", simplecapCommand(t), "live", "-i", "lo").CombinedOutput()
	if err == nil {
		t.Skip("the right could not be taken away")
	}
	text := string(out)
	if !strings.Contains(text, "simplecap: capture on lo: open a packet socket: operation not permitted\nhint: run it with sudo, ") ||
		!strings.Contains(text, "sudo setcap cap_net_raw=ep /") {
		t.Error(text)
	}
}

// A full disk costs the capture file and nothing else.
func TestLiveDiskFull(t *testing.T) {
	namespace(t, "sipp")
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	b, out := startLive(t, "--format", "ndjson", "-w", "/dev/full", "--metrics", ":9464")
	exchange(t, "127.0.0.1", "u1", 5, 10)
	until(t, "the disk to be full", func() bool { return strings.Contains(b.talk.String(), "goes on without") })
	exchange(t, "127.0.0.1", "u1", 5, 10)
	scraped(t, "simplecap_transactions_total", 10)
	b.Process.Signal(os.Interrupt)
	text := new(bytes.Buffer)
	text.ReadFrom(out)
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := len(rows(t, text.String())); n != 10 {
		t.Errorf("%d rows, want 10", n)
	}
	if got := b.talk.String(); strings.Count(got, "no space left on device; the analysis goes on without") != 1 || !strings.Contains(got, "packets were not written to /dev/full") {
		t.Error(got)
	}
}

// smallDisk mounts a disk of 1 MB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no right to mount a small disk: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// hasLandlock reports whether the kernel has Landlock with rules for connections.
func hasLandlock() bool {
	const askVersion, withNetwork = 1, 4
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, askVersion)
	return errno == 0 && version >= withNetwork
}
