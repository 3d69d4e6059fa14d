package report

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/check"
	"simplecap/internal/wire"
)

// hostileExchange is an exchange whose texts try to break out of every output.
const hostileExchange = `
0.0  alice > bob  MESSAGE
    User-Agent: ]]>::error::x<script>` + "`" + `| @channel
    Contact: <sip:alice@10.0.0.1>
0.1  bob > alice  200 OK
    Server: \n::set-output name=a::b
0.2  alice > bob  ACK
    User-Agent: ]]>::error::x<script>` + "`" + `| @channel
1.0  alice > bob  MESSAGE #2
1.1  bob > alice  404 Not%0AFound #2
40   end
50   alice > bob  MESSAGE #3
    | the text of a message
`

// verdictOf judges an exchange in the notation of package wire.
func verdictOf(t testing.TB, policy, exchange string) *check.Verdict {
	t.Helper()
	compile := func(string) (check.Filter, error) {
		return func(x *result.Transaction) bool { return x.Status == 404 }, nil
	}
	p, err := check.Load("policy.yaml", []byte("version: 1\n"+policy), check.Compiler{Transactions: compile})
	if err != nil {
		t.Fatal(err)
	}
	frames, err := wire.Parse(exchange)
	if err != nil {
		t.Fatal(err)
	}
	judge := check.New(p, check.Options{})
	r, err := analyze.Run(context.Background(), &wire.Memory{Frames: frames}, analyze.Options{Whole: true}, judge)
	if err != nil {
		t.Fatal(err)
	}
	return judge.Verdict(r, nil)
}

const strictPolicy = `
budgets: {fail-on: note, max-rtt: [max=1ms, "p95=1s@10.0.0.2"], min-success: 100%, max-rejected: 0}
rules: {early-100: off}
expect: [{where: "status == 404", name: "<nobody> is missing", count: 0}]
`

func hostileVerdict(t testing.TB) *check.Verdict { return verdictOf(t, strictPolicy, hostileExchange) }

// outputs are all the ways to write a verdict.
var outputs = map[string]func(io.Writer, *check.Verdict) error{
	"junit":    WriteJUnit,
	"sarif":    WriteSARIF,
	"json":     WriteVerdictJSON,
	"github":   WriteGitHub,
	"text":     func(w io.Writer, v *check.Verdict) error { return WriteVerdict(w, v, Options{}) },
	"markdown": func(w io.Writer, v *check.Verdict) error { return WriteVerdictMarkdown(w, v, Options{}) },
}

