package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// FileOptions are what stores of files are told.
type FileOptions struct {
	Mode fs.FileMode // of new files
}

// NDJSONLimits are the bounds of an NDJSON store.
type NDJSONLimits struct {
	Bytes int64 // of a file, before it gets another name (default 1 GiB)
	Files int   // that are kept beside it (default 9)
}

// ndjson writes a JSON object a line to a file. When the file is full it gets the name
// FILE.1, and the one of that name before FILE.2, as logs do.
type ndjson struct {
	name   string
	mode   fs.FileMode
	limits NDJSONLimits
	schema *Schema
	file   *os.File
	size   int64
	buffer []byte
}

// OpenNDJSON opens ndjson:FILE. It takes size=BYTES and files=N.
func OpenNDJSON(a *Address, schema *Schema, o FileOptions) (Store, error) {
	n := &ndjson{name: a.Name, mode: o.Mode, schema: schema, limits: NDJSONLimits{Bytes: 1 << 30, Files: 9}}
	if a.Name == "" {
		return nil, errors.New("want the name of a file, as in ndjson:FILE")
	}
	if text := a.Take("size"); text != "" {
		var err error
		if n.limits.Bytes, err = strconv.ParseInt(text, 10, 64); err != nil || n.limits.Bytes < 4096 {
			return nil, fmt.Errorf("size=%s: want a number of bytes, 4096 or more", text)
		}
	}
	if text := a.Take("files"); text != "" {
		var err error
		if n.limits.Files, err = strconv.Atoi(text); err != nil || n.limits.Files < 1 {
			return nil, fmt.Errorf("files=%s: want how many full files to keep", text)
		}
	}
	if err := a.NoMore(); err != nil {
		return nil, err
	}
	return n, n.open()
}

// Directory is where the files of a store are, "" where it has none.
func (a *Address) Directory() string {
	switch {
	case a.Scheme == "ndjson":
		return filepath.Dir(a.Name)
	case a.URL == nil:
		return a.Name
	}
	return ""
}

// open goes on behind what the file holds, from the end of its last whole line.
func (n *ndjson) open() error {
	file, err := os.OpenFile(n.name, os.O_RDWR|os.O_CREATE, n.mode)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		file.Close()
		return errors.Join(err, fmt.Errorf("%s is no file", n.name))
	}
	n.file, n.size = file, info.Size()
	if end := wholeLines(file, n.size); end < n.size {
		n.size = end
		err = file.Truncate(end)
	}
	return err
}

// wholeLines is where the last line that ends ends, as far as it lies in the last 1 MiB.
func wholeLines(file io.ReaderAt, size int64) int64 {
	tail := make([]byte, min(size, 1<<20))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return size
	}
	end := strings.LastIndexByte(string(tail), '\n') + 1
	if end == 0 && size > int64(len(tail)) {
		return size
	}
	return size - int64(len(tail)) + int64(end)
}

// Write implements Store.
func (n *ndjson) Write(_ context.Context, b Batch) error {
	n.buffer = n.buffer[:0]
	for i := range b {
		n.buffer = append(appendRow(n.buffer, n.schema[b[i].Table], b[i].Row, true), '\n')
	}
	n.leave()
	if n.file == nil { // the last rotation failed, or it has another file
		if err := n.open(); err != nil {
			return err
		}
	}
	if n.size > 0 && n.size+int64(len(n.buffer)) > n.limits.Bytes {
		if err := n.rotate(); err != nil {
			return err
		}
	}
	if _, err := n.file.WriteAt(n.buffer, n.size); err != nil {
		_ = n.file.Truncate(n.size) // or the next try does
		return err
	}
	n.size += int64(len(n.buffer))
	return nil
}

// leave closes the file where its name is not that of it any more, or where it has become
// shorter: others, such as logrotate, take away what is full.
func (n *ndjson) leave() {
	if n.file == nil {
		return
	}
	ours, err := n.file.Stat()
	if err != nil {
		return
	}
	there, err := os.Stat(n.name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (!os.SameFile(ours, there) || ours.Size() < n.size) {
		n.file.Close()
		n.file = nil
	}
}

// rotate gives the file another name and begins a new one.
func (n *ndjson) rotate() error {
	for i := n.limits.Files; i > 1; i-- {
		if err := os.Rename(n.numbered(i-1), n.numbered(i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(n.name, n.numbered(1)); err != nil {
		return err
	}
	n.file.Close()
	n.file = nil
	return n.open()
}

func (n *ndjson) numbered(i int) string { return fmt.Sprintf("%s.%d", n.name, i) }

// Flush implements Store.
func (n *ndjson) Flush(context.Context) error {
	if n.file == nil {
		return nil
	}
	return n.file.Sync()
}

// Close implements Store.
func (n *ndjson) Close() error {
	if n.file == nil {
		return nil
	}
	return n.file.Close()
}
