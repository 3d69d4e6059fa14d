package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A closed pipe shall be an error of the write, so that temporary files are
	// removed, and not a signal that kills the process.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancel(context.Background())
	go interrupts(cancel)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// interrupts asks for the end at the first interrupt, and takes the second one for the
// same: timeout(1) sends its signal to the command and to its group. The third one ends
// the process at once. A terminal that is gone, as when a connection breaks, is such a
// signal too, unless nohup(1) has it ignored.
func interrupts(end context.CancelFunc) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	<-signals
	end()
	<-signals
	signal.Stop(signals)
}
