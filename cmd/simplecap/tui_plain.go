//go:build !full

package main

import (
	"context"

	"simplecap/internal/tui"
)

// cluster says that this build knows no bus.
func (c *tuiCommand) cluster(context.Context, *tui.Store, []string) error {
	return notHere("tui nats://")
}
