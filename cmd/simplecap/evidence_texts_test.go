package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// endsIn is what a report says of texts that redaction must leave as it is.
func endsIn(t *testing.T, file string) (ends []string) {
	t.Helper()
	out, talk, code := called("--by", "text", "--format", "json", file)
	var r struct {
		Texts []struct {
			Kind, End  string
			Characters int
			SMS        struct {
				Reference int `json:"rp_mr"`
			}
			Receipts []struct {
				Kind      string
				MatchedBy string `json:"matched_by"`
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 {
		t.Fatalf("%s: exit code %d: %v %s", file, code, err, talk)
	}
	for _, text := range r.Texts {
		line, _ := json.Marshal(text)
		ends = append(ends, string(line))
	}
	slices.Sort(ends)
	return ends
}

// called runs the command with arguments.
func called(args ...string) (out, talk string, code int) {
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

// TestEvidenceOfTexts holds that what bodies say can be judged again from evidence,
// with and without pseudonyms, and that no byte of what they hide is in it.
func TestEvidenceOfTexts(t *testing.T) {
	dir := t.TempDir()
	policy := filepath.Join(dir, "all.yaml")
	if err := os.WriteFile(policy, []byte("version: 1\nexpect:\n  - {where: 'method != \"\"', count: 0}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, secrets := range map[string][]string{
		// a text in 7 bits and its numbers in semi-octets, as they stand in the capture
		"sms-end-to-end.pcap":           {"\x0c\x91\x44\x77\x00\x09\x40\x65", "\x44\x77\x00\x09\x10\x32", "Ferry"},
		"sms-report-matching.pcap":      {"\x44\x77\x00\x09\x10\x32"},
		"sms-memory-full-and-smma.pcap": {"\x44\x77\x00\x09\x10\x32"},
		"imdn-group-aggregated.pcap":    {"925zd9qcgtqq", "447700900456"},
	} {
		path := filepath.Join(captures, file)
		want := endsIn(t, path)
		for _, redact := range []string{"none", "numbers", "all"} {
			evidence := filepath.Join(dir, redact+".pcapng")
			if _, talk, code := called("check", "--policy", policy, "-q", "--redact", redact, "--evidence", evidence, path); code != 1 {
				t.Fatalf("%s: exit code %d: %s", file, code, talk)
			}
			if diff := cmp.Diff(want, endsIn(t, evidence)); diff != "" {
				t.Errorf("%s, --redact %s: %s", file, redact, diff)
			}
			data, err := os.ReadFile(evidence)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				if redact == "all" && bytes.Contains(data, []byte(secret)) {
					t.Errorf("%s: %q is in the evidence", file, secret)
				}
				if redact != "none" && !strings.ContainsAny(secret, "abcdefghijklmnopqrstuvwxyz") && bytes.Contains(data, []byte(secret)) {
					t.Errorf("%s, --redact %s: %q is in the evidence", file, redact, secret)
				}
			}
		}
	}
}
