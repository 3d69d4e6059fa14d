package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// action is action.yml, as far as it can be run here.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct {
		Steps []struct {
			Name, Run string
			WorkDir   string `yaml:"working-directory"`
			Env       map[string]string
		}
	}
}

// job runs the steps of action.yml as a GitHub runner does, and keeps its files.
type job struct {
	*action
	root, dir string // of the action, and of the job
	inputs    map[string]string
}

var placeholder = regexp.MustCompile(`\$\{\{ *([a-z_.]+) *\}\}`)

// expand replaces what a runner replaces.
func (j *job) expand(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(s string) string {
		name := placeholder.FindStringSubmatch(s)[1]
		if input, ok := strings.CutPrefix(name, "inputs."); ok {
			if value, given := j.inputs[input]; given {
				return value
			}
			return j.Inputs[input].Default
		}
		return map[string]string{"github.action_path": j.root}[name]
	})
}

// run returns the error of the first step that fails, and what was printed.
func (j *job) run(t *testing.T) (printed string, err error) {
	t.Helper()
	var out bytes.Buffer
	for _, step := range j.Runs.Steps {
		if step.Run == "" || err != nil {
			continue
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		cmd.Dir, cmd.Stdout, cmd.Stderr = j.dir, &out, &out
		if step.WorkDir != "" {
			cmd.Dir = j.expand(step.WorkDir)
		}
		cmd.Env = append(os.Environ(), "RUNNER_TEMP="+j.dir, "GITHUB_STEP_SUMMARY="+j.file("summary"), "GITHUB_OUTPUT="+j.file("output"))
		for name, value := range step.Env {
			cmd.Env = append(cmd.Env, name+"="+j.expand(value))
		}
		err = cmd.Run()
	}
	return out.String(), err
}

func (j *job) file(name string) string { return filepath.Join(j.dir, name) }

func (j *job) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(j.file(name))
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

func newJob(t *testing.T, inputs map[string]string) *job {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	j := &job{action: &action{}, root: root, dir: t.TempDir(), inputs: inputs}
	if err := yaml.Load(data, j.action); err != nil {
		t.Fatal(err)
	}
	for name := range inputs {
		if _, ok := j.Inputs[name]; !ok {
			t.Fatalf("action.yml has no input %q", name)
		}
	}
	return j
}

// With a version action.yml takes a binary of a release, if it is the one of the checksum.
func TestActionRelease(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the release has a name for these")
	}
	releases := t.TempDir()
	binary := []byte("#!/bin/sh\necho released \"$1\"\n")
	os.Mkdir(filepath.Join(releases, "v1.2.3"), 0o755)
	if err := os.WriteFile(filepath.Join(releases, "v1.2.3", "simplecap-1.2.3-linux-"+runtime.GOARCH), binary, 0o644); err != nil {
		t.Fatal(err)
	}
	right := fmt.Sprintf("%x", sha256.Sum256(binary))
	for _, c := range []struct{ version, checksum, want string }{
		{"1.2.3", right, "released check"},
		{"1.2.3", strings.Repeat("0", 64), "not the one of the checksum"},
		{"1.2.3", "", "needs its checksum"},
		{"../x", right, "not a version"},
	} {
		j := newJob(t, map[string]string{"captures": "x.pcap", "version": c.version, "checksum": c.checksum, "releases": "file://" + releases})
		printed, err := j.run(t)
		if !strings.Contains(printed, c.want) || (err == nil) != (c.want == "released check") {
			t.Errorf("version %s: %v, want %q:\n%s", c.version, err, c.want, printed)
		}
	}
}

// The steps of action.yml build the command, check, and keep what it wrote,
// whether the check passes or not.
func TestActionSteps(t *testing.T) {
	if raceDetector {
		t.Skip("it runs a command of its own, without the race detector")
	}
	for _, tool := range []string{"bash", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	example := filepath.Join("..", "..", "testdata", "check")
	trace, _ := filepath.Abs(filepath.Join(example, "trace.pcap"))
	policy, _ := filepath.Abs(filepath.Join(example, "policy.yaml"))
	spaced := filepath.Join(t.TempDir(), "a trace.pcap")
	if data, err := os.ReadFile(trace); err != nil || os.WriteFile(spaced, data, 0o600) != nil {
		t.Fatal("no copy of the trace", err)
	}
	for name, test := range map[string]struct {
		inputs map[string]string
		code   string
	}{
		"fails":   {map[string]string{"captures": trace, "policy": policy, "sarif": "other.sarif"}, "1"},
		"passes":  {map[string]string{"captures": trace + "\n  " + spaced + "\n", "arguments": "--max-rtt\np95=9s\n--no-policy\n--where=status >= 200"}, "0"},
		"hostile": {map[string]string{"captures": "$(touch pwned) ;touch pwned; *.pcap", "arguments": "--no-policy\n`touch pwned`"}, "2"},
	} {
		j := newJob(t, test.inputs)
		sarif := j.expand("${{ inputs.sarif }}")
		for _, old := range []string{"simplecap.md", "simplecap.xml", sarif} {
			os.WriteFile(j.file(old), []byte("verdict of an earlier step"), 0o600)
		}
		printed, err := j.run(t)
		if (err == nil) != (test.code == "0") || j.read(t, "output") != "code="+test.code+"\n" {
			t.Errorf("%s: %v, want exit code %s:\n%s", name, err, test.code, printed)
			continue
		}
		if _, err := os.Stat(j.file("pwned")); err == nil {
			t.Errorf("%s: an input was run as a command", name)
		}
		if summary, _ := os.ReadFile(j.file("summary")); bytes.Contains(summary, []byte("earlier step")) {
			t.Errorf("%s: shows the verdict of an earlier step", name)
		}
		for _, old := range []string{"simplecap.xml", sarif} {
			if kept, _ := os.ReadFile(j.file(old)); bytes.Contains(kept, []byte("earlier step")) {
				t.Errorf("%s: %s is that of an earlier step", name, old)
			}
		}
		if test.code == "2" {
			continue
		}
		for file, want := range map[string]string{"summary": "### simplecap check ", "simplecap.xml": "<testsuite", sarif: `"2.1.0"`} {
			if !strings.Contains(j.read(t, file), want) {
				t.Errorf("%s: no %q in %s", name, want, file)
			}
		}
		if annotated := strings.Contains(printed, "::error file="); annotated != (test.code == "1") {
			t.Errorf("%s: annotations: %v\n%s", name, annotated, printed)
		}
	}
}
