package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// Tables that few runs need are made when they are first asked for (sync.OnceValue): what
// packages make before main is made at every start.
func TestStartMakesLittle(t *testing.T) {
	const most = 76 << 10 // bytes that a package of ours may make; with the race detector they are more
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^init (simplecap/\S+) .* (\d+) bytes,`).FindAllStringSubmatch(trace.String(), -1)
	if len(lines) == 0 {
		t.Fatalf("no package of ours is in the trace:\n%s", trace.String())
	}
	for _, line := range lines {
		if n, err := strconv.Atoi(line[2]); err != nil || n > most {
			t.Errorf("%s makes %s bytes at every start, want at most %d", line[1], line[2], most)
		}
	}
}

// A small capture is read and printed without what only others need.
func TestSmallCaptureTakesLittle(t *testing.T) {
	const most = 11 << 18 // bytes; it is 2.26 MB
	files := []string{"../../testdata/pcaps/c41-challenge-never-answered.pcap"}
	least := uint64(1 << 62)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run(context.Background(), files, strings.NewReader(""), io.Discard, io.Discard)
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	t.Logf("%d bytes", least)
	if least > most {
		t.Errorf("%d bytes were allocated for a capture of a kilobyte, want at most %d", least, most)
	}
}

func TestCommandAskedFor(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"a.pcap", "read"}, {"-", "read"}, {"read a.pcap", "read"}, {"check a.pcap", "check"}, {"version", "version"},
		{"", "all"}, {"-v check a.pcap", "all"}, {"--help", "all"}, {"help read", "all"}, {"completion bash", "all"}, {"__complete re", "all"},
	} {
		made := rootFor(streams{strings.NewReader(""), io.Discard, io.Discard}, strings.Fields(test.args)).Commands()
		got := made[0].Name()
		if len(made) > len(commands()) {
			got = "all"
		}
		if got != test.want || got != "all" && len(made) != 1 {
			t.Errorf("%q makes %d commands, %s, want %s", test.args, len(made), got, test.want)
		}
	}
}
