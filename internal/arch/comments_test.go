package arch

import (
	"go/ast"
	"strings"
	"testing"
)

// TestCommentsNameWhatTheyDocument wants the comment of a function, method or type that
// begins with a word in small letters to begin with its name: after a renaming it says that
// of another one.
func TestCommentsNameWhatTheyDocument(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, decl := range f.Decls {
			for name, comment := range documented(decl) {
				if word, _, _ := strings.Cut(comment, " "); !namesIt(word, name) {
					t.Errorf("%s: the comment of %s begins with %q", f.name, name, word)
				}
			}
		}
	}
}

// documented returns the comments of a declaration that is of one function or type, by name.
func documented(decl ast.Decl) map[string]string {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		return map[string]string{d.Name.Name: d.Doc.Text()}
	case *ast.GenDecl:
		if spec, ok := d.Specs[0].(*ast.TypeSpec); ok && len(d.Specs) == 1 {
			return map[string]string{spec.Name.Name: d.Doc.Text()}
		}
	}
	return nil
}

// namesIt reports whether the first word of a comment is the name, or is none of a name.
func namesIt(word, name string) bool {
	word = strings.TrimRight(word, ",.:")
	word = strings.TrimSuffix(word, "'s")
	return word == name || word == "" || word[0] < 'a' || word[0] > 'z'
}

func TestNamesIt(t *testing.T) {
	for _, test := range []struct {
		word, name string
		want       bool
	}{
		{"take", "take", true},
		{"take,", "take", true},
		{"take's", "take", true},
		{"The", "Example", true},
		{"", "take", true},
		{"taken", "take", false},
		{"tookOver", "take", false},
	} {
		if got := namesIt(test.word, test.name); got != test.want {
			t.Errorf("%q of %s: %v, want %v", test.word, test.name, got, test.want)
		}
	}
}
