package check

import (
	"slices"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

// Policy says how a capture is judged.
type Policy struct {
	Profile analyze.Profile // "" leaves it open
	T1      time.Duration   // replaces the profile's T1 unless 0
	Budgets Budgets
	Rules   map[string]Level // by id, in the place of a finding's own severity
	Expect  []Expectation
	Ignore  []Ignore

	// Sources says what set a value, by key ("budgets.max-missing"): a line of
	// the file, or a flag.
	Sources map[string]string
}

// DefaultPolicy is what holds without a policy file.
func DefaultPolicy() Policy { return Policy{Profile: analyze.IETF, Budgets: defaultBudgets()} }

// complete returns the policy with defaults for what it leaves open.
func (p *Policy) complete() *Policy {
	full := *p
	full.Budgets = defaultBudgets().With(p.Budgets)
	if full.Profile == "" {
		full.Profile = analyze.IETF
	}
	return &full
}

// Expectation is how many transactions, or texts, must pass a filter.
type Expectation struct {
	Name            string // for people; may be empty
	Where           string // the filter's text, "" where it is about texts
	Filter          Filter // nil lets all pass
	Texts           string // the text of the filter of texts, "" where it is about transactions
	TextFilter      TextFilter
	Count, Min, Max *uint64 // at least one is set
	Source          string  // "policy.yaml:12"
}

// Ignore keeps findings of a rule from failing.
type Ignore struct {
	Rule    string
	Where   string // the filter's text; empty for every finding of the rule
	Filter  Filter // nil without a Where
	Reason  string
	Expires time.Time // the last day on which it applies, at midnight UTC; zero for ever
	Source  string    // "policy.yaml:12"
}

// expired reports whether the ignore no longer applies on a day.
func (i *Ignore) expired(day time.Time) bool {
	return !i.Expires.IsZero() && day.UTC().Truncate(24*time.Hour).After(i.Expires)
}

// Filter reports whether a transaction passes. It is used by one goroutine.
type Filter func(*result.Transaction) bool

// TextFilter reports whether a text passes. It is used by one goroutine.
type TextFilter func(*result.Text) bool

// Compiler turns expressions of the filter language into filters.
type Compiler struct {
	Transactions func(expression string) (Filter, error)
	Texts        func(expression string) (TextFilter, error)
}

// ExpectsTexts reports whether an expectation counts texts:
// analyze.Options.PlainTexts should be so.
func (p *Policy) ExpectsTexts() bool {
	return slices.ContainsFunc(p.Expect, func(e Expectation) bool { return e.Texts != "" })
}

// dateLayout is how days are written.
const dateLayout = "2006-01-02"
