// Package shared finds, for tests, the captures with ground truth and the
// corpus that may lie beside the project in a folder "shared".
package shared

import (
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of a file or folder in "shared" beside the project, and
// skips the test where there is none.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		found := filepath.Join(dir, "shared", name)
		if _, err := os.Stat(found); err == nil {
			return found
		}
	}
	t.Skip("no shared/" + name + " beside the project")
	return ""
}
