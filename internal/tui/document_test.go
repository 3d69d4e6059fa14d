package tui

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the screens of docs/tui.md")

// The screens in docs/tui.md are what the program draws (go test -update rewrites them).
func TestDocumentShowsTheScreen(t *testing.T) {
	const name = "../../docs/tui.md"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	for _, test := range []struct {
		title string
		keys  []string
		files []string
	}{
		{"The list", nil, nil},
		{"Failures only", []string{"x"}, nil},
		{"One delivery", []string{"enter"}, nil},
		{"What each hop changed", []string{"enter", "3"}, nil},
		{"Its findings", []string{"enter", "5"}, nil},
		{"Counts", []string{"t"}, nil},
		{"Peers", []string{"p"}, nil},
		{"By text", []string{"b"}, []string{texts}},
		{"One text", []string{"b", "enter"}, []string{texts}},
		{"What it says", []string{"b", "enter", "6"}, []string{texts}},
		{"By transaction", []string{"b", "b"}, nil},
	} {
		files := []string{late, forks, closed, "auth-407-then-200.pcap"}
		if test.files != nil {
			files = slices.Clone(test.files)
		}
		m := read(t, 100, 24, files...)
		press(m, test.keys...)
		m.status = ""
		m.dirty = true
		block := "### " + test.title + "\n\n```text\n" + strings.ReplaceAll(screen(m), "\n\n\n\n", "\n") + "\n```\n"
		before, rest, found := strings.Cut(doc, "### "+test.title+"\n")
		if !found {
			before, rest = doc+"\n", "```text\n\n```\n"
		}
		_, after, _ := strings.Cut(rest[strings.Index(rest, "```text")+7:], "```\n")
		if doc = before + block + after; *update {
			continue
		}
		if !strings.Contains(string(text), block) {
			t.Errorf("docs/tui.md shows another screen than\n%s", block)
		}
	}
	if *update {
		if err := os.WriteFile(name, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
