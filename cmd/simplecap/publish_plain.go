//go:build !full

package main

import "context"

// isFull says what this build has.
const isFull = false

// begin says that this build cannot publish.
func (c *publishFlags) begin(context.Context, streams, []string, bool, *confinement) (*publishing, error) {
	if !c.on() {
		return nil, nil
	}
	return nil, notHere("--publish")
}

// run says that this build cannot collect.
func (c *collectCommand) run(context.Context, []string) error { return notHere("collect") }
