package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

func TestLoadErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "p.yaml:1: version: is missing: begin the policy with version: 1"},
		{"profile: ims\n", "p.yaml:1: version: is missing: begin the policy with version: 1"},
		{"version: 2\n", `p.yaml:1: version: "2" is not known: want 1`},
		{"version: 1\nversion: 1\n", "p.yaml:2: version: stands here twice"},
		{"version: 1\nbudgets:\n  \"\x1b\": 3\n", "p.yaml: not YAML: control characters are not allowed (value: 27)"},
		{"version: 1\nbudgets: [\n", "p.yaml:3: not YAML: did not find expected node content"},
		{"version: 1\nprofile: volte\n", `p.yaml:2: profile: unknown profile "volte": choose ietf, ims or rcs`},
		{"version: 1\nt1: soon\n", `p.yaml:2: t1: "soon" is no duration: want one such as 500ms or 2s`},
		{"version: 1\nbudgets:\n  max-mising: 0\n", "p.yaml:3: budgets.max-mising: unknown key: choose max-rtt, "},
		{"version: 1\nbudgets:\n  max-rtt: p95=-1s\n", `p.yaml:3: budgets.max-rtt: "p95=-1s": "-1s" is no duration: `},
		{"version: 1\nbudgets:\n  max-rtt:\n    - p95=1s\n    - p96=1s\n", `p.yaml:5: budgets.max-rtt: "p96=1s": unknown statistic`},
		{"version: 1\nbudgets:\n  max-rtt:\n    p95: 1s\n    max: soon\n", `p.yaml:5: budgets.max-rtt: "max=soon": "soon" is no duration`},
		{"version: 1\nbudgets:\n  max-rtt: p96=1s\n", `unknown statistic "p96": choose min, `},
		{"version: 1\nbudgets:\n  max-missing: -1\n", "p.yaml:3: budgets.max-missing: want a number such as 5, or a share such as 1%"},
		{"version: 1\nbudgets:\n  min-success: 101%\n", "p.yaml:3: budgets.min-success: want a share from 0% to 100%"},
		{"version: 1\nbudgets:\n  min-success: 0.99\n", "p.yaml:3: budgets.min-success: write the sign of the share: 0.99 may be 0.99% or 99%"},
		{"version: 1\nbudgets:\n  min-success: 1\n", "p.yaml:3: budgets.min-success: write the sign of the share: 1 may be 1% or 100%"},
		{"version: 1\nbudgets:\n  fail-on: info\n", "p.yaml:3: budgets.fail-on: want error, warning or note: info is counted and never fails"},
		{"version: 1\nbudgets:\n  allow-empty: maybe\n", `p.yaml:3: budgets.allow-empty: "maybe": want true or false`},
		{"version: 1\nbudgets: 3\n", "p.yaml:2: budgets: want keys and values"},
		{"version: 1\nrules:\n  no-such-rule: off\n", `p.yaml:3: rules.no-such-rule: no rule is named "no-such-rule"`},
		{"version: 1\nrules:\n  slow-respons: off\n", `p.yaml:3: rules.slow-respons: no rule is named "slow-respons": did you mean slow-response?`},
		{"version: 1\nrules:\n  loop: fatal\n", "p.yaml:3: rules.loop: want error, warning, note, info or off"},
		{"version: 1\nexpect: 3\n", "p.yaml:2: expect: want a list, each entry with a - before it"},
		{"version: 1\nexpect:\n  - texts: arived\n    count: 1\n", "p.yaml:3: expect[0].texts: unknown name"},
		{"version: 1\nexpect:\n  - texts: arrived\n    where: status == 404\n    count: 1\n", "p.yaml:3: expect[0]: where counts transactions and texts counts texts"},
		{"version: 1\nexpect:\n  - texts: arrived\n", "p.yaml:3: expect[0]: want count, min or max beside where"},
		{"version: 1\nexpect:\n  - count: 1\n", "p.yaml:3: expect[0]: where is missing"},
		{"version: 1\nexpect:\n  - where: status == 404\n", "p.yaml:3: expect[0]: want count, min or max beside where"},
		{"version: 1\nexpect:\n  - where: status == 404\n    count: 1\n    min: 1\n", "p.yaml:3: expect[0]: count stands alone: leave out min and max"},
		{"version: 1\nexpect:\n  - where: status == 404\n    min: 2\n    max: 1\n", "p.yaml:3: expect[0]: min is more than max"},
		{"version: 1\nexpect:\n  - count: 1\n    where: stauts\n", "p.yaml:4: expect[0].where: unknown name at column 1"},
		{"version: 1\nexpect:\n  - where: {a: b}\n    min: 2\n", "p.yaml:3: expect[0].where: want a single value"},
		{"version: 1\nignore:\n  - reason: r\n", "p.yaml:3: ignore[0]: rule is missing"},
		{"version: 1\nignore:\n  - rule: loop\n", "p.yaml:3: ignore[0]: reason is missing: say why, for those who come after"},
		{"version: 1\nignore:\n  - rule: loop\n    reason: r\n    expires: 2026-02-30\n", `p.yaml:5: ignore[0].expires: "2026-02-30" is no date: want one such as 2026-12-31`},
	} {
		_, err := Load("p.yaml", []byte(test.text), compileTest)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want %q", test.text, err, test.want)
		}
	}
}

