package main

import (
	"io"

	"simplecap/capture"
)

// openSource opens capture files, directories, and "-" for standard input. Its
// error wraps fs.ErrNotExist where a name does not exist.
func openSource(names []string, stdin io.Reader) (*capture.Files, error) {
	return capture.Open(names, capture.Options{Stdin: stdin})
}
