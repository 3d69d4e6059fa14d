package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The spool gives what a map and a sort would, whatever fits in memory.
func TestSpoolAgainstModel(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.Uint64Range(1, 300), 0, 400).Draw(t, "ids")
		keep := rapid.SampledFrom([]int{0, 1, 7, 100}).Draw(t, "keep")
		limit := rapid.SampledFrom([]int64{1, 500, 5000, 1 << 20}).Draw(t, "limit")
		s := New(keep, limit)
		defer s.Close()
		model := map[uint64]string{}
		for i, id := range ids {
			row := fmt.Sprintf("%d.%d", id, i)
			model[id] = row
			if s.Wants(id) {
				s.Add(id, []byte(row))
			}
		}
		for range 2 { // a second reading gives the same
			if diff := cmp.Diff(want(model, keep), read(t, s)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

func want(model map[uint64]string, keep int) (rows []string) {
	for id := uint64(1); id <= 300; id++ {
		if row, ok := model[id]; ok && (keep == 0 || len(rows) < keep) {
			rows = append(rows, row)
		}
	}
	return rows
}

func read(t rapid.TB, s *Spool) (rows []string) {
	err := s.Each(func(row []byte) bool {
		rows = append(rows, string(row))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSpoolStopsWhenTold(t *testing.T) {
	for _, limit := range []int64{1, 1 << 20} {
		s := New(0, limit)
		defer s.Close()
		for id := range uint64(10) {
			s.Add(id, []byte("row"))
		}
		n := 0
		s.Each(func([]byte) bool { n++; return n < 3 })
		if n != 3 {
			t.Errorf("limit %d: called %d times, want 3", limit, n)
		}
	}
}

func TestSpoolWithoutTemporaryDirectory(t *testing.T) {
	t.Setenv("TMPDIR", "/nonexistent/directory")
	s := New(0, 10)
	defer s.Close()
	for id := range uint64(100) {
		s.Add(id, []byte("a row that does not fit in memory"))
	}
	if err := s.Each(func([]byte) bool { return true }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// With a limit on rows, memory does not grow with the transactions.
func TestSpoolKeepsLittle(t *testing.T) {
	s := New(200, 1<<30)
	for id := uint64(1); id <= 100000; id++ {
		if other := 100001 - id; s.Wants(other) { // the worst order: each is smaller than all before
			s.Add(other, make([]byte, 100))
		}
	}
	if s.bytes() > 200000 {
		t.Errorf("the spool holds %d bytes for 200 rows of 100", s.bytes())
	}
}

func BenchmarkSpool(b *testing.B) {
	row := make([]byte, 600)
	for name, limit := range map[string]int64{"memory": 1 << 40, "file": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			s := New(0, limit)
			defer s.Close()
			b.SetBytes(int64(len(row)))
			b.ReportAllocs()
			for i := range b.N {
				s.Add(uint64(i), row)
			}
			if err := s.Each(func([]byte) bool { return true }); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// What rows leave empty of the memory they are in counts: it is taken all the same.
func TestMemoryOfLongRows(t *testing.T) {
	s := New(0, 1<<30)
	row := make([]byte, arenaChunk/2+1)
	const rows = 10
	for i := range uint64(rows) {
		s.Add(i, row)
	}
	if want := int64(rows-1) * arenaChunk; s.bytes() < want {
		t.Errorf("%d bytes are counted of %d", s.bytes(), want)
	}
}
