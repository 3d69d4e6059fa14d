//go:build !race

package main

// raceDetector says that memory and time are those of the race detector, too.
const raceDetector = false
