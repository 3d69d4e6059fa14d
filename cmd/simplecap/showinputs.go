package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"simplecap/analyze/result"
)

// inputs are captures that can be read more than once. What cannot, standard
// input and pipes, is copied to temporary files.
type inputs struct {
	names  []string
	copies map[string]string // name of the user by that of the copy
}

// rereadable makes the named captures readable more than once.
func rereadable(names []string, stdin io.Reader) (*inputs, error) {
	in := &inputs{copies: make(map[string]string)}
	for _, name := range names {
		copied, err := in.readable(name, stdin)
		if err != nil {
			in.remove()
			return nil, fmt.Errorf("keep %s in a temporary file: %w (TMPDIR names another directory for it)", name, err)
		}
		in.names = append(in.names, copied)
	}
	return in, nil
}

func (in *inputs) readable(name string, stdin io.Reader) (string, error) {
	if name == "-" {
		return in.copyOf(name, stdin)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().IsRegular() || info.IsDir() {
		return name, nil // what is wrong with it is found when it is opened
	}
	f, err := os.Open(name)
	if err != nil {
		return name, nil
	}
	defer f.Close()
	return in.copyOf(name, f)
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
