package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"simplecap/report"
)

// The exit codes, described in doc.go.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInput       = 3
	exitEmpty       = 4
	exitTooPoor     = 5
	exitInterrupted = 130
)

// failure is an error that knows its exit code. Without an err it is silent.
type failure struct {
	code int
	err  error
	hint string // what to do about it, may be empty
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// usage is a failure of the person or script that calls simplecap.
func usage(err error, hint string) error { return &failure{exitUsage, err, hint} }

// streams are the standard streams of the process.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is the whole command; it returns the exit code. Cancelling ctx interrupts it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootFor(streams{stdin, stdout, stderr}, args)
	root.SetArgs(withDefaultCommand(root, args))
	err := root.ExecuteContext(ctx)
	if err == nil || isBrokenPipe(err) { // nobody reads the rest
		return 0
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{exitUsage, err, seeHelp}
	}
	if f.err != nil {
		say(stderr, f.Error())
	}
	if f.hint != "" {
		advise(stderr, f.hint)
	}
	return f.code
}

const seeHelp = "simplecap --help lists commands and flags"

// say prints one line of talk for each line of the message, in which names of files and
// what systems answer must not drive the terminal.
func say(stderr io.Writer, message string) {
	for _, line := range strings.Split(strings.TrimRight(message, "\n"), "\n") {
		fmt.Fprintln(stderr, "simplecap: "+report.Clean(line, 0))
	}
}

// advise prints a hint.
func advise(stderr io.Writer, hint string) { fmt.Fprintln(stderr, "hint: "+report.Clean(hint, 0)) }
