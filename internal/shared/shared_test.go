package shared

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPath(t *testing.T) {
	beside := filepath.Join(t.TempDir(), "beside")
	project := filepath.Join(beside, "worktrees", "project", "package")
	want := filepath.Join(beside, "shared", "pcaps", "truth.json")
	for _, dir := range []string{project, filepath.Dir(want)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(want, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(project)
	if got := Path(t, "pcaps/truth.json"); got != want {
		t.Errorf("found %s, want %s", got, want)
	}
	var skipped bool
	t.Run("absent", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		Path(t, "pcaps/nothing.json")
	})
	if !skipped {
		t.Error("a test of what is not there was not skipped")
	}
}
