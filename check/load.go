package check

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"simplecap/analyze"
	"simplecap/internal/words"
)

// PolicyVersion is the version of policy files that Load reads.
const PolicyVersion = 1

// Load reads a policy file. What it leaves out is as in DefaultPolicy. The error
// has one line for each mistake, with the file's name, the line and the key.
func Load(name string, data []byte, compile Compiler) (*Policy, error) {
	var root yaml.Node
	if len(data) > DefaultLimits.PolicyBytes {
		return nil, fmt.Errorf("%s: a policy has at most %d bytes", name, DefaultLimits.PolicyBytes)
	}
	if err := parse(name, data, &root); err != nil {
		return nil, err
	}
	p := DefaultPolicy()
	p.Sources = map[string]string{}
	l := &loader{file: name, compile: compile, policy: &p}
	top := &root
	if top.Kind == yaml.DocumentNode && len(top.Content) == 1 {
		top = top.Content[0]
	}
	l.object(top, "", l.policyKeys())
	if p.Sources["version"] == "" && len(l.errs) == 0 {
		l.fail(top, "version", errors.New("is missing: begin the policy with version: 1"))
	}
	return &p, errors.Join(l.errs...)
}

// parse reads one YAML document and says on which line it is broken.
func parse(name string, data []byte, root *yaml.Node) error {
	err := yaml.Load(data, root)
	var at *yaml.LoadError
	switch {
	case err == nil:
		return nil
	case len(bytes.TrimSpace(data)) == 0:
		return fmt.Errorf("%s:1: version: is missing: begin the policy with version: 1", name)
	case errors.As(err, &at) && at.Mark.Line > 0:
		return fmt.Errorf("%s:%d: not YAML: %s", name, at.Mark.Line, at.Message)
	}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if _, known, found := strings.Cut(text, "<unknown position>: "); found {
		text = known
	}
	return fmt.Errorf("%s: not YAML: %s", name, text)
}

// loader reads a policy from the nodes of a YAML document.
type loader struct {
	file    string
	compile Compiler
	policy  *Policy
	errs    []error
}

// key is one that an object may have.
type key struct {
	name string
	read func(n *yaml.Node) error
}

func (l *loader) policyKeys() []key {
	p := l.policy
	return []key{
		{"version", l.version},
		{"profile", func(n *yaml.Node) (err error) { p.Profile, err = scalar(n, analyze.ParseProfile); return err }},
		{"t1", func(n *yaml.Node) (err error) { p.T1, err = scalar(n, parseDuration); return err }},
		{"budgets", func(n *yaml.Node) error { return l.object(n, "budgets", l.budgetKeys(&p.Budgets)) }},
		{"rules", l.rules},
		{"expect", func(n *yaml.Node) error { return l.list(n, "expect", l.expectation) }},
		{"ignore", func(n *yaml.Node) error { return l.list(n, "ignore", l.ignore) }},
	}
}

func (l *loader) budgetKeys(b *Budgets) []key {
	return []key{
		{"max-rtt", func(n *yaml.Node) error { return l.rttLimits(n, "max-rtt", ParseRTTLimit, &b.MaxRTT) }},
		{"max-receipt", func(n *yaml.Node) error { return l.rttLimits(n, "max-receipt", parseReceiptLimit, &b.MaxReceipt) }},
		{"max-undelivered", into(&b.MaxUndelivered, ParseAmount)},
		{"max-missing", into(&b.MaxMissing, ParseAmount)},
		{"max-rejected", into(&b.MaxRejected, ParseAmount)},
		{"max-retransmissions", into(&b.MaxRetransmissions, ParseAmount)},
		{"max-pending", into(&b.MaxPending, ParseAmount)},
		{"min-messages", into(&b.MinMessages, ParseCount)},
		{"min-success", into(&b.MinSuccess, ParsePercent)},
		{"max-gaps", into(&b.MaxGaps, ParseCount)},
		{"fail-on", into(&b.FailOn, ParseFailOn)},
		{"allow-empty", into(&b.AllowEmpty, parseBool)},
		{"allow-truncated", into(&b.AllowTruncated, parseBool)},
	}
}

