package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// nobodysDir makes a directory that belongs to the user nobody and can be reached.
func nobodysDir(t *testing.T) string {
	t.Helper()
	nobody, err := user.Lookup(unprivileged)
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "simplecap")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	uid, _ := strconv.Atoi(nobody.Uid)
	if err := os.Chown(dir, uid, -1); err != nil {
		t.Skipf("no right to give a directory away: %v", err)
	}
	return dir
}

// statuses are the /proc status pages of all threads of a process.
func statuses(t *testing.T, pid int) (pages []string) {
	t.Helper()
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, name := range names {
		page, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended since
		}
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, string(page))
	}
	if len(pages) < 3 {
		t.Fatalf("%d threads", len(pages))
	}
	return pages
}

// cable makes an interface w0 that packets to 192.0.2.2 leave by.
func cable(t *testing.T) {
	t.Helper()
	command(t, "ip", "link", "add", "w0", "type", "veth", "peer", "name", "w1")
	command(t, "ip", "addr", "add", "192.0.2.1/24", "dev", "w0")
	command(t, "ip", "link", "set", "w0", "up")
	command(t, "ip", "link", "set", "w1", "up")
	command(t, "ip", "neigh", "add", "192.0.2.2", "lladdr", "02:00:00:00:00:02", "dev", "w0")
}

// sendPairs sends MESSAGEs and their answers over the interface w0.
func sendPairs(t *testing.T, first, n int) {
	t.Helper()
	conn, err := net.Dial("udp", "192.0.2.2:5060")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i := range n {
		for _, message := range pair(first + i) {
			if _, err := conn.Write(message); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// With every right given up in every thread, files rotate, reports come, and an
// interface that went away is captured again. The expression needs no second run
// of tcpdump.
func TestLiveConfined(t *testing.T) {
	namespace(t, "tcpdump")
	dir := nobodysDir(t)
	cable(t)
	out := filepath.Join(dir, "out.ndjson")
	b := start(t, simplecapCommand(t), "live", "-i", "w0", "--format", "ndjson", "-o", out,
		"-w", filepath.Join(dir, "sip.pcapng"), "-b", "filesize:10", "-b", "files:3", "--metrics", ":9464", "udp port 5060")
	capturing(t, 1)
	sendPairs(t, 0, 50)
	scraped(t, "simplecap_sip_requests_total", 50) // all rights are given up
	for _, page := range statuses(t, b.Process.Pid) {
		for _, want := range []string{
			`Uid:\t(\d{4,})\t(\d{4,})`, `Gid:\t\d{4,}\t`, `NoNewPrivs:\t1`,
			`CapInh:\t0{16}\n`, `CapPrm:\t0{16}\n`, `CapEff:\t0{16}\n`, `CapBnd:\t0{16}\n`, `CapAmb:\t0{16}\n`,
		} {
			if !regexp.MustCompile(want).MatchString(page) {
				t.Fatalf("no %s in %s", want, page)
			}
		}
	}
	said := func(line string) {
		t.Helper()
		until(t, line, func() bool { return strings.Contains(b.talk.String(), line) })
	}
	command(t, "ip", "link", "del", "w0")
	said("w0 is down")
	cable(t)
	said("w0 is back")
	sendPairs(t, 50, 50)
	scraped(t, "simplecap_sip_requests_total", 100)
	b.Process.Signal(syscall.SIGUSR1)
	until(t, "a report", func() bool {
		text, _ := os.ReadFile(out)
		return strings.Contains(string(text), `"type":"report"`)
	})
	b.end(syscall.SIGTERM)

	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(rows(t, string(text))); n != 100 {
		t.Errorf("%d transactions, want 100", n)
	}
	if n := strings.Count(string(text), `"type":"report"`); n != 2 {
		t.Errorf("%d reports, want 2", n)
	}
	if got := b.talk.String(); !strings.Contains(got, "w0 is down") || !strings.Contains(got, "w0 is back") || strings.Contains(got, "cannot") {
		t.Error(got)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "sip_*.pcapng"))
	if len(files) != 3 {
		t.Errorf("files: %v", files)
	}
	command(t, simplecapCommand(t), append([]string{"read"}, files...)...) // fails if one is cut
}

// A ring of files where nobody may make them fails at once and says what to do;
// -Z root and --no-sandbox keep root.
func TestLiveRingWithoutRight(t *testing.T) {
	namespace(t)
	if os.Geteuid() != 0 {
		t.Skip("not root")
	}
	args := []string{"live", "-i", "lo", "--duration", "100ms", "-w", filepath.Join(t.TempDir(), "x.pcapng"), "-b", "filesize:10"}
	out, err := exec.Command(simplecapCommand(t), args...).CombinedOutput()
	text := string(out)
	if err == nil || !strings.Contains(text, "permission denied\nhint: the files of -b are made as the user nobody: ") {
		t.Errorf("%v: %s", err, text)
	}
	for _, flag := range []string{"-Zroot", "--no-sandbox"} {
		command(t, simplecapCommand(t), append(args, flag)...)
	}
}

// Landlock keeps the process from files that its user may read.
func TestLiveConfinedFiles(t *testing.T) {
	c := confinement{user: staysRoot}
	if os.Getenv("CONFINED") != "" {
		if err := c.apply([]string{os.Getenv("CONFINED")}, nil); err != nil {
			t.Fatal(err)
		}
		for i := range 20 { // in whatever thread
			done := make(chan error)
			go func() {
				_, err := os.ReadFile("/etc/passwd")
				done <- err
			}()
			if err := <-done; !os.IsPermission(err) {
				t.Errorf("%d: /etc/passwd: %v", i, err)
			}
		}
		if err := os.WriteFile(filepath.Join(os.Getenv("CONFINED"), "x"), nil, 0o600); err != nil {
			t.Error(err)
		}
		if _, err := net.Dial("tcp", "127.0.0.1:1"); !strings.Contains(err.Error(), "permission denied") {
			t.Error(err)
		}
		if t.Failed() {
			os.Exit(1)
		}
		os.Exit(0) // before anything is tidied up, which it may not do
	}
	if !hasLandlock() {
		t.Skip("no Landlock, or an old one")
	}
	self := exec.Command(os.Args[0], "-test.run", "^TestLiveConfinedFiles$")
	self.Env = append(os.Environ(), "CONFINED="+t.TempDir())
	if out, err := self.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
