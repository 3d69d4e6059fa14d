//go:build !unix

package main

import "os"

// reportSignals delivers nothing: this system has no signal for it.
func reportSignals() (signals <-chan os.Signal, release func()) { return nil, func() {} }
