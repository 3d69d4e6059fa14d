//go:build !unix

package main

import "io/fs"

// isRemoved reports nothing: here a file that is open cannot be removed.
func isRemoved(fs.FileInfo) bool { return false }
