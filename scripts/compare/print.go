package main

import (
	"fmt"
	"strings"
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
	printTable("peak memory, MiB", results, tools, func(c, _ cost) string {
		return fmt.Sprint(c.memory >> 20)
	})
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
