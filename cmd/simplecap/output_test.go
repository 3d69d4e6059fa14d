package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOutputAppearsWhenComplete(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report.json")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, name, false)
	if got, _ := os.ReadFile(name); string(got) != "old" {
		t.Errorf("an aborted report replaced the old one: %q", got)
	}
	write(t, name, true)
	if got, _ := os.ReadFile(name); string(got) != "new" {
		t.Errorf("the report holds %q", got)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("temporary files are left: %v", entries)
	}
}

func write(t *testing.T, name string, complete bool) {
	t.Helper()
	o, err := createOutput(name, nil, usual)
	if err != nil {
		t.Fatal(err)
	}
	defer o.abort()
	if _, err := o.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if complete {
		if err := o.commit(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOutputThroughSymlinkAndDevice(t *testing.T) {
	dir := t.TempDir()
	name, link := filepath.Join(dir, "report"), filepath.Join(dir, "link")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	write(t, link, true)
	if got, _ := os.ReadFile(name); string(got) != "new" {
		t.Errorf("the link's target holds %q", got)
	}
	write(t, os.DevNull, true)
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("the device was replaced: %v, %v", info, err)
	}
}

func TestOutputInMissingDirectory(t *testing.T) {
	_, err := createOutput(filepath.Join(t.TempDir(), "no", "report"), nil, usual)
	if err == nil {
		t.Fatal("no error")
	}
}
