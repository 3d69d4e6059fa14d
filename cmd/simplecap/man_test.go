package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"simplecap/check"
)

// The manual has a page for each command, with each of its flags, and groff has nothing
// to say about them.
func TestManual(t *testing.T) {
	root := newRoot(streams{nil, &bytes.Buffer{}, &bytes.Buffer{}})
	pages, err := manual(root)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, p := range pages {
		texts[p.name] += string(p.text)
	}
	for _, c := range root.Commands() {
		if page, has := texts["simplecap-"+c.Name()]; c.Name() != "help" && has == c.Hidden {
			t.Errorf("%s: has a page: %t", c.Name(), has)
		} else if has && !strings.Contains(page, roffText(c.Short)) {
			t.Errorf("the page of %s does not say what it does", c.Name())
		}
	}
	for page, words := range map[string][]string{
		"simplecap": {`\-\-format`, "130", `simplecap\-check`}, "simplecap-check": {`\-\-max\-undelivered`}, "simplecap-rules": {"contact\\-in\\-message"}, "simplecap-policy": {"max\\-rtt", "expires"},
	} {
		for _, word := range words {
			if !strings.Contains(texts[page], word) {
				t.Errorf("%q is missing in %s", word, page)
			}
		}
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("no groff here")
	}
	for _, p := range pages {
		cmd := exec.Command(groff, "-man", "-Tutf8", "-ww", "-z")
		cmd.Stdin = bytes.NewReader(p.text)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s(%d): %v %s", p.name, p.section, err, out)
		}
	}
}

// The policy that the manual shows is one.
func TestManualPolicy(t *testing.T) {
	c := &checkCommand{}
	if _, err := check.Load("simplecap-policy(5)", []byte(policyExample), c.compiler()); err != nil {
		t.Error(err)
	}
}
