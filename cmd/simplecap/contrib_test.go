package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// contrib is a file for other programs that comes with the project.
func contrib(t *testing.T, name string) (path, text string) {
	t.Helper()
	path = filepath.Join("..", "..", "contrib", filepath.FromSlash(name))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, string(data)
}

// served are the names of all metrics.
func served(t *testing.T) map[string]bool {
	t.Helper()
	m, err := newMetrics("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer m.listener.Close()
	names := make(map[string]bool)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		names[f.GetName()] = true
	}
	for _, s := range []string{"_bucket", "_sum", "_count"} {
		names["simplecap_rtt_seconds"+s] = true
	}
	names["simplecap_transactions_total"] = true // has no value before the first
	for _, measure := range reportMeasures {
		names[regexp.MustCompile(`fqName: "([^"]+)"`).FindStringSubmatch(measure.desc().String())[1]] = true
	}
	return names
}

// What dashboard and alerts ask for is there.
func TestContribAsksForMetricsThatExist(t *testing.T) {
	names := served(t)
	for _, file := range []string{"grafana/simplecap.json", "prometheus/simplecap.rules.yml", "prometheus/simplecap.test.yml"} {
		_, text := contrib(t, file)
		found := regexp.MustCompile(`\b(simplecap|process|go)_[a-z_]+\b`).FindAllString(text, -1)
		if len(found) < 5 {
			t.Errorf("%s: only %v", file, found)
		}
		for _, name := range found {
			if !names[name] {
				t.Errorf("%s: there is no metric %s", file, name)
			}
		}
	}
	_, text := contrib(t, "grafana/simplecap.json")
	if !json.Valid([]byte(text)) {
		t.Error("the dashboard is no JSON")
	}
}

func TestContribAlerts(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("no promtool here")
	}
	rules, _ := contrib(t, "prometheus/simplecap.rules.yml")
	examples, _ := contrib(t, "prometheus/simplecap.test.yml")
	for _, args := range [][]string{{"check", "rules", rules}, {"test", "rules", examples}} {
		if out, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// What services and containers are started with is what simplecap takes.
func TestContribStarts(t *testing.T) {
	for file, command := range map[string]*regexp.Regexp{
		"systemd/simplecap.service":         regexp.MustCompile(`(?m)^ExecStart=\S+/simplecap (.*)$`),
		"systemd/simplecap-agent.service":   regexp.MustCompile(`(?m)^ExecStart=\S+/simplecap-full (.*)$`),
		"systemd/simplecap-collect.service": regexp.MustCompile(`(?m)^ExecStart=\S+/simplecap-full (.*)$`),
		"compose/compose.yaml":              regexp.MustCompile(`(?m)^ *command: /simplecap-full (.*)$`),
	} {
		_, text := contrib(t, file)
		found := command.FindStringSubmatch(text)
		if found == nil {
			t.Errorf("%s: no command", file)
			continue
		}
		set := map[string]string{}
		for _, variable := range regexp.MustCompile(`"([A-Z_]+)=([^"]*)"`).FindAllStringSubmatch(text, -1) {
			set[variable[1]] = variable[2]
		}
		words := strings.Fields(os.Expand(found[1], func(name string) string { return set[name] }))
		if err := takes(words); err != nil {
			t.Errorf("%s: %q: %v", file, words, err)
		}
	}
}

// takes reports what a command has against its flags.
func takes(words []string) error {
	switch words[0] {
	case "live":
		c := &liveCommand{}
		cmd := &cobra.Command{}
		c.register(cmd)
		c.registerLive(cmd)
		c.sinks.register(cmd.Flags())
		return errors.Join(cmd.ParseFlags(words[1:]), c.publish.check(), c.evidence.check())
	case "collect":
		return newCollect(streams{}).ParseFlags(words[1:])
	}
	return errors.New("another command")
}

// The services are understood by systemd, as far as it looks at them where nothing is installed.
func TestContribServices(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze here")
	}
	for _, name := range []string{"simplecap", "simplecap-agent", "simplecap-collect"} {
		path, _ := contrib(t, "systemd/"+name+".service")
		out, err := exec.Command("systemd-analyze", "verify", "--man=no", path).CombinedOutput()
		for _, line := range regexp.MustCompile(`(?m)^.*`+name+`\.service.*$`).FindAllString(string(out), -1) {
			if !strings.Contains(line, " is not executable") && !strings.Contains(line, "Failed to prepare") {
				t.Errorf("systemd-analyze verify: %v: %s", err, line)
			}
		}
	}
}
