package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
)

// inputs are captures that can be read more than once. What cannot, standard
// input and pipes, is copied to temporary files.
type inputs struct {
	names  []string
	copies map[string]string // name of the user by that of the copy
}

// rereadable makes the named captures readable more than once.
func rereadable(ctx context.Context, names []string, stdin io.Reader) (*inputs, error) {
	in := &inputs{copies: make(map[string]string)}
	for _, name := range names {
		copied, err := in.readable(ctx, name, stdin)
		if err != nil {
			in.remove()
			if errors.Is(err, errInterrupted) {
				return nil, &failure{code: exitInterrupted, err: errors.New("interrupted before everything was read")}
			}
			return nil, usage(fmt.Errorf("keep %s in a temporary file: %w (TMPDIR names another directory for it)", name, err), "")
		}
		in.names = append(in.names, copied)
	}
	return in, nil
}

func (in *inputs) readable(ctx context.Context, name string, stdin io.Reader) (string, error) {
	if name == "-" {
		return in.copyOf(name, untilInterrupted(ctx)(stdin))
	}
	if !readOnce(name) {
		return name, nil // what is wrong with it is found when it is opened
	}
	f := capture.OpenLate(name)
	defer f.Close()
	return in.copyOf(name, untilInterrupted(ctx)(f))
}

// readOnce reports whether a name is that of standard input, a FIFO or a device.
func readOnce(name string) bool {
	if name == "-" {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

func (in *inputs) copyOf(name string, r io.Reader) (string, error) {
	f, err := os.CreateTemp("", "simplecap-show-*")
	if err != nil {
		return "", err
	}
	in.copies[f.Name()] = name
	_, err = io.Copy(f, r)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return f.Name(), err
}

// remove removes the copies.
func (in *inputs) remove() {
	for name := range in.copies {
		os.Remove(name)
	}
}

// original puts the names that the user gave in place of those of copies.
func (in *inputs) original(text string) string {
	for name, user := range in.copies {
		text = strings.ReplaceAll(text, name, user)
	}
	return text
}

// rename does so in a report's inputs.
func (in *inputs) rename(r *result.Report) {
	for i := range r.Inputs {
		r.Inputs[i].Name = in.original(r.Inputs[i].Name)
	}
}

// named gives inputs their own names back in an error's text.
func (in *inputs) named(err error) error {
	var f *failure
	if errors.As(err, &f) && f.err != nil {
		return &failure{code: f.code, err: errors.New(in.original(f.err.Error())), hint: f.hint}
	}
	return err
}
