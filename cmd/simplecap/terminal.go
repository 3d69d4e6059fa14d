package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"
)

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is how many columns there are: those of the terminal, or $COLUMNS, or 0
// if neither is known.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	columns, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil || columns < 0 {
		return 0
	}
	return columns
}

// height is how many lines a terminal has, 0 where w is none.
func height(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if _, lines, err := term.GetSize(int(f.Fd())); err == nil {
			return lines
		}
	}
	return 0
}

// zone is the time zone for what goes to w: local on a terminal, else UTC.
func zone(w io.Writer, utc bool) *time.Location {
	if utc || !isTerminal(w) {
		return time.UTC
	}
	return time.Local
}

// colored decides about colours: --color first, then NO_COLOR (no-color.org),
// then whether w is a terminal that can show them.
func colored(choice string, w io.Writer) bool {
	switch choice {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && !monochrome(os.Getenv("TERM")) && isTerminal(w)
}

// monochrome reports whether a terminal of that name (terminfo's) has no colours.
func monochrome(name string) bool {
	switch name {
	case "dumb", "vt52", "vt100", "vt102", "vt220", "vt320":
		return true
	}
	return strings.HasSuffix(name, "-mono") || strings.HasSuffix(name, "-m")
}
