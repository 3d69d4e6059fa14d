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

// NodeModules returns the folder of npm's modules that the environment names in
// SIMPLECAP_NODE_MODULES, and skips the test where a module is not in it.
func NodeModules(t testing.TB, module string) string {
	t.Helper()
	dir := os.Getenv("SIMPLECAP_NODE_MODULES")
	if _, err := os.Stat(filepath.Join(dir, module)); dir == "" || err != nil {
		t.Skip("SIMPLECAP_NODE_MODULES names no folder with " + module)
	}
	return dir
}
