package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Without the right to capture live ends with 2, as docs/live.md says, and with a hint.
func TestLiveWithoutTheRight(t *testing.T) {
	if _, err := exec.LookPath("setpriv"); err != nil || os.Geteuid() != 0 {
		t.Skip("needs root and setpriv, to give rights up")
	}
	cmd := exec.Command("setpriv", "--bounding-set=-all", "--inh-caps=-all", simplecapCommand(t), "live", "-i", "lo")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitUsage || !strings.Contains(string(out), "setcap cap_net_raw=ep") {
		t.Errorf("%v\n%s", err, out)
	}
}
