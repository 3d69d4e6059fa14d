//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A package gives the right to capture to nobody: everybody may run the program.
func TestPackageGivesNoRight(t *testing.T) {
	path, _ := contrib(t, "packages/postinstall.sh")
	dir := t.TempDir()
	called := filepath.Join(dir, "called")
	for _, tool := range []string{"getent", "groupadd", "useradd", "addgroup", "adduser", "systemctl", "setcap"} {
		script := "#!/bin/sh\n"
		if tool == "setcap" {
			script += "echo \"$@\" > " + called + "\n"
		}
		if err := os.WriteFile(filepath.Join(dir, tool), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command("/bin/sh", path)
	install.Env = []string{"PATH=" + dir}
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if right, err := os.ReadFile(called); err == nil {
		t.Errorf("it calls setcap %s", right)
	}
}
