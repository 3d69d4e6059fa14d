package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readmeBlock returns the code block of README.md that begins with opening.
func readmeBlock(t *testing.T, opening string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(data), "```"+opening)
	if !found {
		t.Fatalf("README.md has no block that begins with %q", opening)
	}
	text, _, _ = strings.Cut(text, "```")
	return text
}

// The screen that README.md begins with is what the command prints.
func TestREADMEScreen(t *testing.T) {
	want := readmeBlock(t, "\nproxy-inleg-200-missing.pcap,")
	t.Setenv("COLUMNS", "120")
	var out, talk bytes.Buffer
	name := filepath.Join("..", "..", "testdata", "pcaps", "proxy-inleg-200-missing.pcap")
	if code := run(context.Background(), []string{name}, nil, &out, &talk); code != 0 {
		t.Fatalf("exit code %d: %s", code, talk.String())
	}
	got := strings.Replace(out.String(), filepath.ToSlash(name), "proxy-inleg-200-missing.pcap", 1)
	if _, rest, found := strings.Cut(got, "proxy-inleg-200-missing.pcap,"); !found || rest != want {
		t.Errorf("README.md shows another screen than the command prints:\n%s", cmp.Diff(want, rest))
	}
}

// The program of README.md runs, and prints what has no 2xx.
func TestREADMEProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(program, []byte(readmeBlock(t, "go\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "run", program, filepath.Join("..", "..", "testdata", "pcaps", "proxy-inleg-200-missing.pcap")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(string(out), " pending "); n != 2 {
		t.Errorf("%d transactions are pending, want 2:\n%s", n, out)
	}
}
