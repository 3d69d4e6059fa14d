//go:build unix

package main

import (
	"io/fs"
	"syscall"
)

// isRemoved reports whether an open file has no name any more: what is written to it is
// gone when it is closed.
func isRemoved(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Mode().IsRegular() && stat.Nlink == 0
}
