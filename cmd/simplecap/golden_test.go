package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

const updateHint = "run go test ./cmd/simplecap -run Golden -update"

// captures is the folder of the captures that the project holds.
const captures = "../../testdata/pcaps"

// TestGolden compares what simplecap says of each capture, and of the rotated ones
// together, with testdata/golden: the exit code, standard error, the table in 120
// columns and the JSON report.
func TestGolden(t *testing.T) {
	golden, err := filepath.Abs("testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(captures) // reports name files as they are given
	t.Setenv("COLUMNS", "120")
	sets := captureSets(t)
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		t.Run(name, func(t *testing.T) {
			compareGolden(t, filepath.Join(golden, name+".txtar"), saidOf(t, sets[name]))
		})
	}
	checkNoneLeft(t, golden, sets)
}

// captureSets returns the files that are read together, by the name of their
// golden file.
func captureSets(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.pcap*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures in %s: %v", captures, err)
	}
	rotated, err := filepath.Glob("rotated-*.pcap")
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string][]string{"rotated": rotated}
	for _, file := range files {
		sets[file] = []string{file}
	}
	return sets
}

// saidOf runs simplecap and returns all that it says, as a golden file.
func saidOf(t *testing.T, files []string) []byte {
	t.Helper()
	table, talk, code := simplecap("table", files)
	json, jsonTalk, jsonCode := simplecap("json", files)
	if talk != jsonTalk || code != jsonCode {
		t.Errorf("exit code %d with %q for the table, %d with %q for JSON", code, talk, jsonCode, jsonTalk)
	}
	return txtar.Format(&txtar.Archive{
		Comment: fmt.Appendf(nil, "simplecap %s: exit code %d\n", strings.Join(files, " "), code),
		Files: []txtar.File{
			{Name: "stderr", Data: []byte(talk)},
			{Name: "table", Data: []byte(table)},
			{Name: "json", Data: []byte(json)},
		},
	})
}

// simplecap runs the command and returns what it writes to standard output and
// standard error, and the exit code.
func simplecap(format string, files []string) (out, talk string, code int) {
	var stdout, stderr bytes.Buffer
	args := append([]string{"--format", format, "--color", "never"}, files...)
	code = run(context.Background(), args, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

// compareGolden compares with a golden file, or rewrites it.
func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no golden file: %s", updateHint)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-golden +got; if this is meant, %s)\n%s", updateHint, diff)
	}
}

// checkNoneLeft finds golden files whose captures are gone.
func checkNoneLeft(t *testing.T, golden string, sets map[string][]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(golden, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if sets[strings.TrimSuffix(filepath.Base(file), ".txtar")] == nil {
			t.Errorf("%s is of no capture: remove it", file)
		}
	}
}
