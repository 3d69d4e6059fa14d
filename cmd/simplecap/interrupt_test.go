package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// What was read of a pipe is reported when the command is interrupted, and the pipe, on
// which nothing more comes, is not waited for.
func TestInterruptedPipe(t *testing.T) {
	text, err := os.ReadFile("../../testdata/pcaps/proxy-inleg-200-missing.pcap")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-q", "-"}, {"check", "-"}, {"show", "--delivery", "1", "-"}} {
		pipe, writer := io.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			writer.Write(text)
			writer.Write(nil) // when all before it was taken
			cancel()
		}()
		var out, talk bytes.Buffer
		code := make(chan int, 1)
		go func() { code <- run(ctx, args, pipe, &out, &talk) }()
		select {
		case got := <-code:
			if got != exitInput && got != exitInterrupted {
				t.Errorf("%q: exit code %d", args, got)
			}
			if args[0] == "-q" && got == exitInput && !strings.Contains(out.String(), "192.0.2.10") {
				t.Errorf("%q: no report: %s", args, &out)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%q waits for the pipe", args)
		}
		writer.Close()
	}
}

// Nothing is lost or changed on the way.
func TestInterruptibleReads(t *testing.T) {
	want := make([]byte, 300_000)
	for i := range want {
		want[i] = byte(i % 251)
	}
	for _, in := range []io.Reader{bytes.NewReader(want), iotest.HalfReader(bytes.NewReader(want)), iotest.DataErrReader(bytes.NewReader(want))} {
		got, err := io.ReadAll(iotest.HalfReader(untilInterrupted(context.Background())(in)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	broken := errors.New("broken")
	r := untilInterrupted(context.Background())(iotest.ErrReader(broken))
	for range 2 {
		if _, err := r.Read(make([]byte, 1)); err != broken {
			t.Errorf("%v", err)
		}
	}
}
