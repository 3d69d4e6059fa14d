package arch

import (
	"go/ast"
	"go/doc"
	"strings"
	"testing"
)

// importable reports whether a program of somebody else may import a package of the project.
func importable(dir string) bool {
	return layer(dir) >= 0 && !within(dir, "internal") && !within(dir, "cmd")
}

// TestExamples wants one that runs of each package that can be imported.
func TestExamples(t *testing.T) {
	runs := make(map[string]bool)
	tests := make(map[string][]*ast.File)
	for _, f := range goFiles(t) {
		if importable(f.dir()) && !strings.Contains(f.name, "/testdata/") {
			runs[f.dir()] = false
			if f.isTest() {
				tests[f.dir()] = append(tests[f.dir()], f.File)
			}
		}
	}
	for dir, files := range tests {
		for _, e := range doc.Examples(files...) {
			runs[dir] = runs[dir] || e.Output != "" || e.EmptyOutput
		}
	}
	for dir, yes := range runs {
		if !yes {
			t.Errorf("%s has no example with an output", dir)
		}
	}
	if len(runs) < 20 {
		t.Errorf("only %d packages", len(runs))
	}
}
