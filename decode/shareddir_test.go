package decode

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedDir finds the captures and messages with ground truth that are kept
// beside the project, and skips the test where they are not.
func sharedDir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		shared := filepath.Join(dir, "shared")
		if _, err := os.Stat(filepath.Join(shared, "pcaps", "truth.json")); err == nil {
			return shared
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		t.Skip("no shared/pcaps/truth.json beside the project: nothing to compare with")
	}
}
