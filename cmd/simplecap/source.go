package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"simplecap/capture"
)

// openSource opens capture files, directories, and "-" for standard input. Its
// error wraps fs.ErrNotExist where a name does not exist. Pipes are read until ctx ends.
func openSource(ctx context.Context, names []string, stdin io.Reader) (*capture.Files, error) {
	return capture.Open(names, capture.Options{Stdin: stdin, Pipe: untilInterrupted(ctx)})
}

// ringGap is how far apart the files of one rotated ring may lie, for check: whoever
// records tests one after the other leaves more.
const ringGap = 10 * time.Second

// traces says which files are one capture.
type traces struct {
	each bool // --each
}

func (t *traces) register(set *pflag.FlagSet) {
	set.BoolVar(&t.each, "each", false, "judge each file by itself, also where files overlap or follow each other")
}

// open opens captures of which those with a gap of more than apart have nothing to do
// with each other.
func (t *traces) open(ctx context.Context, names []string, stdin io.Reader, apart time.Duration) (*capture.Files, error) {
	return capture.Open(names, capture.Options{Stdin: stdin, Pipe: untilInterrupted(ctx), Apart: apart, Each: t.each})
}

// told says in one line how several files were judged, "" for one file.
func (t *traces) told(src *capture.Files) string {
	files, n := len(src.Inputs()), src.Traces()
	switch {
	case files < 2 || n == 0:
		return ""
	case n == files:
		return fmt.Sprintf("%d files, each judged by itself", files)
	case n == 1:
		return fmt.Sprintf("%d files, judged as one capture: they overlap or follow each other (--each judges each by itself)", files)
	}
	return fmt.Sprintf("%d files, judged as %d captures that lie apart (--each judges each by itself)", files, n)
}
