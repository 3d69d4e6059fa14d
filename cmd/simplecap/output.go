package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// output is where the report goes. A file appears under its name only when the
// report is complete, so that a failed run leaves no half report behind.
type output struct {
	io.Writer
	file *os.File // nil for standard output
	name string   // what file is renamed to; "" where it is written in place
}

// createOutput opens the file for --output; "" and "-" are standard output.
func createOutput(name string, stdout io.Writer, mode fs.FileMode) (*output, error) {
	if name == "" || name == "-" {
		return &output{Writer: stdout}, nil
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	o := &output{}
	var err error
	if isDevice(name) {
		o.file, err = os.OpenFile(name, os.O_WRONLY, 0)
	} else {
		o.name = name
		o.file, err = createFile(hiddenBeside(name), os.O_EXCL, mode)
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, errors.Unwrap(err))
	}
	o.Writer = o.file
	return o, nil
}

// commit puts the complete report in its place.
func (o *output) commit() error {
	if o.file == nil {
		return nil
	}
	if err := o.file.Close(); err != nil {
		return err
	}
	if o.name == "" {
		return nil
	}
	if err := os.Rename(o.file.Name(), o.name); err != nil {
		return err
	}
	o.name = ""
	return nil
}

// abort removes what was written unless it was committed.
func (o *output) abort() {
	if o.file != nil && o.name != "" {
		o.file.Close()
		os.Remove(o.file.Name())
	}
}

// isBrokenPipe reports whether nobody reads any more what is written.
func isBrokenPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// watched calls failed when a write fails, so that the run can end: there is no
// use in reading on for an output that is full or closed.
type watched struct {
	io.Writer
	failed func()
}

func (w watched) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		w.failed()
	}
	return n, err
}

// target is what the report is written to, to ask whether it is a terminal.
func (o *output) target() io.Writer {
	if o.file != nil {
		return o.file
	}
	return o.Writer
}
