package bus_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"simplecap/bus"
)

// smallDisk is a directory that holds 64 KiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("cannot make a small file system here: ", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, 0) })
	return dir
}

// A spool that had the whole disk takes messages again when the bus has taken those that
// were in it.
func TestSpoolOnFullDisk(t *testing.T) {
	s, err := bus.OpenSpool(smallDisk(t), 1<<20, bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Remove()
	message := bus.Message{ID: "a", Data: make([]byte, 10_000)}
	for s.Put(message) == nil {
	}
	r := s.NewReader()
	for n := s.Waits(); n > 0; n-- {
		_, taken, err := r.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		taken()
	}
	for range 3 {
		if err := s.Put(message); err != nil {
			t.Fatal(err)
		}
		if _, taken, err := r.Next(context.Background()); err != nil {
			t.Fatal(err)
		} else {
			taken()
		}
	}
}

// An agent says that batches are lost while it runs, with the reason.
func TestAgentTellsOfLoss(t *testing.T) {
	s, err := bus.OpenSpool(smallDisk(t), 1<<20, bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Remove()
	for s.Put(bus.Message{ID: "a", Data: make([]byte, 4_000)}) == nil {
	}
	var said []string
	a := bus.NewAgent(bus.AgentOptions{Name: "a", Epoch: 1, Notify: func(line string) { said = append(said, line) }}, s)
	for end := time.Now().Add(time.Minute); len(said) == 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		a.Mark(1, 1)
	}
	a.Close()
	if len(said) != 1 || !strings.Contains(said[0], "batches are lost so far: the spool cannot be written: ") {
		t.Errorf("said %q", said)
	}
}
