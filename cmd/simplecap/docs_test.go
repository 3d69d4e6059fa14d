package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The page of rules is what the command prints.
func TestRulesPageIsCurrent(t *testing.T) {
	var page, talk bytes.Buffer
	if code := run(context.Background(), []string{"rules", "--format", "markdown"}, nil, &page, &talk); code != 0 {
		t.Fatalf("exit code %d: %s", code, talk.String())
	}
	name := filepath.Join("..", "..", "docs", "rules.md")
	if *update {
		if err := os.WriteFile(name, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(old), page.String()); diff != "" {
		t.Errorf("docs/rules.md is not current (go test ./cmd/simplecap -update rewrites it):\n%s", diff)
	}
}

// Every capture has one row in the list of captures, and every row a capture.
func TestEveryCaptureIsListed(t *testing.T) {
	dir := filepath.Join("..", "..", "testdata", "pcaps")
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for line := range strings.SplitSeq(string(readme), "\n") {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "`"); ok && strings.HasPrefix(line, "| `") {
			rows[name]++
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if n := rows[f.Name()]; f.Name() != "README.md" && n != 1 {
			t.Errorf("%s has %d rows in testdata/pcaps/README.md, want one", f.Name(), n)
		}
		delete(rows, f.Name())
	}
	for name := range rows {
		t.Errorf("testdata/pcaps/README.md has a row for %s, which is not there", name)
	}
}

// A scenario that a recipe plays is in the repository.
func TestRecipesNameFiles(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, page := range append(pages, filepath.Join("..", "..", "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, after := range strings.Split(string(text), "sipp -sf ")[1:] {
			played++
			name, _, _ := strings.Cut(after, " ")
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(name))); err != nil {
				t.Errorf("%s plays %s: %v", page, name, err)
			}
		}
	}
	if played == 0 {
		t.Error("no recipe plays a scenario")
	}
}