func written(t testing.TB, format string, v *check.Verdict) string {
	t.Helper()
	var b bytes.Buffer
	if err := outputs[format](&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestOutputsNameRuleAndFrames(t *testing.T) {
	v := hostileVerdict(t)
	for format := range outputs {
		text := written(t, format, v)
		for _, want := range []string{"ack-to-message", "max-rejected", "contact-in-message"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", format, want)
			}
		}
		if format != "json" && !strings.Contains(text, "frame.number") {
			t.Errorf("%s: no Wireshark filter", format)
		}
		if strings.Contains(text, "the text of a message") || strings.Contains(text, "alice@") {
			t.Errorf("%s: holds the text of a message or a user", format)
		}
	}
}

func TestOutputsAreDeterministic(t *testing.T) {
	for format := range outputs {
		if a, b := written(t, format, hostileVerdict(t)), written(t, format, hostileVerdict(t)); a != b {
			t.Errorf("%s differs from run to run", format)
		}
	}
}

func TestOutputsOfAPass(t *testing.T) {
	v := verdictOf(t, "", "0.0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n")
	if v.Result != check.Pass {
		t.Fatalf("result %s", v.Result)
	}
	if text := written(t, "github", v); text != "" {
		t.Errorf("annotations of a pass: %q", text)
	}
	if text := written(t, "text", v); !strings.HasPrefix(text, "passed: ") {
		t.Errorf("text %q", text)
	}
	if err := validSARIF(written(t, "sarif", v)); err != nil {
		t.Error(err)
	}
}

// validSARIF checks a log against the schema of SARIF 2.1.0. The library that has
// the schema validates what it has read: fields that it does not know are refused
// first, and those that it adds without a value get one.
func validSARIF(text string) error {
	strict := json.NewDecoder(strings.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&sarif.Report{}); err != nil {
		return err
	}
	log, err := sarif.FromString(text)
	if err != nil {
		return err
	}
	for _, run := range log.Runs {
		run.Language, run.Tool.Driver.Language = "en", "en"
		run.NewlineSequences = []string{"\n"}
	}
	return log.Validate()
}

func TestSARIFIsValid(t *testing.T) {
	text := written(t, "sarif", hostileVerdict(t))
	if err := validSARIF(text); err != nil {
		t.Error(err)
	}
	broken := strings.Replace(text, `"ruleIndex": 0`, `"ruleIndex": "zero"`, 1)
	if broken == text || validSARIF(broken) == nil {
		t.Error("the validation lets a broken log pass")
	}
	var log sarifLog
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	for _, r := range log.Runs[0].Results {
		if id := log.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID; id != r.RuleID {
			t.Errorf("result of %s points to the rule %s", r.RuleID, id)
		}
	}
}

// jenkins is the schema that Jenkins checks JUnit files with (junit-10.xsd of
// its xUnit plugin): what each element may have and hold.
var jenkins = map[string]struct{ required, optional, children []string }{
	"testsuites": {nil, []string{"name", "time", "tests", "failures", "errors"}, []string{"testsuite"}},
	"testsuite": {[]string{"name", "tests", "failures", "errors"},
		[]string{"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
		[]string{"testsuite", "properties", "testcase", "system-out", "system-err"}},
	"testcase": {[]string{"name"}, []string{"time", "classname", "group"},
		[]string{"skipped", "error", "failure", "system-out", "system-err"}},
	"failure":    {nil, []string{"type", "message"}, nil},
	"skipped":    {nil, []string{"type", "message"}, nil},
	"system-out": {nil, nil, nil},
}

// againstJenkins checks a document against that schema.
func againstJenkins(text string) error {
	decoder := xml.NewDecoder(strings.NewReader(text))
	var open []string
	for {
		token, err := decoder.Token()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if err := allowed(open, e); err != nil {
				return err
			}
			open = append(open, e.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

func allowed(open []string, e xml.StartElement) error {
	name := e.Name.Local
	rule, known := jenkins[name]
	if !known || len(open) == 0 && name != "testsuites" {
		return errors.New("element " + name)
	}
	if len(open) > 0 && !slices.Contains(jenkins[open[len(open)-1]].children, name) {
		return errors.New("element " + name + " inside " + open[len(open)-1])
	}
	var have []string
	for _, a := range e.Attr {
		have = append(have, a.Name.Local)
		if !slices.Contains(rule.required, a.Name.Local) && !slices.Contains(rule.optional, a.Name.Local) {
			return errors.New("attribute " + a.Name.Local + " of " + name)
		}
	}
	for _, r := range rule.required {
		if !slices.Contains(have, r) {
			return errors.New("no attribute " + r + " of " + name)
		}
	}
	return nil
}

func TestJUnitIsValid(t *testing.T) {
	v := hostileVerdict(t)
	text := written(t, "junit", v)
	if err := againstJenkins(text); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	if againstJenkins(strings.Replace(text, "classname=", "status=", 1)) == nil {
		t.Error("the schema lets a broken file pass")
	}
	if n := strings.Count(text, "<testcase "); n != len(v.Checks) {
		t.Errorf("%d test cases, want one for each of %d checks", n, len(v.Checks))
	}
	if n := strings.Count(text, "<failure "); n != v.Count(check.Failed) {
		t.Errorf("%d failures, want %d", n, v.Count(check.Failed))
	}
	if n := strings.Count(text, "<skipped "); n != 1 {
		t.Errorf("%d skipped, want the rule that is off", n)
	}
}

// Each line of the annotations is one command of ours, whatever the wire said.
func TestAnnotationsAreOneLineEach(t *testing.T) {
	v := hostileVerdict(t)
	for _, line := range strings.Split(strings.TrimSpace(written(t, "github", v)), "\n") {
		if !strings.HasPrefix(line, "::error file=") && !strings.HasPrefix(line, "::warning file=") && !strings.HasPrefix(line, "::notice ") {
			t.Errorf("line %q", line)
		}
		properties, _, _ := strings.Cut(strings.TrimPrefix(line, "::"), "::")
		if strings.Count(properties, ",") > 1 {
			t.Errorf("properties %q", properties)
		}
	}
}

func TestMarkdownEscapes(t *testing.T) {
	text := written(t, "markdown", hostileVerdict(t))
	for _, bad := range []string{"<script>", "@channel", "<nobody>"} {
		if strings.Contains(strings.ReplaceAll(text, "`<nobody> is missing`", ""), bad) {
			t.Errorf("Markdown holds %q", bad)
		}
	}
}

// The JSON of a verdict serves as a baseline.
func TestVerdictJSONIsABaseline(t *testing.T) {
	v := hostileVerdict(t)
	s, err := check.ReadSnapshot("v.json", strings.NewReader(written(t, "json", v)))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.Summary, v.Report.Summary) || len(s.Findings) != len(v.Report.Findings) || s.RTT != v.Report.RTT {
		t.Errorf("read again: %+v, want %+v", s.Summary, v.Report.Summary)
	}
}

// Frames stand with the transaction that they are of, and where only numbers are known
// with all of these.
func TestBreachDetails(t *testing.T) {
	inputs := []capture.Input{{Name: "one.pcap"}}
	known := func(id uint64, f ...uint64) check.Transaction {
		return check.Transaction{ID: id, Src: "10.0.0.1:5060", Dst: "10.0.0.2:5060", Status: 404, CallID: "c", Frames: frames(f...)}
	}
	for _, test := range []struct {
		name   string
		breach check.Breach
		want   []string
	}{
		{"numbers alone", check.Breach{Transactions: []check.Transaction{{ID: 1}, {ID: 2}, {ID: 3}}, Frames: frames(3, 7)},
			[]string{"transactions 1, 2, 3: frame.number in {3, 7}"}},
		{"one", check.Breach{Transactions: []check.Transaction{{ID: 9}}, Frames: frames(3)}, []string{"transaction 9: frame.number == 3"}},
		{"known", check.Breach{Transactions: []check.Transaction{known(1, 1, 2), known(2, 5, 6)}, Frames: frames(1, 5)}, []string{
			"transaction 1, 10.0.0.1:5060 → 10.0.0.2:5060, 404: frame.number in {1, 2}, Call-ID c",
			"transaction 2, 10.0.0.1:5060 → 10.0.0.2:5060, 404: frame.number in {5, 6}, Call-ID c",
		}},
		{"some", check.Breach{Transactions: []check.Transaction{{ID: 1}, known(2, 5, 6)}, Frames: frames(1, 5)}, []string{
			"transaction 2, 10.0.0.1:5060 → 10.0.0.2:5060, 404: frame.number in {5, 6}, Call-ID c", "transaction 1",
		}},
		{"many", check.Breach{Transactions: make([]check.Transaction, 7), Frames: frames(1)},
			[]string{"transactions 0, 0, 0, 0, 0: frame.number == 1", "… 2 more"}},
		{"none", check.Breach{Frames: frames(4)}, []string{"frame.number == 4"}},
	} {
		if diff := cmp.Diff(test.want, breachDetails(&test.breach, inputs)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}
