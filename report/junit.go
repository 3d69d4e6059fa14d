package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"simplecap/check"
)

// WriteJUnit writes a verdict as JUnit XML, as Jenkins and GitLab read it: one
// test case for each rule, budget and expectation, in a suite of its kind. A
// failure says in its text which transactions and frames.
func WriteJUnit(w io.Writer, v *check.Verdict) error {
	suites := junit.Testsuites{Name: "simplecap"}
	kinds := []check.Kind{check.CaptureKind, check.BudgetKind, check.ExpectationKind, check.RuleKind, check.BaselineKind}
	for _, kind := range kinds {
		if suite := junitSuite(v, kind); suite.Tests > 0 {
			suite.ID = len(suites.Suites)
			suites.AddSuite(suite)
		}
	}
	suites.Skipped = 0 // Jenkins' schema has no such attribute here
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	return suites.WriteXML(w)
}

func junitSuite(v *check.Verdict, kind check.Kind) junit.Testsuite {
	suite := junit.Testsuite{Name: "simplecap." + string(kind), Time: "0.000"}
	if len(v.Report.Inputs) > 0 && !v.Report.Inputs[0].First.IsZero() {
		suite.Timestamp = v.Report.Inputs[0].First.UTC().Format("2006-01-02T15:04:05")
	}
	for i := range v.Checks {
		if c := &v.Checks[i]; c.Kind == kind {
			suite.AddTestcase(junitCase(c, v))
		}
	}
	return suite
}

func junitCase(c *check.Check, v *check.Verdict) junit.Testcase {
	tc := junit.Testcase{Name: Clean(c.Name, 0), Classname: "simplecap." + string(c.Kind), Time: "0.000"}
	switch c.Status {
	case check.Failed:
		tc.Failure = &junit.Result{Message: breachWords(&c.Breaches[0]), Type: level(c), Data: junitText(c, v)}
	case check.Skipped:
		tc.Skipped = &junit.Result{Message: skippedWords(c)}
	}
	if len(c.Notes) > 0 {
		tc.SystemOut = &junit.Output{Data: strings.Join(noteLines(c), "\n")}
	}
	return tc
}

// skippedWords says why a check was not judged.
func skippedWords(c *check.Check) string {
	if c.Actual != "" {
		return Clean(c.Actual, 0)
	}
	return "turned off by " + Clean(c.Source, 0)
}

// junitText is the text of a failure.
func junitText(c *check.Check, v *check.Verdict) string {
	var lines []string
	if text := bounds(c); text != "" {
		lines = append(lines, text)
	}
	for i := range c.Breaches {
		b := &c.Breaches[i]
		lines = append(lines, breachWords(b))
		for _, detail := range breachDetails(b, v.Report.Inputs) {
			lines = append(lines, "  "+detail)
		}
	}
	if c.Hint != "" {
		lines = append(lines, c.Hint)
	}
	return strings.Join(lines, "\n")
}

// noteLines say what was found and does not fail a check.
func noteLines(c *check.Check) (lines []string) {
	for _, n := range c.Notes {
		lines = append(lines, fmt.Sprintf("%s (%s; %s)", Clean(n.Message, 0), count(n.Count, "time"), Clean(n.Why, 0)))
	}
	return lines
}
