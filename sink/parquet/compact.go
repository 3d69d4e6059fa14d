package parquet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"simplecap/sink"
)

// largeGroup is how many rows a row group of a compacted file has at most.
const largeGroup = 120000

// sourcesKey is the metadata of a compacted file that name what it was made of: each with its
// size and when it was written, since another one may have the name later.
const sourcesKey = "simplecap.compacted"

// partEnding ends the name of what is not complete.
const partEnding = ".compact"

// lockName is a file that is there while a directory is compacted, and lockTime how long it
// counts when nobody touches it.
const (
	lockName = ".compacting"
	lockTime = time.Hour
)

// Compacted is what Compact says of an hour of a table.
type Compacted struct {
	Name  string // of the file, with that of its table
	Files int    // that it was made of
	Bytes int64
}

// Compact makes one file of the files of each hour of each table in a directory of
// parquet:DIR, HOUR.parquet, where none of them has changed since before. The file has its
// name when it is complete, and then those that it was made of go: it names them, so that
// who goes on behind a SIGKILL in between removes them and takes no row twice. The views of
// contrib/sinks show no row twice meanwhile. Nobody may write to these hours any more.
func Compact(ctx context.Context, dir string, schema *sink.Schema, before time.Time, told func(Compacted)) error {
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	lock := filepath.Join(dir, lockName)
	if err := takeLock(lock); err != nil {
		return err
	}
	defer os.Remove(lock)
	found := false
	for _, t := range schema {
		c := compactor{table: newTable(t), dir: filepath.Join(dir, t.Name), before: before, lock: lock, told: told}
		hours, err := c.hours()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		for _, hour := range hours {
			if err == nil {
				err = c.hour(ctx, hour)
			}
		}
		if err != nil {
			return err
		}
		found = true
	}
	if !found {
		return fmt.Errorf("%s: no table of --sink parquet:DIR is there: %w", dir, fs.ErrNotExist)
	}
	return nil
}

// takeLock keeps others out, unless they were killed.
func takeLock(name string) error {
	if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > lockTime {
		os.Remove(name)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: another one is at work, or was killed within the hour", name)
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// compactor compacts a table.
type compactor struct {
	table     *table
	dir, lock string
	before    time.Time
	told      func(Compacted)
}

// compactedHour are the files of an hour.
type compactedHour struct {
	name  string
	files []string // the oldest first
	fresh bool     // one of them is too new
}

// hours are those of which there are files.
func (c *compactor) hours() (all []compactedHour, err error) {
	entries, err := os.ReadDir(c.dir) // in the order of their names
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), partEnding) { // of one that was killed
			err = errors.Join(err, os.Remove(filepath.Join(c.dir, e.Name())))
		}
		if filepath.Ext(e.Name()) != ".parquet" {
			continue
		}
		hour, ok := hourIn(e.Name())
		info, infoErr := e.Info()
		if !ok || infoErr != nil {
			continue
		}
		if len(all) == 0 || all[len(all)-1].name != hour {
			all = append(all, compactedHour{name: hour})
		}
		last := &all[len(all)-1]
		last.files = append(last.files, filepath.Join(c.dir, e.Name()))
		last.fresh = last.fresh || info.ModTime().After(c.before)
	}
	return all, err
}

// hourIn is the hour that the name of a file begins with.
func hourIn(name string) (hour string, ok bool) {
	const form = "2006-01-02T15"
	if len(name) < len(form) || name[len(form)] != '-' && name[len(form):] != ".parquet" {
		return "", false
	}
	_, err := time.Parse(form, name[:len(form)])
	return name[:len(form)], err == nil
}

// hour makes one file of those of an hour.
func (c *compactor) hour(ctx context.Context, h compactedHour) error {
	target := filepath.Join(c.dir, h.name+".parquet")
	done, err := sourcesOf(target)
	if err != nil {
		return err
	}
	var files, sources []string
	for _, name := range h.files {
		source, statErr := sourceOf(name)
		switch {
		case statErr != nil:
			err = errors.Join(err, statErr)
		case slices.Contains(done, source): // of one that was killed
			err = errors.Join(err, os.Remove(name))
		default:
			files, sources = append(files, name), append(sources, source)
		}
	}
	if err != nil || h.fresh || len(files) < 2 {
		return err
	}
	if err := c.merge(ctx, target, files, sources); err != nil {
		return fmt.Errorf("%s: %w", target, err)
	}
	for _, name := range files {
		if name != target {
			err = errors.Join(err, os.Remove(name))
		}
	}
	info, statErr := os.Stat(target)
	if err = errors.Join(err, statErr); err == nil {
		c.told(Compacted{filepath.Join(c.table.Name, filepath.Base(target)), len(files), info.Size()})
	}
	return err
}

// sourceOf is what a compacted file says of one that it was made of.
func sourceOf(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(filepath.Base(name), " ", info.Size(), " ", info.ModTime().UnixNano()), nil
}

// sourcesOf are the files that a compacted one was made of; none where it is
// not there.
func sourcesOf(name string) ([]string, error) {
	in, err := openInput(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer in.close()
	list, _ := in.Lookup(sourcesKey)
	return strings.Split(list, "\n"), nil
}

// input is a file that is read.
type input struct {
	on *os.File
	*parquet.File
}

func (in *input) close() { in.on.Close() }

func openInput(name string) (in input, err error) {
	if in.on, err = os.Open(name); err != nil {
		return in, err
	}
	info, err := in.on.Stat()
	if err == nil {
		in.File, err = parquet.OpenFile(in.on, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	}
	if err != nil {
		in.on.Close()
		return in, fmt.Errorf("%s: %w", name, err)
	}
	return in, nil
}

// merge writes the rows of files to one that takes its name when it is complete. The mode
// is that of the first.
func (c *compactor) merge(ctx context.Context, target string, files, sources []string) error {
	info, err := os.Stat(files[0])
	if err != nil {
		return err
	}
	part := filepath.Join(c.dir, fmt.Sprintf(".%s.%d%s", filepath.Base(target), os.Getpid(), partEnding))
	on, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode())
	if err != nil {
		return err
	}
	defer os.Remove(part) // not there any more where all went well
	buffer := bufio.NewWriterSize(on, 256<<10)
	w := parquet.NewGenericWriter[any](buffer, append(slices.Clone(c.table.options), parquet.MaxRowsPerRowGroup(largeGroup), parquet.KeyValueMetadata(sourcesKey, strings.Join(sources, "\n")))...)
	for _, name := range files {
		if err == nil {
			err = c.copy(ctx, w, name)
		}
	}
	if err = errors.Join(err, w.Close(), buffer.Flush(), on.Sync(), on.Close()); err != nil {
		return err
	}
	return os.Rename(part, target)
}

// copy copies the rows of a file. Columns that it does not know are empty.
func (c *compactor) copy(ctx context.Context, to *parquet.GenericWriter[any], name string) error {
	now := time.Now()
	_ = os.Chtimes(c.lock, now, now) // still at work
	in, err := openInput(name)
	if err != nil {
		return err
	}
	defer in.close()
	change, err := parquet.Convert(c.table.schema, in.Schema())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, group := range in.RowGroups() {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := parquet.ConvertRowGroup(group, change).Rows()
		_, err := parquet.CopyRows(to, rows)
		if err = errors.Join(err, rows.Close()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
