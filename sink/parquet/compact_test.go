package parquet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"simplecap/sink"
)

// rowsIn are the rows of all files of a directory, and how many files there are.
func rowsIn(t *testing.T, dir string) (rows []string, files int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*", "[0-9n]*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		in, err := openInput(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range in.RowGroups() {
			all := make([]parquet.Row, group.NumRows())
			reader := group.Rows()
			n, _ := reader.ReadRows(all)
			for _, row := range all[:n] {
				rows = append(rows, filepath.Base(filepath.Dir(name))+fmt.Sprintf("%v", row))
			}
			reader.Close()
		}
		in.close()
		if filepath.Base(name) != emptyName {
			files++
		}
	}
	slices.Sort(rows)
	return rows, files
}

// small writes captures as many small files, all of them old.
func small(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range asked {
		written(t, open(t, dir, DefaultLimits), name)
	}
	age(t, dir)
	return dir
}

func age(t *testing.T, dir string) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
	long := time.Now().Add(-3 * time.Hour)
	for _, name := range names {
		if err := os.Chtimes(name, long, long); err != nil {
			t.Fatal(err)
		}
	}
}

func compact(t *testing.T, dir string) (done []Compacted) {
	t.Helper()
	if err := Compact(t.Context(), dir, schema, time.Now().Add(-2*time.Hour), func(c Compacted) { done = append(done, c) }); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return done
}

// TestCompact wants the same rows in a file an hour, once, and again what comes later.
func TestCompact(t *testing.T) {
	dir := small(t)
	want, before := rowsIn(t, dir)
	done := compact(t, dir)
	got, after := rowsIn(t, dir)
	if diff := cmp.Diff(want, got); diff != "" || before < 12 || after > 2*len(schema) || len(done) == 0 {
		t.Errorf("%d files, then %d, %d said: %s", before, after, len(done), diff)
	}
	if again := compact(t, dir); len(again) != 0 {
		t.Errorf("done again: %v", again)
	}
	written(t, open(t, dir, Limits{}), "fork-parallel.pcap", "proxy-inleg-200-missing.pcap")
	want, _ = rowsIn(t, dir)
	if early := compact(t, dir); len(early) != 0 {
		t.Errorf("files of now are compacted: %v", early)
	}
	age(t, dir)
	compact(t, dir)
	if got, _ = rowsIn(t, dir); cmp.Diff(want, got) != "" {
		t.Error(cmp.Diff(want, got))
	}
}

// TestCompactKilled wants no row twice where who compacted was killed when the file had its
// name, and all of them where that was before.
func TestCompactKilled(t *testing.T) {
	dir := small(t)
	want, _ := rowsIn(t, dir)
	copied := filepath.Join(t.TempDir(), "copy")
	if out, err := exec.Command("cp", "-a", dir, copied).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Compact(ctx, dir, schema, time.Now(), func(Compacted) {}); err == nil {
		t.Error("nothing was interrupted")
	}
	if got, _ := rowsIn(t, dir); !slices.Equal(got, want) {
		t.Error("an interrupt changes rows")
	}
	if err := os.WriteFile(filepath.Join(dir, schema[0].Name, ".2026-01-01T10.parquet.1.compact"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	compact(t, dir) // and what is not complete goes
	_, files := rowsIn(t, dir)
	if err := filepath.WalkDir(copied, func(name string, d fs.DirEntry, err error) error { // as if none had gone
		below, _ := filepath.Rel(copied, name)
		if _, there := os.Stat(filepath.Join(dir, below)); there == nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		back := filepath.Join(dir, below)
		return errors.Join(os.WriteFile(back, data, 0o600), os.Chtimes(back, info.ModTime(), info.ModTime()))
	}); err != nil {
		t.Fatal(err)
	}
	compact(t, dir)
	if got, again := rowsIn(t, dir); !slices.Equal(got, want) || again != files {
		t.Errorf("%d rows of %d, %d files of %d", len(got), len(want), again, files)
	}
}

// TestCompactOlder takes files of a version that knew fewer columns, and keeps others out
// meanwhile.
func TestCompactOlder(t *testing.T) {
	dir := small(t)
	less := *schema[sink.Deliveries]
	less.Columns = slices.DeleteFunc(slices.Clone(less.Columns), func(c sink.Column) bool { return c.Name == "verdict" })
	names, err := filepath.Glob(filepath.Join(dir, less.Name, "2*.parquet"))
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	row := make(sink.Row, len(less.Columns))
	for i := range row {
		if less.Columns[i].Required {
			row[i] = map[sink.Type]any{sink.Text: "old", sink.Number: int64(1), sink.Bool: true, sink.Real: 1.5, sink.Time: time.Unix(1, 0)}[less.Columns[i].Type]
		}
	}
	data, err := encode(newTable(&less), []sink.Row{row})
	if err == nil {
		err = os.WriteFile(names[0], data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	before, _ := rowsIn(t, dir)
	age(t, dir)
	lock := filepath.Join(dir, lockName)
	if err := os.WriteFile(lock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Compact(t.Context(), dir, schema, time.Now(), func(Compacted) {}); err == nil || !strings.Contains(err.Error(), "another one") {
		t.Errorf("beside another one: %v", err)
	}
	long := time.Now().Add(-2 * lockTime)
	if err := os.Chtimes(lock, long, long); err != nil {
		t.Fatal(err)
	}
	compact(t, dir)
	if after, _ := rowsIn(t, dir); len(after) != len(before) {
		t.Errorf("%d rows of %d", len(after), len(before))
	}
	if err := Compact(t.Context(), t.TempDir(), schema, time.Now(), func(Compacted) {}); err == nil {
		t.Error("a directory of something else was compacted")
	}
}
