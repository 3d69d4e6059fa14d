package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What holds texts or packets is for its owner alone, whichever command and flag made it;
// what holds neither is as the umask says.
func TestOutputModes(t *testing.T) {
	trace, err := filepath.Abs(filepath.Join("..", "..", "testdata", "check", "trace.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	usualHere := fs.FileMode(0o666)
	if os.WriteFile("umask", nil, usualHere) == nil {
		info, _ := os.Stat("umask")
		usualHere = info.Mode().Perm()
	}
	for command, want := range map[string]fs.FileMode{
		"read --bodies -o":                           0o600,
		"read --bodies --format json -o":             0o600,
		"read --bodies --format html -o":             0o600,
		"read --bodies --mode 640 -o":                0o640,
		"read --bodies --sink ndjson:":               0o600,
		"read --sink ndjson:":                        usualHere,
		"read --format html -o":                      usualHere,
		"show --frame 1 -o":                          0o600,
		"check --no-policy --evidence":               0o600,
		"check --no-policy --bodies --html":          0o600,
		"check --no-policy --html":                   usualHere,
		"check --no-policy --json":                   usualHere,
		"check --no-policy --mode 640 --evidence":    0o640,
		"check --no-policy --bodies --json j --html": 0o600,
	} {
		args := strings.Fields(command + " FILE")
		if strings.HasSuffix(command, ":") {
			args = strings.Fields(command + "FILE")
		}
		var out bytes.Buffer
		run(t.Context(), append(args, trace), nil, &out, &out)
		info, err := os.Stat("FILE")
		if err != nil {
			t.Errorf("%s: %v\n%s", command, err, out.String())
			continue
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: mode %o, want %o", command, got, want)
		}
		os.Remove("FILE")
	}
}
