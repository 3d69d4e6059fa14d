package bus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simplecap/bus"
)

// drain takes everything out of a spool that is closed for it.
func drain(t *testing.T, s *bus.Spool) (ids []string) {
	t.Helper()
	s.Close()
	r := s.NewReader()
	for {
		m, taken, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return ids
		}
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Data) != strings.Repeat(m.ID, 10) || m.Partition != 7 {
			t.Fatalf("%+v", m)
		}
		ids = append(ids, m.ID)
		taken()
	}
}

func put(t *testing.T, s *bus.Spool, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		id := fmt.Sprintf("%08d", i)
		if err := s.Put(bus.Message{Partition: 7, ID: id, Data: []byte(strings.Repeat(id, 10))}); err != nil {
			t.Fatal(err)
		}
	}
}

func spool(t *testing.T, dir string, size int64) *bus.Spool {
	t.Helper()
	s, err := bus.OpenSpool(dir, size, bus.Limits{Segment: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSpool wants what was put, in order, from files and from memory, and files gone that
// the bus has taken.
func TestSpool(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		s := spool(t, dir, 1<<20)
		put(t, s, 0, 100)
		ids := drain(t, s)
		if len(ids) != 100 || !slices.IsSorted(ids) || s.Dropped() != 0 {
			t.Errorf("%d messages, %d dropped", len(ids), s.Dropped())
		}
		s.Remove()
		if files, _ := filepath.Glob(filepath.Join(dir, "*.spool")); dir != "" && len(files) > 0 {
			t.Error(files)
		}
	}
}

// TestSpoolFull wants the oldest to go where there is no room, and every one counted.
func TestSpoolFull(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		s := spool(t, dir, 4<<10)
		put(t, s, 0, 1000)
		if s.Held() > 4<<10 {
			t.Errorf("%d bytes", s.Held())
		}
		ids := drain(t, s)
		if len(ids)+int(s.Dropped()) != 1000 || len(ids) < 20 || ids[len(ids)-1] != "00000999" {
			t.Errorf("%d messages and %d dropped", len(ids), s.Dropped())
		}
	}
}

// TestSpoolAgain wants what an earlier run has left, and nothing of what a crash has cut.
func TestSpoolAgain(t *testing.T) {
	dir := t.TempDir()
	s := spool(t, dir, 1<<20)
	put(t, s, 0, 50)
	files, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	last, err := os.ReadFile(files[len(files)-1])
	if err != nil || len(last) == 0 {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[len(files)-1], last[:len(last)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	again := spool(t, dir, 1<<20)
	put(t, again, 50, 60)
	ids := drain(t, again)
	if len(ids) != 59 || ids[0] != "00000000" || ids[48] != "00000048" || ids[49] != "00000050" {
		t.Error(ids)
	}
}

// TestSpoolDiskFull wants the reason where the disk takes nothing more.
func TestSpoolDiskFull(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s, err := bus.OpenSpool(dir, 1<<20, bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(bus.Message{ID: "a", Data: make([]byte, 300<<10)}); err != nil || s.Failed() != nil {
		t.Fatal(err, s.Failed())
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(bus.Message{ID: "b", Data: make([]byte, 300<<10)}); err == nil || !errors.Is(s.Failed(), os.ErrNotExist) {
		t.Error(err, s.Failed())
	}
}
