package main

import (
	"fmt"
	"strings"
	"syscall"
)

// printTables prints what was measured: seconds, with how many times that of
// tcpdump's filter pass, and memory.
func printTables(results []result, tools []tool) {
	printTable("seconds (times tcpdump)", results, tools, func(c, filter cost) string {
		if filter.wall == 0 {
			return fmt.Sprintf("%.2f", c.wall.Seconds())
		}
		return fmt.Sprintf("%.2f (%s)", c.wall.Seconds(), ratio(c.wall.Seconds()/filter.wall.Seconds()))
	})
	own := ownPeak()
	printTable("peak memory, MiB", results, tools, func(c, _ cost) string {
		if c.memory <= own {
			return fmt.Sprintf("≤ %d", own>>20)
		}
		return fmt.Sprint(c.memory >> 20)
	})
}

// ownPeak is the peak memory of this command in bytes. The kernel counts it for each
// tool too, which begins as a copy of this process: smaller ones cannot be told.
func ownPeak() int64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Maxrss * 1024
}

// ratio writes a ratio with two digits or so.
func ratio(r float64) string {
	if r < 10 {
		return fmt.Sprintf("%.2g", r)
	}
	return fmt.Sprintf("%.0f", r)
}

func printTable(title string, results []result, tools []tool, cell func(c, filter cost) string) {
	fmt.Printf("| %s |", title)
	for _, t := range tools {
		fmt.Printf(" %s |", t.name)
	}
	fmt.Printf("\n| --- |%s\n", strings.Repeat(" --- |", len(tools)))
	for _, r := range results {
		fmt.Printf("| %s, %d MB |", r.profile, r.bytes/1e6)
		for _, t := range tools {
			if c, ok := r.costs[t.name]; ok {
				fmt.Printf(" %s |", cell(c, r.costs["tcpdump filter"]))
			} else {
				fmt.Print(" – |")
			}
		}
		fmt.Println()
	}
	fmt.Println()
}
