package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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
		names[regexp.MustCompile(`fqName: "([^"]+)"`).FindStringSubmatch(measure.desc.String())[1]] = true
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

// The options of the service are ones that simplecap takes.
func TestContribService(t *testing.T) {
	path, text := contrib(t, "systemd/simplecap.service")
	options := regexp.MustCompile(`SIMPLECAP_OPTIONS=([^"]+)"`).FindStringSubmatch(text)
	if options == nil {
		t.Fatal("no options")
	}
	c := newLive(streams{})
	if err := c.ParseFlags(strings.Fields(options[1])); err != nil {
		t.Errorf("%s: %v", options[1], err)
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze here")
	}
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", path).CombinedOutput()
	said := regexp.MustCompile(`(?m)^.*simplecap.service.*$`).FindAllString(string(out), -1)
	for _, line := range said {
		if !strings.Contains(line, "/usr/local/bin/simplecap is not executable") && !strings.Contains(line, "Failed to prepare") {
			t.Errorf("systemd-analyze verify: %v: %s", err, line)
		}
	}
}
