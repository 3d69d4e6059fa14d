// Package check judges what package analyze found in a capture, for builds that
// shall fail when messaging broke.
//
// A [Policy] says what is allowed: budgets, the severity of rules, expectations,
// and what to ignore until when. [Load] reads one from YAML. A [Judge] is an
// analyze.Handler; after the run its Verdict says for each rule, budget and
// expectation whether it holds, and names the transactions and frames where it
// does not. A [Snapshot] is what an earlier run found, to compare with.
//
// The package reads no clock: the date on which ignores expire is given to it.
package check
