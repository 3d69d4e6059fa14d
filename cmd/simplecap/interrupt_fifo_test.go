//go:build unix

package main

import (
	"context"
	"io"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A FIFO that nobody writes to is not waited for once the command is interrupted.
func TestInterruptedFIFO(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	for _, args := range [][]string{{"-q", name}, {"check", name}, {"show", "--delivery", "1", name}, {"diff", name, name}} {
		ctx, cancel := context.WithCancel(context.Background())
		code := make(chan int, 1)
		go func() { code <- run(ctx, args, nil, io.Discard, io.Discard) }()
		cancel()
		select {
		case got := <-code:
			if got != exitInput && got != exitInterrupted {
				t.Errorf("%q: exit code %d", args, got)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%q waits for somebody who writes", args)
		}
	}
}
