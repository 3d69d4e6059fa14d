package parquet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"simplecap/internal/preset"
	"simplecap/sink"
)

// Limits are the bounds of a store.
type Limits struct {
	Open int   // files that are being written at a time, of one table (default 2); one more completes the oldest
	Rows int64 // of a file, before the next one is begun (default 1,000,000)
}

// DefaultLimits are the bounds used where Options leaves them zero.
var DefaultLimits = Limits{Open: 2, Rows: 1000000}

// Options are what Open is told beside the address.
type Options struct {
	sink.FileOptions
	Writer string // stands in the names of files, so that several may write to one directory
	Ranged bool   // files have their names when all is flushed, from what Range says; Writer begins it
	Limits Limits
}

// store writes files to a directory.
type store struct {
	dir     string
	options Options
	tables  []*table
	files   [][]*file      // open ones by table, the oldest first
	parts   map[string]int // files by the rest of their names
	begun   int            // files in all
	since   string         // stands in the names of files: when the first row was, so that runs do not share names
	ranged  string         // see Range
	whole   []wholeFile    // with Options.Ranged, those that have no name yet
}

// wholeFile is a complete file that has no name yet.
type wholeFile struct {
	part  string // its name until then
	index int
	hour  string
	rows  int64
}

// file is a file that is not complete.
type file struct {
	*os.File
	*writer
	buffer *bufio.Writer
	hour   string
	rows   int64
}

// Open opens parquet:DIR. The directory is made where it is not there.
func Open(a *sink.Address, schema *sink.Schema, o Options) (sink.Store, error) {
	if a.Name == "" {
		return nil, errors.New("want a directory, as in parquet:DIR")
	}
	if err := a.NoMore(); err != nil {
		return nil, err
	}
	preset.Numbers(&o.Limits, DefaultLimits)
	s := &store{dir: a.Name, options: o, files: make([][]*file, len(schema)), parts: make(map[string]int)}
	for _, t := range schema {
		s.tables = append(s.tables, newTable(t))
		if err := s.begin(t); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// emptyName is a file without rows, so that queries find columns where nothing was seen.
const emptyName = "0.parquet"

// begin makes the folder of a table.
func (s *store) begin(t *sink.Table) error {
	dir := filepath.Join(s.dir, t.Name)
	if err := os.MkdirAll(dir, dirMode(s.options.Mode)); err != nil {
		return err
	}
	if s.options.Ranged {
		if err := s.sweep(dir); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(dir, emptyName)); err == nil {
			return nil
		}
	}
	content, err := encode(s.tables[t.Index], nil)
	part := filepath.Join(dir, fmt.Sprintf(".0.%s.%d.part", cleanName(s.options.Writer), os.Getpid()))
	if err == nil {
		err = os.WriteFile(part, content, s.options.Mode)
	}
	if err == nil {
		err = os.Rename(part, filepath.Join(dir, emptyName))
	}
	return err
}

// sweep removes what a killed process has left of files of the same writer: whoever opens
// them now is the one who goes on.
func (s *store) sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, ".*."+cleanName(s.options.Writer)+".*.part"))
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// dirMode is the mode of a directory of files with this mode: who may read them may list it.
func dirMode(m fs.FileMode) fs.FileMode { return m | m&0o444>>2 }

// Write implements sink.Store.
func (s *store) Write(_ context.Context, b sink.Batch) error {
	left := len(b)
	for index := range s.tables {
		for rows := b.Of(index); len(rows) > 0; {
			hour, n := s.sameHour(index, rows)
			if err := s.write(index, hour, rows[:n]); err != nil {
				return s.fail(err, left)
			}
			rows, left = rows[n:], left-n
		}
	}
	return nil
}

// sameHour is the hour of the first row, and how many rows from it on are of that hour.
func (s *store) sameHour(index int, rows []sink.Row) (hour string, n int) {
	hour = s.hourOf(index, rows[0])
	for n = 1; n < len(rows) && s.hourOf(index, rows[n]) == hour; n++ {
	}
	return hour, n
}

// noTime is where rows without a time are filed.
const noTime = "no-time"

func (s *store) hourOf(index int, r sink.Row) string {
	at, ok := r[s.tables[index].Time].(time.Time)
	if !ok {
		return noTime
	}
	if s.since == "" {
		s.since = at.UTC().Format("20060102T150405.000000")
	}
	return at.UTC().Format("2006-01-02T15")
}

