//go:build full

package main

import (
	"fmt"
	"os"
	"strings"

	"simplecap/bus/jet"
)

// testCommands are what the test binary answers to by name.
func testCommands() map[string]func() {
	return map[string]func(){"simplecap": main, "busnode": busNode, "offhost": offHost}
}

// busNode is a server of a cluster: its name, where it listens for clients and for others,
// where these do, and its directory. It runs until it is killed.
func busNode() {
	args := os.Args[1:]
	_, err := jet.ListenAmong(jet.Cluster{Name: args[0], Address: args[2], Others: strings.Split(args[3], ",")}, args[1], args[4], 8<<30)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	select {}
}
