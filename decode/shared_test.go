package decode

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedDir returns the folder of captures with known answers, or skips the test.
func sharedDir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		shared := filepath.Join(dir, "shared")
		if _, err := os.Stat(filepath.Join(shared, "pcaps", "truth.json")); err == nil {
			return shared
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("no folder shared/ with captures above the working directory")
	return ""
}
