package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"simplecap/analyze/result"
	"simplecap/check"
	"simplecap/report"
)

// baselineFlags compare with an earlier run.
type baselineFlags struct {
	name      string
	update    bool
	tolerance string
}

func (f *baselineFlags) register(set *pflag.FlagSet) {
	set.StringVar(&f.name, "baseline", "", "compare with the report in `FILE`: what it has does not fail, new findings and slower answers do")
	set.StringVar(&f.tolerance, "rtt-tolerance", check.DefaultTolerance.Share.String(), toleranceUsage)
	set.BoolVar(&f.update, "update-baseline", false, "write what is found to the baseline, if the capture can be judged")
}

// load reads the baseline, nil without one. One that is about to be written need
// not be there.
func (f *baselineFlags) load() (*check.Snapshot, error) {
	if f.name == "" {
		if f.update {
			return nil, usage(errors.New("--update-baseline needs --baseline FILE"), "")
		}
		return nil, nil
	}
	if _, err := os.Stat(f.name); errors.Is(err, fs.ErrNotExist) {
		if f.update {
			return nil, nil
		}
		return nil, usage(fmt.Errorf("--baseline: %s does not exist", f.name), "--update-baseline writes it")
	}
	return openSnapshot(f.name)
}

// judge makes the verdict: against the baseline, or against what replaces it.
func (c *checkCommand) judge(j *check.Judge, r *result.Report, old *check.Snapshot) (*check.Verdict, error) {
	if !c.baseline.update {
		return j.Verdict(r, old), nil
	}
	v := j.Verdict(r, check.Take(c.baseline.name, r))
	if v.Result > check.Fail {
		say(c.err, "the capture cannot be judged: "+c.baseline.name+" stays as it was")
		return v, nil
	}
	err := writeFile(c.baseline.name, c.out, usual, func(w io.Writer) error { return report.WriteSummaryJSON(w, r) })
	if err != nil {
		return nil, usage(fmt.Errorf("--update-baseline: %w", err), "")
	}
	return v, nil
}
