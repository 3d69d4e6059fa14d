package analyze

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"simplecap/internal/shared"
)

// TestRulesAreNamedByVariable: a rule's id stands where the rule does and nowhere else in
// the project's code, so that a misspelt one does not compile; and every rule is in the
// catalogue, or index would take the first one for it.
func TestRulesAreNamedByVariable(t *testing.T) {
	shared.OneGoroutine(t)
	quotedID := regexp.MustCompile(`(\bID: +)?"([a-z0-9]+(?:-[a-z0-9]+)+)"`)
	other := map[string]bool{"rp-error": true, "max-forwards": true, "answer-not-relayed": true, "not-forwarded": true} // a receipt, a header field, verdicts
	stands := make(map[string]bool)
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		for _, found := range quotedID.FindAllSubmatch(source, -1) {
			id := string(found[2])
			_, isRule := ruleIndex[id]
			switch {
			case len(found[1]) > 0 && strings.HasPrefix(filepath.Base(name), "rules_"):
				stands[id] = true
			case isRule && !other[id]:
				t.Errorf("%s names the rule %q by its id", name, id)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(stands) < 80 {
		t.Fatalf("only %d rules found", len(stands))
	}
	for id := range stands {
		if _, ok := ruleIndex[id]; !ok {
			t.Errorf("the rule %q is not in the catalogue", id)
		}
	}
}
