//go:build !full

package main

import (
	"context"
	"fmt"
)

// begin says that this build cannot publish.
func (f *publishFlags) begin(context.Context, streams, []string, bool, *confinement) (*publishing, error) {
	if !f.on() {
		return nil, nil
	}
	return nil, notHere("--publish")
}

// run says that this build cannot collect.
func (c *collectCommand) run(context.Context, []string) error { return notHere("collect") }

// run says that this build has no Parquet.
func (c *compactCommand) run(context.Context, []string) error { return notHere("compact") }

// notHere says that this build lacks something that only the full one has.
func notHere(what string) error {
	return usage(fmt.Errorf("this build has no %s: take simplecap-full, or build with -tags full", what), "")
}