// object reads a mapping. Mistakes in a value do not keep it from reading the
// others; they are in l.errs, so the error is always nil.
func (l *loader) object(n *yaml.Node, path string, keys []key) error {
	l.pairs(n, path, func(name string, at, value *yaml.Node) {
		i := slices.IndexFunc(keys, func(k key) bool { return k.name == name })
		full := join(path, name)
		if i < 0 {
			l.fail(at, full, errors.New("unknown key: choose "+keyNames(keys)))
			return
		}
		l.policy.Sources[full] = l.at(at)
		if err := keys[i].read(value); err != nil {
			l.fail(value, full, err)
		}
	})
	return nil
}

// pairs calls f for each key of a mapping and its value.
func (l *loader) pairs(n *yaml.Node, path string, f func(name string, at, value *yaml.Node)) {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		l.fail(n, path, errors.New("want keys and values"))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		at, name := n.Content[i], n.Content[i].Value
		if seen[name] {
			l.fail(at, join(path, name), errors.New("stands here twice"))
			continue
		}
		seen[name] = true
		f(name, at, n.Content[i+1])
	}
}

// list reads a sequence of objects.
func (l *loader) list(n *yaml.Node, path string, read func(n *yaml.Node, path string) error) error {
	n = resolve(n)
	if n.Kind != yaml.SequenceNode {
		return errors.New("want a list, each entry with a - before it")
	}
	for i, entry := range n.Content {
		at := path + "[" + strconv.Itoa(i) + "]"
		if err := read(entry, at); err != nil {
			l.fail(entry, at, err)
		}
	}
	return nil
}

func (l *loader) version(n *yaml.Node) error {
	if n.Value != strconv.Itoa(PolicyVersion) {
		return fmt.Errorf("%q is not known: want %d", n.Value, PolicyVersion)
	}
	return nil
}

func (l *loader) rules(n *yaml.Node) error {
	l.policy.Rules = map[string]Level{}
	l.pairs(n, "rules", func(id string, at, value *yaml.Node) {
		path := "rules." + id
		if err := knownRule(id); err != nil {
			l.fail(at, path, err)
			return
		}
		level, err := scalar(value, parseRuleLevel)
		if err != nil {
			l.fail(value, path, err)
			return
		}
		l.policy.Rules[id] = level
		l.policy.Sources[path] = l.at(at)
	})
	return nil
}

func (l *loader) expectation(n *yaml.Node, path string) error {
	e := Expectation{Source: l.at(n)}
	before := len(l.errs)
	l.object(n, path, l.expectKeys(&e))
	switch {
	case len(l.errs) > before:
		return nil
	case e.Where == "" && e.Texts == "":
		return errors.New("where is missing, or texts")
	case e.Where != "" && e.Texts != "":
		return errors.New("where counts transactions and texts counts texts: that is two expectations")
	case e.Count == nil && e.Min == nil && e.Max == nil:
		return errors.New("want count, min or max beside where")
	case e.Count != nil && (e.Min != nil || e.Max != nil):
		return errors.New("count stands alone: leave out min and max")
	case e.Min != nil && e.Max != nil && *e.Min > *e.Max:
		return errors.New("min is more than max")
	}
	l.policy.Expect = append(l.policy.Expect, e)
	return nil
}

func (l *loader) expectKeys(e *Expectation) []key {
	return []key{
		{"name", text(&e.Name)},
		{"where", filter(&e.Where, &e.Filter, l.compile.Transactions)},
		{"texts", filter(&e.Texts, &e.TextFilter, l.compile.Texts)},
		{"count", into(&e.Count, ParseCount)},
		{"min", into(&e.Min, ParseCount)},
		{"max", into(&e.Max, ParseCount)},
	}
}

func (l *loader) ignore(n *yaml.Node, path string) error {
	i := Ignore{Source: l.at(n)}
	before := len(l.errs)
	l.object(n, path, l.ignoreKeys(&i))
	switch {
	case len(l.errs) > before:
		return nil
	case i.Rule == "":
		return errors.New("rule is missing")
	case i.Reason == "":
		return errors.New("reason is missing: say why, for those who come after")
	}
	l.policy.Ignore = append(l.policy.Ignore, i)
	return nil
}

