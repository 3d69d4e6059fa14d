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

// gitlabComponent is what of contrib/ci/gitlab.yml is run here.
type gitlabComponent struct {
	inputs map[string]struct {
		Default     string
		Description string
	}
	variables map[string]string
	script    []string
}

func readComponent(t *testing.T) (c gitlabComponent) {
	t.Helper()
	_, text := contrib(t, "ci/gitlab.yml")
	head, body, _ := strings.Cut(text, "\n---\n")
	var spec struct{ Spec struct{ Inputs any } }
	var jobs map[string]struct {
		Variables map[string]string
		Script    []string
	}
	decoder := yaml.NewDecoder(strings.NewReader(head))
	decoder.KnownFields(true)
	if err := decoder.Decode(&spec); err != nil {
		t.Fatal(err)
	}
	inputs, _ := yaml.Marshal(spec.Spec.Inputs)
	strict := yaml.NewDecoder(bytes.NewReader(inputs))
	strict.KnownFields(true) // GitLab refuses a key of an input that it does not know
	if err := strict.Decode(&c.inputs); err != nil {
		t.Fatal("inputs:", err)
	}
	if err := yaml.Unmarshal([]byte(body), &jobs); err != nil {
		t.Fatal(err)
	}
	c.variables, c.script = jobs["simplecap"].Variables, jobs["simplecap"].Script
	return c
}

var interpolation = regexp.MustCompile(`\$\[\[ inputs\.([a-z]+) \]\]`)

// run does what a runner does with the inputs: the script as one, by a plain shell.
func (c *gitlabComponent) run(dir string, inputs map[string]string) (printed string, err error) {
	expand := func(text string) string {
		return interpolation.ReplaceAllStringFunc(text, func(s string) string {
			name := interpolation.FindStringSubmatch(s)[1]
			if value, given := inputs[name]; given {
				return value
			}
			return c.inputs[name].Default
		})
	}
	cmd := exec.Command("sh", "-e", "-c", expand(strings.Join(c.script, "\n")))
	cmd.Dir, cmd.Env = dir, os.Environ()
	for name, value := range c.variables {
		cmd.Env = append(cmd.Env, name+"="+expand(value))
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The GitLab component takes the release that was asked for, and hands on each capture
// whole, whatever is in its name.
func TestContribGitLab(t *testing.T) {
	for _, tool := range []string{"sh", "curl", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	if runtime.GOOS != "linux" {
		t.Skip("the component runs on Linux")
	}
	c, releases := readComponent(t), t.TempDir()
	binary := []byte("#!/bin/sh\nfor a in \"$@\"; do printf '[%s]' \"$a\"; done\n")
	os.Mkdir(filepath.Join(releases, "v1.2.3"), 0o755)
	if err := os.WriteFile(filepath.Join(releases, "v1.2.3", "simplecap-1.2.3-linux-amd64"), binary, 0o644); err != nil {
		t.Fatal(err)
	}
	inputs := map[string]string{"captures": "traces/\na trace.pcap\n*;touch pwned", "policy": "my lab.yaml", "version": "1.2.3",
		"checksum": fmt.Sprintf("%x", sha256.Sum256(binary)), "releases": "file://" + releases}
	const want = "[check][--policy][my lab.yaml][--junit][simplecap.xml][--html][simplecap.html][traces/][a trace.pcap][*;touch pwned]"
	if printed, err := c.run(t.TempDir(), inputs); err != nil || !strings.Contains(printed, want) {
		t.Errorf("%v, want %s:\n%s", err, want, printed)
	}
	delete(inputs, "policy")
	if printed, err := c.run(t.TempDir(), inputs); err != nil || !strings.Contains(printed, "[check][--junit]") {
		t.Errorf("without a policy: %v\n%s", err, printed)
	}
	inputs["checksum"] = strings.Repeat("0", 64)
	if printed, err := c.run(t.TempDir(), inputs); err == nil || strings.Contains(printed, "[check]") {
		t.Errorf("another checksum runs:\n%s", printed)
	}
}

// What Jenkins and pre-commit run is a command, and fails where a MESSAGE did not arrive.
func TestContribCommands(t *testing.T) {
	_, jenkins := contrib(t, "ci/Jenkinsfile")
	hooks, err := os.ReadFile(filepath.Join("..", "..", ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var hook []struct{ ID, Name, Description, Language, Entry, Files string }
	decoder := yaml.NewDecoder(bytes.NewReader(hooks))
	decoder.KnownFields(true)
	if err := decoder.Decode(&hook); err != nil || len(hook) != 1 {
		t.Fatal(err, hook)
	}
	shell := regexp.MustCompile(`sh '(simplecap [^']+)'`).FindStringSubmatch(jenkins)
	if shell == nil || !regexp.MustCompile(hook[0].Files).MatchString("traces/a.pcapng.gz") {
		t.Fatal("no command in the Jenkinsfile, or the hook misses captures")
	}
	captures, _ := filepath.Abs(filepath.Join("..", "..", "testdata", "pcaps"))
	for _, command := range []string{shell[1], hook[0].Entry + " traces/x.pcap"} {
		for name, want := range map[string]int{"c41-challenge-never-answered.pcap": 1, "ipv6-udp.pcap": 0} {
			t.Chdir(t.TempDir())
			os.Mkdir("traces", 0o755)
			data, err := os.ReadFile(filepath.Join(captures, name))
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile("traces/x.pcap", data, 0o600)
			var out bytes.Buffer
			if code := run(t.Context(), strings.Fields(command)[1:], nil, &out, &out); code != want {
				t.Errorf("%s over %s: exit code %d, want %d\n%s", command, name, code, want, out.String())
			}
		}
	}
}
