package check

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xeipuuv/gojsonschema"
	"go.yaml.in/yaml/v4"
)

func policySchema(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// valid checks YAML against the schema, as an editor does.
func valid(t *testing.T, text []byte) bool {
	t.Helper()
	var value any
	if err := yaml.Load(text, &value); err != nil {
		t.Fatal(err)
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(policySchema(t)), gojsonschema.NewGoLoader(value))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		t.Log(e)
	}
	return result.Valid()
}

func TestSchemaTakesTheExample(t *testing.T) {
	if !valid(t, []byte(strings.ReplaceAll(string(examplePolicy(t)), "2026-12-31", "'2026-12-31'"))) || !valid(t, examplePolicy(t)) {
		t.Error("the example is not valid")
	}
	p := load(t, "budgets: {max-rtt: {p95: 1s}, min-success: 99%, max-rejected: 1%}\nrules: {loop: off}\n")
	printed, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if !valid(t, printed) {
		t.Errorf("what is printed is not valid:\n%s", printed)
	}
}

func TestSchemaRefusesWhatLoadRefuses(t *testing.T) {
	for _, text := range []string{
		"profile: ims", "version: 2", "version: 1\nnonsense: 1", "version: 1\nbudgets: {max-mising: 0}",
		"version: 1\nbudgets: {max-rtt: p96=1s}", "version: 1\nexpect: [{where: x}]", "version: 1\nignore: [{rule: loop}]",
		"version: 1\nrules: {loop: fatal}", "version: 1\nt1: soon", "version: 1\nignore: [{rule: loop, reason: x, expires: 20261231}]", "version: 1\nbudgets: {min-success: 101}",
	} {
		if _, err := Load("p", []byte(text), anyFilter); err == nil {
			t.Errorf("%q: Load takes it", text)
		}
		if valid(t, []byte(text)) {
			t.Errorf("%q: the schema takes it", text)
		}
	}
}

// The schema, the loader and what is printed have the same keys.
func TestSchemaHasTheKeys(t *testing.T) {
	type object struct {
		Properties map[string]json.RawMessage
		Items      json.RawMessage
	}
	parse := func(data []byte) (o object) {
		if err := json.Unmarshal(data, &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	root := parse(policySchema(t))
	item := func(name string) object { return parse(parse(root.Properties[name]).Items) }
	l := &loader{policy: &Policy{}}
	for _, test := range []struct {
		name   string
		schema object
		keys   []key
		print  any
	}{
		{"policy", root, l.policyKeys(), document{}},
		{"budgets", parse(root.Properties["budgets"]), l.budgetKeys(&Budgets{}), budgetsDocument{}},
		{"expect", item("expect"), l.expectKeys(&Expectation{}), expectDocument{}},
		{"ignore", item("ignore"), l.ignoreKeys(&Ignore{}), ignoreDocument{}},
	} {
		var schema, read []string
		for name := range test.schema.Properties {
			schema = append(schema, name)
		}
		for _, k := range test.keys {
			read = append(read, k.name)
		}
		slices.Sort(schema)
		slices.Sort(read)
		if diff := cmp.Diff(schema, read); diff != "" {
			t.Errorf("%s: schema and loader (-schema +loader):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(schema, tags(test.print)); diff != "" {
			t.Errorf("%s: schema and printer (-schema +printer):\n%s", test.name, diff)
		}
	}
}

// tags lists the YAML keys of a struct.
func tags(v any) (names []string) {
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