func (s *store) write(index int, hour string, rows []sink.Row) error {
	f, err := s.file(index, hour)
	if err != nil {
		return err
	}
	err = f.write(rows)
	if err == nil {
		f.rows += int64(len(rows))
	}
	return err
}

// file returns the open file of an hour.
func (s *store) file(index int, hour string) (*file, error) {
	for i, f := range s.files[index] {
		if f.hour != hour {
			continue
		}
		if f.rows < s.options.Limits.Rows {
			return f, nil
		}
		if err := s.complete(index, i); err != nil {
			return nil, err
		}
		break
	}
	if len(s.files[index]) >= s.options.Limits.Open {
		if err := s.complete(index, 0); err != nil {
			return nil, err
		}
	}
	f, err := s.create(index, hour)
	if err == nil {
		s.files[index] = append(s.files[index], f)
	}
	return f, err
}

func (s *store) create(index int, hour string) (*file, error) {
	dir := filepath.Join(s.dir, s.tables[index].Name)
	name := fmt.Sprintf(".%s.%s.%d.%d.part", hour, cleanName(s.options.Writer), os.Getpid(), s.begun)
	s.begun++
	on, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, s.options.Mode)
	if err != nil {
		return nil, err
	}
	f := &file{File: on, hour: hour, buffer: bufio.NewWriterSize(on, 256<<10)}
	f.writer = newWriter(s.tables[index], f.buffer)
	return f, nil
}

// complete ends the i-th open file of a table and gives it its name.
func (s *store) complete(index, i int) error {
	f := s.files[index][i]
	err := errors.Join(f.close(), f.buffer.Flush(), f.Sync(), f.File.Close())
	switch {
	case err != nil:
	case s.options.Ranged:
		s.whole = append(s.whole, wholeFile{f.Name(), index, f.hour, f.rows})
	default:
		err = os.Rename(f.Name(), s.name(index, f.hour))
	}
	if err == nil {
		s.files[index] = append(s.files[index][:i], s.files[index][i+1:]...)
	}
	return err
}

// name is the name of the next file of an hour.
func (s *store) name(index int, hour string) string {
	stem := strings.Join([]string{hour, cleanName(s.options.Writer), s.since}, "-")
	if s.ranged != "" {
		stem = hour + "-" + s.ranged
	}
	path := filepath.Join(s.dir, s.tables[index].Name, stem)
	s.parts[path]++
	return fmt.Sprintf("%s-%05d.parquet", path, s.parts[path])
}

// cleanName is a name as it may stand in that of a file.
func cleanName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._", r) {
			return r
		}
		return '_'
	}, s)
}

// fail gives up the files that are not complete, and says that with the rows in them
// others are lost that were to be written now.
func (s *store) fail(err error, others int) error {
	lost := uint64(others)
	for _, files := range s.files {
		for _, f := range files {
			lost += uint64(f.rows)
		}
	}
	for _, f := range s.whole {
		lost += uint64(f.rows)
	}
	s.abandon()
	return sink.Permanent(&sink.Lost{Rows: lost, Err: err})
}

func (s *store) abandon() {
	for index, files := range s.files {
		for _, f := range files {
			f.File.Close()
			os.Remove(f.Name())
		}
		s.files[index] = nil
	}
	for _, f := range s.whole {
		os.Remove(f.part)
	}
	s.whole = nil
}

// Range implements sink.Ranged.
func (s *store) Range(name string) { s.ranged = cleanName(strings.ReplaceAll(name, "-", ".")) }

// settle gives complete files their names. Where that was done before, by who was killed
// behind it, they are the same.
func (s *store) settle() error {
	clear(s.parts)
	for len(s.whole) > 0 {
		f := &s.whole[0]
		if err := os.Rename(f.part, s.name(f.index, f.hour)); err != nil {
			return err
		}
		s.whole = s.whole[1:]
	}
	return nil
}

// Flush implements sink.Store.
func (s *store) Flush(context.Context) error {
	for index := range s.files {
		for len(s.files[index]) > 0 {
			if err := s.complete(index, 0); err != nil {
				return s.fail(err, 0)
			}
		}
	}
	if err := s.settle(); err != nil {
		return s.fail(err, 0)
	}
	return nil
}

// Close implements sink.Store.
func (s *store) Close() error {
	s.abandon()
	return nil
}
