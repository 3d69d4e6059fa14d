package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplecap/check"
)

// documentedPolicy is the policy that docs/ci.md shows.
func documentedPolicy(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "ci.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(data), "```yaml\nversion: 1\n")
	if !found {
		t.Fatal("docs/ci.md shows no policy")
	}
	text, _, _ = strings.Cut(text, "```")
	return "version: 1\n" + text
}

// What docs/ci.md shows is a policy, and shows every budget.
func TestDocumentedPolicy(t *testing.T) {
	c := &checkCommand{}
	p, err := check.Load("ci.md", []byte(documentedPolicy(t)), c.compiler())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Expect) != 3 || len(p.Ignore) != 1 {
		t.Errorf("%d expectations, %d ignores", len(p.Expect), len(p.Ignore))
	}
	root := newRoot(streams{})
	cmd, _, err := root.Find([]string{"check"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"max-rtt", "max-undelivered", "max-missing", "max-rejected", "max-retransmissions", "max-pending", "min-messages",
		"min-success", "max-gaps", "fail-on", "allow-empty", "allow-truncated"} {
		if p.Sources["budgets."+name] == "" {
			t.Errorf("docs/ci.md does not show the budget %s", name)
		}
		if cmd.Flags().Lookup(name) == nil {
			t.Errorf("there is no flag --%s", name)
		}
	}
}

func TestPolicyIsFoundUpwards(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, policyName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(deep)
	if got, want := findPolicy(), filepath.Join("..", "..", policyName); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestTolerance(t *testing.T) {
	for text, want := range map[string]check.Percent{"20%": 20, "0": 0, "150%": 150} {
		if got, err := parseTolerance(text); err != nil || got.Share != want {
			t.Errorf("%q: %v, %v, want %v", text, got.Share, err, want)
		}
	}
	for _, text := range []string{"", "-1%", "much", "NaN"} {
		if _, err := parseTolerance(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
