//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// reportSignals delivers the signal that asks for a report; release ends that.
func reportSignals() (signals <-chan os.Signal, release func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	return c, func() { signal.Stop(c) }
}
