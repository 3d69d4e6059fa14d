//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKeyLogFromSlowPipe reads a key log from a pipe that goes on for longer than its end is
// waited for, and says what of one there was no room for.
func TestKeyLogFromSlowPipe(t *testing.T) {
	t.Parallel() // it waits
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	k := keyFlags{logs: []string{name}}
	if _, err := k.load(); err != nil {
		t.Fatal(err)
	}
	go func() {
		w, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer w.Close()
		for i := range 8 { // 4 s, more than pipeTime
			fmt.Fprintf(w, "CLIENT_RANDOM %064x %096x\n", i, i)
			time.Sleep(pipeTime / 6)
		}
	}()
	k.readOn()(true)
	if got := k.open[0].log.Stats().Secrets; got != 8 {
		t.Errorf("%d secrets, want 8", got)
	}
	var said bytes.Buffer
	k.tell(&said, false)
	if said.Len() > 0 {
		t.Errorf("said %q", said.String())
	}
	k.open[0].left = 77
	if k.tell(&said, false); !strings.Contains(said.String(), "77 bytes behind the first 64 MiB of this pipe were left out") {
		t.Errorf("said %q", said.String())
	}
}
