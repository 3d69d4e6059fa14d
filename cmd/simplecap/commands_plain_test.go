//go:build !full

package main

// testCommands are what the test binary answers to by name.
func testCommands() map[string]func() { return map[string]func(){"simplecap": main} }
