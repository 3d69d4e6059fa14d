package sink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// rangedNDJSON writes files that are named by what their rows are of.
type rangedNDJSON struct {
	stem, ending string // of the names, with the directory
	writer       string
	options      FileOptions
	schema       *Schema
	name         string
	file         *os.File // nil before the first row
	rows         uint64
	buffer       []byte
}

// OpenRangedNDJSON opens ndjson:FILE for one of several that write to the same directory
// and are told apart by writer: rows.ndjson becomes rows-NAME.ndjson, see Ranged. A file
// has its name when it is complete.
func OpenRangedNDJSON(a *Address, schema *Schema, writer string, o FileOptions) (Store, error) {
	if a.Name == "" {
		return nil, errors.New("want the name of a file, as in ndjson:FILE")
	}
	if err := a.NoMore(); err != nil {
		return nil, err
	}
	n := &rangedNDJSON{ending: filepath.Ext(a.Name), schema: schema, writer: writer, options: o}
	n.stem = strings.TrimSuffix(a.Name, n.ending)
	left, err := filepath.Glob(n.part("*"))
	for _, name := range left { // of a process that was killed
		err = errors.Join(err, os.Remove(name))
	}
	return n, err
}

// part is the name of a file that is not complete.
func (n *rangedNDJSON) part(process string) string {
	dir, base := filepath.Split(n.stem)
	return filepath.Join(dir, fmt.Sprintf(".%s-%s.%s.part", base, n.writer, process))
}

// Range implements Ranged.
func (n *rangedNDJSON) Range(name string) { n.name = name }

// Write implements Store.
func (n *rangedNDJSON) Write(_ context.Context, b Batch) (err error) {
	if n.file == nil {
		if n.file, err = os.OpenFile(n.part(fmt.Sprint(os.Getpid())), os.O_RDWR|os.O_CREATE|os.O_TRUNC, n.options.Mode); err != nil {
			return err
		}
	}
	n.buffer = n.buffer[:0]
	for i := range b {
		n.buffer = append(appendRow(n.buffer, n.schema[b[i].Table], b[i].Row, true), '\n')
	}
	if _, err := n.file.Write(n.buffer); err != nil {
		return n.fail(err, uint64(len(b)))
	}
	n.rows += uint64(len(b))
	return nil
}

// fail gives the file up: how much of the last rows it holds is not known.
func (n *rangedNDJSON) fail(err error, now uint64) error {
	lost := n.rows + now
	n.Close()
	return Permanent(&Lost{Rows: lost, Err: err})
}

// Flush implements Store.
func (n *rangedNDJSON) Flush(context.Context) error {
	if n.file == nil {
		return nil
	}
	err := errors.Join(n.file.Sync(), os.Rename(n.file.Name(), n.stem+"-"+n.name+n.ending), n.file.Close())
	if err != nil {
		return n.fail(err, 0)
	}
	n.file, n.rows = nil, 0
	return nil
}

// Close implements Store.
func (n *rangedNDJSON) Close() error {
	if n.file != nil {
		n.file.Close()
		os.Remove(n.file.Name())
		n.file, n.rows = nil, 0
	}
	return nil
}