func (l *loader) ignoreKeys(i *Ignore) []key {
	return []key{
		{"rule", func(n *yaml.Node) (err error) {
			if err = text(&i.Rule)(n); err == nil {
				err = knownRule(i.Rule)
			}
			return err
		}},
		{"where", filter(&i.Where, &i.Filter, l.compile.Transactions)},
		{"reason", text(&i.Reason)},
		{"expires", func(n *yaml.Node) (err error) { i.Expires, err = scalar(n, ParseDate); return err }},
	}
}

// filter reads an expression of the filter language.
func filter[F any](where *string, filter *F, compile func(string) (F, error)) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		err := text(where)(n)
		if err == nil && *where == "" {
			err = errors.New("want an expression such as 'status == 404'")
		}
		if err == nil {
			*filter, err = compile(*where)
		}
		return err
	}
}

// fail notes a mistake.
func (l *loader) fail(n *yaml.Node, path string, err error) {
	if path != "" {
		path += ": "
	}
	l.errs = append(l.errs, fmt.Errorf("%s: %s%w", l.at(n), path, err))
}

// at says where a node stands: "policy.yaml:12".
func (l *loader) at(n *yaml.Node) string { return l.file + ":" + strconv.Itoa(max(n.Line, 1)) }

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// scalar parses the text of a single value, whatever type YAML sees in it: off
// is a word here, and so is 2026-12-31.
func scalar[T any](n *yaml.Node, parse func(string) (T, error)) (T, error) {
	n = resolve(n)
	if n.Kind != yaml.ScalarNode {
		var none T
		return none, errors.New("want a single value")
	}
	return parse(n.Value)
}

// into reads a value into a field that may be nil.
func into[T any](field **T, parse func(string) (T, error)) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		v, err := scalar(n, parse)
		if err == nil {
			*field = &v
		}
		return err
	}
}

func text(field *string) func(*yaml.Node) error {
	return func(n *yaml.Node) (err error) {
		*field, err = scalar(n, func(s string) (string, error) { return s, nil })
		return err
	}
}

// rttLimits reads one limit, a list of them, or a mapping from statistic to
// duration. A mistake is told with the line of its limit.
func (l *loader) rttLimits(n *yaml.Node, budget string, parse func(string) (RTTLimit, error), limits *[]RTTLimit) error {
	one := func(at *yaml.Node, text string) {
		limit, err := parse(text)
		if err != nil {
			l.fail(at, "budgets."+budget, err)
			return
		}
		*limits = replaceRTT(*limits, []RTTLimit{limit})
		l.policy.Sources["budgets."+budget+" "+limit.Statistic+limit.at()] = l.at(at)
	}
	n = resolve(n)
	switch n.Kind {
	case yaml.SequenceNode:
		for _, entry := range n.Content {
			one(entry, resolve(entry).Value)
		}
	case yaml.MappingNode:
		l.pairs(n, "budgets."+budget, func(statistic string, at, value *yaml.Node) { one(at, statistic+"="+resolve(value).Value) })
	default:
		one(n, n.Value)
	}
	return nil
}

// ParseCount reads a number that is not negative.
func ParseCount(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number: want one such as 0 or 5", s)
	}
	return n, nil
}

// ParseDate reads a day such as 2026-12-31.
func ParseDate(s string) (time.Time, error) {
	day, midnight, _ := strings.Cut(s, "T00:00:00") // what a parser of YAML that knows dates may write
	t, err := time.Parse(dateLayout, day)
	if err == nil && strings.Trim(midnight, ".0Z+:") != "" {
		err = errors.New("a day has no time")
	}
	if err != nil {
		return t, fmt.Errorf("%q is no date: want one such as 2026-12-31", s)
	}
	return t, nil
}

func parseBool(s string) (bool, error) {
	if s != "true" && s != "false" {
		return false, fmt.Errorf("%q: want true or false", s)
	}
	return s == "true", nil
}

func knownRule(id string) error {
	var ids []string
	for _, r := range analyze.Catalogue() {
		if r.ID == id {
			return nil
		}
		ids = append(ids, r.ID)
	}
	if near := words.Near(id, ids); near != "" {
		return fmt.Errorf("no rule is named %q: did you mean %s?", id, near)
	}
	return fmt.Errorf("no rule is named %q", id)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func keyNames(keys []key) string {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}
