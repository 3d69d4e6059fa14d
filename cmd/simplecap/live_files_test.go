package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simplecap/capture"
)

// A file of a ring is private, and readable from the moment that it has its name.
func TestRingFilesAreReadableAndPrivate(t *testing.T) {
	dir := t.TempDir()
	var said []string
	c := newCaptureFiles(&evidenceFlags{write: filepath.Join(dir, "x.pcapng"), ring: []string{"duration:1"}, files: 3}, func(line string) { said = append(said, line) })
	for range 5 {
		if err := c.begin(time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 3 {
		t.Fatalf("%d files, %v: want 3 and nothing hidden", len(list), err)
	}
	for _, f := range list {
		src, err := capture.Open([]string{filepath.Join(dir, f.Name())}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		src.ReadBatch(make([]capture.Frame, 1))
		if in := src.Inputs()[0]; !in.Complete || in.Error != "" {
			t.Errorf("%s: complete %v, %q", f.Name(), in.Complete, in.Error)
		}
		src.Close()
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
	if len(said) > 0 {
		t.Error(said)
	}
}

// A directory that is removed and made again is said, and gets a new file.
func TestRingDirectoryMadeAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ring")
	os.Mkdir(dir, 0o700)
	var said []string
	c := newCaptureFiles(&evidenceFlags{write: filepath.Join(dir, "x.pcapng"), ring: []string{"duration:3600"}, fileTime: time.Hour}, func(line string) { said = append(said, line) })
	now := time.Now()
	if err := c.begin(now); err != nil {
		t.Fatal(err)
	}
	if c.due(now.Add(2 * flushEvery)); len(said) > 0 {
		t.Fatal(said)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	os.Mkdir(dir, 0o700)
	c.due(now.Add(4 * flushEvery))
	if len(said) != 1 || !strings.Contains(said[0], "was removed") {
		t.Errorf("said %q", said)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%d files, %v: want a new one", len(list), err)
	}
	c.end()
}

// A file that others remove or make shorter is said, and made again where that is allowed:
// nobody could read what is written to it.
func TestCaptureFileTakenAway(t *testing.T) {
	for how, take := range map[string]func(name string) error{
		"removed": os.Remove,
		"cut":     func(name string) error { return os.Truncate(name, 0) },
	} {
		name := filepath.Join(t.TempDir(), "x.pcapng")
		var said []string
		c := newCaptureFiles(&evidenceFlags{write: name}, func(line string) { said = append(said, line) })
		now := time.Now()
		if err := c.begin(now); err != nil {
			t.Fatal(err)
		}
		if err := take(name); err != nil {
			t.Fatal(err)
		}
		c.due(now.Add(2 * flushEvery))
		c.write([]heldFrame{{Frame: capture.Frame{Data: []byte("packet"), Length: 6, HasTime: true, Time: now.UnixNano(), Link: capture.LinkEthernet}}})
		c.due(now.Add(4 * flushEvery))
		c.end()
		if len(said) != 1 || !strings.HasSuffix(said[0], "x.pcapng was "+how+" while packets were written to it: what it held is lost") {
			t.Errorf("%s: said %q", how, said)
		}
		if src, err := capture.Open([]string{name}, capture.Options{}); err != nil {
			t.Errorf("%s: %v", how, err)
		} else {
			if n, err := src.ReadBatch(make([]capture.Frame, 2)); n != 1 {
				t.Errorf("%s: %d packets, %v", how, n, err)
			}
			src.Close()
		}
	}
}

// Files that hold texts are private, whatever was there before; --mode says otherwise.
func TestFileModes(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, test := range []struct {
		name  string
		set   string
		texts bool
		want  fs.FileMode
	}{{"texts", "", true, 0o600}, {"mode", "640", true, 0o640}, {"others", "", false, 0o644}, {"others with a mode", "604", false, 0o604}} {
		os.WriteFile("old", nil, 0o666)
		var mode fileMode
		if test.set != "" {
			if err := mode.Set(test.set); err != nil {
				t.Fatal(err)
			}
		}
		f, err := createFile("old", os.O_TRUNC, mode.of(test.texts))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if info, _ := os.Stat("old"); info.Mode().Perm() != test.want {
			t.Errorf("%s: %v, want %v", test.name, info.Mode().Perm(), test.want)
		}
		os.Remove("old")
	}
	for _, bad := range []string{"", "6", "999", "1777", "400", "rw"} {
		if new(fileMode).Set(bad) == nil {
			t.Errorf("--mode %s is taken", bad)
		}
	}
}
