package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what has to come, however slow the machine is.
const patience = 2 * time.Minute

// until waits until something is so.
func until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// vacant begins to listen at a port that the test has used before: a process that another
// test is about to start may hold the closed socket for a moment.
func vacant(t testing.TB, listen func() error) {
	t.Helper()
	var err error
	until(t, "a port to be free", func() bool {
		err = listen()
		return !errors.Is(err, syscall.EADDRINUSE)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// capturing waits until so many packet sockets receive in the test's namespace.
func capturing(t testing.TB, sockets int) {
	t.Helper()
	until(t, fmt.Sprintf("%d captures to begin", sockets), func() bool {
		table, err := os.ReadFile("/proc/thread-self/net/packet")
		if err != nil {
			t.Fatal(err)
		}
		const running = 5 // sk RefCnt Type Proto Iface R ...
		n := 0
		for line := range strings.Lines(string(table)) {
			if fields := strings.Fields(line); len(fields) > running && fields[running] == "1" {
				n++
			}
		}
		return n >= sockets
	})
}

// listening waits until a process, in its own namespace, has sockets at a port.
func listening(t testing.TB, pid, port, sockets int) {
	t.Helper()
	until(t, fmt.Sprintf("process %d to listen at port %d", pid, port), func() bool {
		n := 0
		for _, table := range []string{"udp", "udp6", "tcp", "tcp6"} {
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
			for line := range strings.Lines(string(text)) {
				if fields := strings.Fields(line); len(fields) > 2 && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
					n++
				}
			}
		}
		return n >= sockets
	})
}

// talk is what a program says, which may be read while it runs.
type talk struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (t *talk) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

func (t *talk) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}
