package main

import (
	"fmt"
	"os"
	"os/exec"
)

// noiseBytes is what a process of -noise goes through again and again: more than the
// caches of any processor hold.
const noiseBytes = 256 << 20

// noise keeps the memory of the machine busy, as neighbours of a virtual machine do, until
// the returned function is called: each of n processes reads and writes a line of the cache
// after the other. They are processes, since what this one takes would count as the peak
// of the tools that it starts.
func noise(n int) (stop func(), err error) {
	var running []*exec.Cmd
	stop = func() {
		for _, one := range running {
			one.Process.Kill()
			one.Wait()
		}
	}
	self, err := os.Executable()
	if err != nil {
		return stop, fmt.Errorf("noise: %w", err)
	}
	for range n {
		one := exec.Command(self, "-stream")
		if err := one.Start(); err != nil {
			stop()
			return stop, fmt.Errorf("noise: %w", err)
		}
		running = append(running, one)
	}
	return stop, nil
}

// stream goes through memory until it is killed, or who started it is gone.
func stream() {
	const line = 8
	parent := os.Getppid()
	for memory := make([]uint64, noiseBytes/8); os.Getppid() == parent; {
		for i := 0; i < len(memory); i += line {
			memory[i]++
		}
	}
}
