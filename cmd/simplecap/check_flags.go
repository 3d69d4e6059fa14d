package main

import (
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplecap/check"
	"simplecap/report"
)

// checkFlags are the flags of check. Budgets that were not given are nil.
type checkFlags struct {
	commonFlags
	files       []string // -r
	policy      string
	noPolicy    bool
	printPolicy bool
	date        string
	budgets     check.Budgets
	baseline    baselineFlags
	outputs     checkOutputs
	set         *pflag.FlagSet
}

func (f *checkFlags) register(cmd *cobra.Command) {
	f.set = cmd.Flags()
	f.set.SortFlags = false
	f.registerPolicy()
	f.registerBudgets()
	f.baseline.register(f.set)
	f.outputs.register(f.set)
	f.registerAnalysis()
}

func (f *checkFlags) registerPolicy() {
	f.set.StringVar(&f.policy, "policy", "", "judge as `FILE` says (default .simplecap.yaml, from here upwards)")
	f.set.BoolVar(&f.noPolicy, "no-policy", false, "read no policy file")
	f.set.BoolVar(&f.printPolicy, "print-policy", false, "print the effective policy and end")
	f.set.StringVar(&f.date, "date", "", "judge ignores that expire as on `YYYY-MM-DD` (default today)")
}

func (f *checkFlags) registerBudgets() {
	b := &f.budgets
	f.set.Func("max-rtt", "most that a statistic of the round-trip times may be, as `p95=500ms[@PEER]`: min, mean, p50, p90, p95, p99 or max; repeatable", b.AddRTT)
	f.set.Func("max-receipt", "most that a statistic of the time from a text to its receipt may be, as `p95=30s`; repeatable", b.AddReceipt)
	optional(f.set, &b.MaxUndelivered, check.ParseAmount, "max-undelivered", "most MESSAGEs and texts that do not arrive, whatever the reason, as `N|P%` (default 0)")
	optional(f.set, &b.MaxMissing, check.ParseAmount, "max-missing", "most MESSAGEs without a final response, as `N|P%` (default 0)")
	optional(f.set, &b.MaxRejected, check.ParseAmount, "max-rejected", "most MESSAGEs refused, as `N|P%`")
	optional(f.set, &b.MaxRetransmissions, check.ParseAmount, "max-retransmissions", "most requests sent again, as `N|P%`")
	optional(f.set, &b.MaxPending, check.ParseAmount, "max-pending", "most MESSAGEs that the capture is too short to judge, as `N|P%` (default 0)")
	optional(f.set, &b.MinMessages, check.ParseCount, "min-messages", "fewest transactions, as `N`")
	optional(f.set, &b.MinSuccess, check.ParsePercent, "min-success", "least share of MESSAGEs that succeed, as `P%`")
	optional(f.set, &b.MaxGaps, check.ParseCount, "max-gaps", "most packets, TCP segments and fragments that the capture may have lost, as `N` (default 0)")
	optional(f.set, &b.FailOn, check.ParseFailOn, "fail-on", "least `SEVERITY` of findings that fail: error, warning or note (default error)")
	f.set.BoolFunc("allow-empty", "judge a capture without a MESSAGE, which otherwise ends with 4", into(&b.AllowEmpty, strconv.ParseBool))
	f.set.BoolFunc("allow-truncated", "judge a capture that breaks off (otherwise 3), or whose packets are cut (otherwise 5)",
		into(&b.AllowTruncated, strconv.ParseBool))
}

func (f *checkFlags) registerAnalysis() {
	f.set.StringArrayVarP(&f.files, "read", "r", nil, "check `FILE`, as for tcpdump")
	f.set.StringVar(&f.where, "where", "", "judge transactions for which `EXPR` is true, and no others")
	f.format = string(report.Table) // of the verdict; what --format says to read is in --json and the like
	f.commonFlags.registerAnalysis(f.set)
	f.set.Lookup("bodies").Usage = "keep the text of messages and credentials in --evidence and --html, and let filters ask for body"
	f.set.StringVar(&f.color, "color", "auto", "colour the verdict `WHEN`: auto, always or never")
	f.set.BoolVarP(&f.quiet, "quiet", "q", false, "print no verdict: the exit code and the files say it")
}

// optional adds a flag whose field is nil until it is given.
func optional[T any](set *pflag.FlagSet, field **T, parse func(string) (T, error), name, usage string) {
	set.Func(name, usage, into(field, parse))
}

func into[T any](field **T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		v, err := parse(text)
		if err == nil {
			*field = &v
		}
		return err
	}
}
