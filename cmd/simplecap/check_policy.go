package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"simplecap/analyze"
	"simplecap/check"
)

// policyName is the file that is looked for without --policy.
const policyName = ".simplecap.yaml"

// effectivePolicy is the policy file, or the default, with the flags over it.
func (c *checkCommand) effectivePolicy() (*check.Policy, error) {
	p, err := c.loadPolicy()
	if err != nil {
		return nil, err
	}
	profile, err := analyze.ParseProfile(c.profile)
	if err != nil {
		return nil, usage(err, "")
	}
	if c.set.Changed("profile") {
		p.Profile = profile
	}
	if c.set.Changed("t1") {
		p.T1 = c.t1
	}
	p.Budgets = p.Budgets.With(c.budgets)
	c.set.Visit(func(f *pflag.Flag) { p.Sources["budgets."+f.Name] = "--" + f.Name })
	return p, nil
}

func (c *checkCommand) loadPolicy() (*check.Policy, error) {
	name := c.policy
	if name != "" && c.noPolicy {
		return nil, usage(errors.New("--policy and --no-policy exclude each other"), "")
	}
	if name == "" && !c.noPolicy {
		name = findPolicy()
	}
	if name == "" {
		p := check.DefaultPolicy()
		p.Sources = map[string]string{}
		return &p, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, usage(fmt.Errorf("--policy: %w", err), "")
	}
	p, err := check.Load(name, data, c.compiler())
	if err != nil {
		return nil, usage(err, "simplecap check --print-policy shows a policy that is in order; docs/ci.md explains the keys")
	}
	return p, nil
}

// compiler compiles the expressions of the policy.
func (c *checkCommand) compiler() check.Compiler {
	return check.Compiler{
		Transactions: func(text string) (check.Filter, error) {
			filter, err := c.compile(text, (*where).notOfTexts)
			if err != nil {
				return nil, err
			}
			return filter.match, nil
		},
		Texts: func(text string) (check.TextFilter, error) {
			filter, err := c.compile(text, (*where).notOfTransactions)
			if err != nil {
				return nil, err
			}
			return filter.matchText, nil
		},
	}
}

// compile compiles an expression of the policy and keeps it, unless it is of the wrong
// things.
func (c *checkCommand) compile(text string, wrong func(*where) error) (*where, error) {
	filter, err := compileAny(text, c.bodies)
	if err == nil {
		err = wrong(filter)
	}
	if err == nil {
		c.filters = append(c.filters, filter)
	}
	return filter, err
}

// findPolicy looks for a policy file in the working directory and those above
// it, and returns "" without one.
func findPolicy() string {
	here, err := os.Getwd()
	if err != nil {
		return ""
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		name := filepath.Join(dir, policyName)
		if _, err := os.Stat(name); err == nil {
			return relative(here, name)
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// relative is how a person at dir would name a file.
func relative(dir, name string) string {
	if short, err := filepath.Rel(dir, name); err == nil {
		return short
	}
	return name
}