// Every mistake is told at once, each on a line of its own.
func TestLoadTellsAllMistakes(t *testing.T) {
	_, err := Load("p.yaml", []byte("version: 1\nt1: soon\nbudgets: {max-gaps: x}\nnonsense: 1\n"), compileTest)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("error %v, want three lines", err)
	}
}

func examplePolicy(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// anyFilter takes every expression.
var anyFilter = Compiler{
	Transactions: func(string) (Filter, error) { return func(*result.Transaction) bool { return true }, nil },
	Texts:        func(string) (TextFilter, error) { return func(*result.Text) bool { return true }, nil },
}

func TestLoadEverything(t *testing.T) {
	p, err := Load("testdata/policy.yaml", examplePolicy(t), anyFilter)
	if err != nil {
		t.Fatal(err)
	}
	if p.Profile != analyze.IMS || p.T1 != 250*time.Millisecond {
		t.Errorf("profile %s, t1 %s", p.Profile, p.T1)
	}
	if len(p.Budgets.MaxRTT) != 2 || *p.Budgets.MinSuccess != 99.5 || !*p.Budgets.AllowTruncated {
		t.Errorf("budgets %+v", p.Budgets)
	}
	if p.Rules["slow-response"] != Off || p.Rules["contact-in-message"] != Level(result.Error) {
		t.Errorf("rules %v", p.Rules)
	}
	if len(p.Expect) != 2 || p.Expect[1].Name == "" || len(p.Ignore) != 1 || p.Ignore[0].Expires != day("2026-12-31") {
		t.Errorf("expect %+v, ignore %+v", p.Expect, p.Ignore)
	}
}

// What is printed is read as the same policy.
func TestPrintedPolicyIsTheSame(t *testing.T) {
	p, err := Load("testdata/policy.yaml", examplePolicy(t), anyFilter)
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load("printed", text, anyFilter)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if diff := cmp.Diff(p, again, cmpopts.IgnoreFields(Policy{}, "Sources"),
		cmpopts.IgnoreFields(Expectation{}, "Filter", "Source"), cmpopts.IgnoreFields(Ignore{}, "Filter", "Source")); diff != "" {
		t.Errorf("read again (-first +again):\n%s", diff)
	}
}

func TestBudgetsWith(t *testing.T) {
	one, two := uint64(1), uint64(2)
	a := Budgets{MinMessages: &one, MaxGaps: &one, MaxRTT: []RTTLimit{{"p95", time.Second, ""}, {"max", time.Second, ""}}}
	b := a.With(Budgets{MaxGaps: &two, MaxRTT: []RTTLimit{{"max", time.Minute, ""}, {"max", time.Hour, "10.0.0.1"}}})
	want := Budgets{MinMessages: &one, MaxGaps: &two, MaxRTT: []RTTLimit{
		{"p95", time.Second, ""}, {"max", time.Minute, ""}, {"max", time.Hour, "10.0.0.1"}}}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a.MaxRTT[1].Limit != time.Second {
		t.Error("With changed what it was called on")
	}
}

func FuzzLoad(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "policy.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("version: 1\nexpect: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Load("p", data, anyFilter)
		if err != nil {
			return
		}
		text, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load("printed", text, anyFilter); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	})
}
