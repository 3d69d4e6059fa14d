package report_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/shared"
)

// verdicts counts the verdicts of a run.
type verdicts map[string]int

func (v verdicts) Transaction(*result.Transaction) {}
func (v verdicts) Finding(*result.Finding)         {}
func (v verdicts) Delivery(d *result.Delivery)     { v[d.Verdict.String()]++ }

func (v verdicts) String() string {
	var parts []string
	for verdict, n := range v {
		parts = append(parts, fmt.Sprintf("%s:%d", verdict, n))
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// Every delivery of the captures with ground truth has the verdict that the
// description of the capture says. testdata/verdicts.txt has a line for each.
func TestVerdictsOfKnownCaptures(t *testing.T) {
	dir := shared.Path(t, "pcaps")
	file, err := os.Open("testdata/verdicts.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		name, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" {
			continue
		}
		src, err := capture.Open([]string{filepath.Join(dir, name)}, capture.Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		got := verdicts{}
		_, err = analyze.Run(context.Background(), src, analyze.Options{}, got)
		src.Close()
		if err != nil || got.String() != strings.TrimSpace(want) {
			t.Errorf("%s: %s, want %s (%v)", name, got, want, err)
		}
	}
}
