package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/pflag"
)

// fileMode is the permission of files with what subscribers said. The zero value is
// that of a flag that was not given.
type fileMode fs.FileMode

const (
	private fs.FileMode = 0o600 // files that hold what subscribers said
	usual   fs.FileMode = 0o666 // others, less the umask
)

func (m *fileMode) register(set *pflag.FlagSet) {
	set.Var(m, "mode", "make files that hold packets or texts with the permissions `OCTAL` (default 600)")
}

// String implements pflag.Value.
func (m *fileMode) String() string {
	if *m == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(*m), 8)
}

// Set implements pflag.Value.
func (m *fileMode) Set(text string) error {
	n, err := strconv.ParseUint(text, 8, 9)
	if err != nil || n&0o600 != 0o600 {
		return errors.New("want three octal digits, such as 640, with which the owner may read and write")
	}
	*m = fileMode(n)
	return nil
}

// Type implements pflag.Value.
func (m *fileMode) Type() string { return "OCTAL" }

// of is the mode of a file; texts says that it holds what subscribers said.
func (m fileMode) of(texts bool) fs.FileMode {
	switch {
	case m != 0:
		return fs.FileMode(m)
	case texts:
		return private
	}
	return usual
}

// createFile opens a file to be written from its beginning. One that exists already
// gets the mode, unless that is the usual one.
func createFile(name string, flags int, mode fs.FileMode) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|flags, mode)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); mode != usual && err == nil && info.Mode().IsRegular() {
		if err := file.Chmod(mode); err != nil {
			file.Close()
			return nil, err
		}
	}
	return file, nil
}

// hiddenBeside is a name for a file that is not complete yet, in the directory of the
// one that it becomes.
func hiddenBeside(name string) string {
	return filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%d", filepath.Base(name), os.Getpid()))
}

// isDevice reports whether a name is that of a device or pipe, which is written in place.
func isDevice(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.Mode().IsRegular()
}
