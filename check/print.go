package check

import (
	"maps"

	"go.yaml.in/yaml/v4"
)

// document is a policy as YAML. Its tags are the keys of check/schema.json.
type document struct {
	Version int               `yaml:"version"`
	Profile string            `yaml:"profile"`
	T1      string            `yaml:"t1,omitempty"`
	Budgets budgetsDocument   `yaml:"budgets"`
	Rules   map[string]string `yaml:"rules,omitempty"`
	Expect  []expectDocument  `yaml:"expect,omitempty"`
	Ignore  []ignoreDocument  `yaml:"ignore,omitempty"`
}

type budgetsDocument struct {
	MaxRTT             []string `yaml:"max-rtt,omitempty"`
	MaxReceipt         []string `yaml:"max-receipt,omitempty"`
	MaxUndelivered     any      `yaml:"max-undelivered,omitempty"`
	MaxMissing         any      `yaml:"max-missing,omitempty"`
	MaxRejected        any      `yaml:"max-rejected,omitempty"`
	MaxRetransmissions any      `yaml:"max-retransmissions,omitempty"`
	MaxPending         any      `yaml:"max-pending,omitempty"`
	MinMessages        *uint64  `yaml:"min-messages,omitempty"`
	MinSuccess         string   `yaml:"min-success,omitempty"`
	MaxGaps            *uint64  `yaml:"max-gaps,omitempty"`
	FailOn             string   `yaml:"fail-on,omitempty"`
	AllowEmpty         *bool    `yaml:"allow-empty,omitempty"`
	AllowTruncated     *bool    `yaml:"allow-truncated,omitempty"`
}

type expectDocument struct {
	Name  string  `yaml:"name,omitempty"`
	Where string  `yaml:"where,omitempty"`
	Texts string  `yaml:"texts,omitempty"`
	Count *uint64 `yaml:"count,omitempty"`
	Min   *uint64 `yaml:"min,omitempty"`
	Max   *uint64 `yaml:"max,omitempty"`
}

type ignoreDocument struct {
	Rule    string `yaml:"rule"`
	Where   string `yaml:"where,omitempty"`
	Reason  string `yaml:"reason"`
	Expires string `yaml:"expires,omitempty"`
}

// YAML returns the policy as a file that Load reads.
func (p *Policy) YAML() ([]byte, error) {
	d := document{Version: PolicyVersion, Profile: string(p.Profile), Budgets: p.Budgets.document()}
	if p.T1 != 0 {
		d.T1 = formatDuration(p.T1)
	}
	if len(p.Rules) > 0 {
		d.Rules = map[string]string{}
		for id, level := range maps.All(p.Rules) {
			d.Rules[id] = level.String()
		}
	}
	for _, e := range p.Expect {
		d.Expect = append(d.Expect, expectDocument{e.Name, e.Where, e.Texts, e.Count, e.Min, e.Max})
	}
	for _, i := range p.Ignore {
		one := ignoreDocument{Rule: i.Rule, Where: i.Where, Reason: i.Reason}
		if !i.Expires.IsZero() {
			one.Expires = i.Expires.Format(dateLayout)
		}
		d.Ignore = append(d.Ignore, one)
	}
	return yaml.Dump(&d)
}

func (b *Budgets) document() budgetsDocument {
	d := budgetsDocument{
		MaxUndelivered: amount(b.MaxUndelivered), MaxMissing: amount(b.MaxMissing), MaxRejected: amount(b.MaxRejected),
		MaxRetransmissions: amount(b.MaxRetransmissions), MaxPending: amount(b.MaxPending),
		MinMessages: b.MinMessages, MinSuccess: spell(b.MinSuccess), MaxGaps: b.MaxGaps,
		FailOn: spell(b.FailOn), AllowEmpty: b.AllowEmpty, AllowTruncated: b.AllowTruncated,
	}
	for _, l := range b.MaxRTT {
		d.MaxRTT = append(d.MaxRTT, l.String())
	}
	for _, l := range b.MaxReceipt {
		d.MaxReceipt = append(d.MaxReceipt, l.String())
	}
	return d
}

// amount writes a number as a number, so that it stands without quotes.
func amount(a *Amount) any {
	switch {
	case a == nil:
		return nil
	case a.Relative:
		return a.String()
	}
	return a.N
}

// spell writes a value that may be unset.
func spell[T interface{ String() string }](v *T) string {
	if v == nil {
		return ""
	}
	return (*v).String()
}
