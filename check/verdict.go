package check

import (
	"cmp"
	"slices"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
)

// Result is how a check of a capture ends.
type Result uint8

// The results, and the exit codes of simplecap check.
const (
	Pass       Result = iota // everything holds (0)
	Fail                     // something does not (1)
	Unreadable               // an input could not be read to its end (3)
	Empty                    // there is no MESSAGE (4)
	TooPoor                  // the capture is too short or lost too much (5)
)

var resultNames = [...]string{"pass", "fail", "unreadable", "empty", "too-poor"}

// String returns the result as the outputs spell it.
func (r Result) String() string { return resultNames[r] }

// Kind is what a Check is about.
type Kind string

// The kinds.
const (
	CaptureKind     Kind = "capture"     // whether it can be judged at all
	BudgetKind      Kind = "budget"      // an amount
	RuleKind        Kind = "rule"        // a rule of the catalogue
	ExpectationKind Kind = "expectation" // of the policy
	BaselineKind    Kind = "baseline"    // the comparison with an earlier report
)

// Status is how one check came out.
type Status uint8

// The statuses.
const (
	Passed Status = iota
	Failed
	Skipped // there was nothing to judge, or the policy turned it off
)

var statusNames = [...]string{"passed", "failed", "skipped"}

// String returns the status as the outputs spell it.
func (s Status) String() string { return statusNames[s] }

// Check is one thing that was judged.
type Check struct {
	Kind     Kind
	Name     string // a rule's id, "max-rtt p95", an expectation's name
	Title    string // what it is about, in a few words; may be empty
	Source   string // what asks for it: "policy.yaml:12", or "" for a default or a flag
	Severity result.Severity
	Status   Status
	Limit    string // what is allowed: "at most 0"; empty for a rule
	Actual   string // what was found: "3 of 12"
	Hint     string // how to allow it, of a check that failed; may be empty
	Breaches []Breach
	Notes    []Note // what was found and does not fail it

	result    Result // what it makes of the whole if it fails
	lossFails bool   // a loss in the capture may be why it fails
}

// failing is how many transactions are named as failing it.
func (c *Check) failing() (n int) {
	for i := range c.Breaches {
		n += max(len(c.Breaches[i].Transactions), 1)
	}
	return n
}

// Breach is one way in which a check fails. Its texts hold bytes from the wire as
// they came: whoever prints them makes them safe.
type Breach struct {
	Message      string
	Peer         string // address of who is at fault, where that is known
	UserAgent    string
	Reference    string // the text it stands on
	Count        uint64 // how often, exactly
	Transactions []Transaction
	Frames       []capture.Ref // that show it
}

// Note is something that was found and does not fail a check, and why.
type Note struct {
	Message string
	Count   uint64
	Why     string
}

// Transaction is what a verdict says of a transaction: nothing of the people who
// sent and received it, and nothing of the text.
type Transaction struct {
	ID              uint64         // 0 for a text of a session, which has none
	Text            uint64         // the text that it stands for, 0 for none
	Delivery        uint64         // the delivery it belongs to, 0 for none
	Verdict         result.Verdict // of that delivery, where it is known
	CallID          string
	Src, Dst        string // addresses and ports
	Outcome         result.Outcome
	Status          int
	Cause           string
	RTT             time.Duration
	HasRTT          bool
	Retransmissions int
	Frames          []capture.Ref // requests and responses, the first Limits.Frames; of a text what brought it and its receipts

	unreported bool // a text of which nothing came in time: how long the capture goes on says so
}

// Verdict is what a Judge says of a capture.
type Verdict struct {
	Result Result
	Checks []Check // the failing ones first, the worst first
	Notes  []string
	Report *result.Report
}

// Count returns how many checks came out with a status.
func (v *Verdict) Count(s Status) (n int) {
	for i := range v.Checks {
		if v.Checks[i].Status == s {
			n++
		}
	}
	return n
}

// Failing returns the checks that failed, the worst first.
func (v *Verdict) Failing() []Check { return v.Checks[:v.Count(Failed)] }

// decide sorts the checks and settles the result. An input that is not complete
// outweighs everything, since what was not read is not judged; without a MESSAGE
// there is nothing to judge. A fault that is in the frames fails the check even
// where the capture is poor; one that a loss may have made does not.
func (v *Verdict) decide() {
	slices.SortStableFunc(v.Checks, func(a, b Check) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(b.failing(), a.failing()))
	})
	var has [TooPoor + 1]bool
	for _, c := range v.Failing() {
		if c.result == Fail && !c.lossFails {
			has[Fail] = true
		}
		if c.result != Fail {
			has[c.result] = true
		}
	}
	order := []Result{Unreadable, Empty, Fail, TooPoor}
	if i := slices.IndexFunc(order, func(r Result) bool { return has[r] }); i >= 0 {
		v.Result = order[i]
	} else if v.Count(Failed) > 0 {
		v.Result = Fail
	}
}

// rank puts the failing checks first: what keeps the capture from being judged,
// missing answers, errors, then what else the policy asks for.
func (c *Check) rank() int {
	switch {
	case c.Status != Failed:
		return 10
	case c.Kind == CaptureKind:
		return 0
	case c.Name == missingName || c.Name == undeliveredName:
		return 1
	case c.Kind == RuleKind:
		return 3 + 2*int(result.Error-c.Severity)
	case c.Kind == ExpectationKind:
		return 2
	}
	return 4
}
