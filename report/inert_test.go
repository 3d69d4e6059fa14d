package report

import (
	"strings"
	"testing"
)

// No line of a wrapped text is a command for GitHub or Azure, wherever it breaks.
func TestWrappedLinesAreNoCommands(t *testing.T) {
	text := "10.0.0.1 sends ::error file=x::you ::set-output name=a::b ##[error]bad ##vso[task.complete]x"
	for width := 5; width < 100; width++ {
		for _, line := range wrap(text, width) {
			start := strings.TrimLeft(line, " \t")
			if strings.HasPrefix(start, "::") && strings.Contains(start[2:], "::") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
				t.Errorf("width %d: %q", width, line)
			}
		}
	}
	for line, want := range map[string]string{
		"    ::error::x": `    \x3a:error::x`, "::1:5060 sends": "::1:5060 sends", "a ::error::": "a ::error::", "#1 ##[group]": `#1 \x23#[group]`,
	} {
		if got := inert(line); got != want {
			t.Errorf("%q becomes %q, want %q", line, got, want)
		}
	}
}
