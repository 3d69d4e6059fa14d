package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/check"
	"simplecap/decode"
	"simplecap/report"
	"simplecap/report/html"
)

const checkHelp = `check judges captures, for builds that shall fail when messaging broke. It prints a
short verdict that names rule or budget, transaction and frames.

What is allowed stands in flags and in a policy file: --policy FILE, or .simplecap.yaml
in the working directory or one above it. Flags outweigh the file. Without both, every
MESSAGE must arrive: one that was refused, lost, not passed on or not answered fails, and
so do findings of severity error. --max-undelivered N allows some; an expectation of the
policy (expect:) says which.

Each file is judged by itself, except that those of a rotated ring, which overlap or
follow each other within ten seconds, are one capture (--each parts these too).

Exit codes: 0 passed, 1 failed, 2 wrong usage or policy, 3 an input could not be read to
its end, 4 there is no MESSAGE, 5 the capture is too poor to judge. 3 outweighs 4, 4
outweighs 1, and 1 outweighs 5 only if something failed that a loss cannot explain.`

const checkExamples = `  simplecap check trace.pcap
  simplecap check --max-rtt p95=500ms --min-success 99% traces/
  simplecap check --policy lab.yaml --junit check.xml --sarif check.sarif trace.pcap
  simplecap check --baseline main.json --markdown comment.md trace.pcap`

// exitCodes are the exit codes of the results of a check.
var exitCodes = [...]int{
	check.Pass: 0, check.Fail: exitFailed, check.Unreadable: exitInput,
	check.Empty: exitEmpty, check.TooPoor: exitTooPoor,
}

// checkCommand is one call of check.
type checkCommand struct {
	checkFlags
	streams
	traces  traces
	filters []*where // of --where and of the policy
}

func newCheck(s streams) *cobra.Command {
	c := &checkCommand{streams: s}
	cmd := &cobra.Command{
		Use: "check [flags] FILE|DIR|- ...", Short: "judge captures: exit code, JUnit, SARIF",
		Long: checkHelp, Example: checkExamples, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), append(c.files, args...))
		},
		ValidArgsFunction: completeFiles,
	}
	c.register(cmd)
	c.traces.register(cmd.Flags())
	return cmd
}

// run judges the files.
func (c *checkCommand) run(ctx context.Context, files []string) error {
	policy, err := c.effectivePolicy()
	if err != nil {
		return err
	}
	if c.printPolicy {
		return c.print(policy)
	}
	options, judging, err := c.prepare(policy, files)
	if err != nil {
		return err
	}
	old, err := c.baseline.load()
	if err != nil {
		return err
	}
	judge := check.New(policy, judging)
	listeners := handlers{judge}
	var page *html.Writer
	if c.outputs.html != "" {
		page = c.newPage(nil, &options)
		listeners = append(listeners, page)
	}
	r, err := c.analyse(ctx, files, options, listeners)
	if err != nil {
		return err
	}
	for _, f := range c.filters {
		if err := f.failure(); err != nil {
			return err
		}
	}
	v, err := c.judge(judge, r, old)
	if err == nil {
		err = c.write(judged{v, analyze.RedactedExpression(options.Redact, c.where), page,
			func() (capture.Source, error) { return openSource(ctx, files, nil) }, c.evidence(options)})
	}
	if err != nil {
		return err
	}
	if v.Result != check.Pass {
		return &failure{code: exitCodes[v.Result]}
	}
	return nil
}

// prepare finds what is wrong with the flags before anything is read.
func (c *checkCommand) prepare(p *check.Policy, files []string) (analyze.Options, check.Options, error) {
	judging := check.Options{}
	options, err := c.analysis()
	if err == nil {
		err = c.commonFlags.check()
	}
	if err == nil {
		c.outputs.mode = c.mode
		err = c.outputs.check(files)
	}
	if err == nil {
		judging.Date, err = c.day()
	}
	if err == nil {
		judging.Tolerance, err = parseTolerance(c.baseline.tolerance)
	}
	if err != nil {
		return options, judging, usage(err, "simplecap check --help lists the flags")
	}
	options.Profile, options.T1, options.Whole, options.Strict = p.Profile, p.T1, true, true
	options.PlainTexts = p.ExpectsTexts()
	judging.Redact = options.Redact
	if c.where != "" {
		filter, err := compileWhere(c.where, c.bodies)
		if err != nil {
			return options, judging, err
		}
		if err := filter.notOfTexts(); err != nil {
			return options, judging, usage(fmt.Errorf("--where: %w", err), "")
		}
		c.filters = append(c.filters, filter)
		options.Where, judging.Filtered = filter.match, true
	}
	for _, filter := range c.filters {
		filter.ask(&options)
	}
	if len(files) == 0 {
		return options, judging, usage(errors.New("no capture to check"), "name a file, a directory, or - for standard input")
	}
	return options, judging, nil
}

// day is the date on which ignores must not have expired.
func (c *checkCommand) day() (time.Time, error) {
	if c.date == "" {
		return time.Now(), nil
	}
	return check.ParseDate(c.date)
}

// analyse reads the files once.
func (c *checkCommand) analyse(ctx context.Context, files []string, options analyze.Options, h analyze.Handler) (*result.Report, error) {
	src, err := c.traces.open(ctx, files, c.in, ringGap)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usage(err, "")
		}
		return nil, openFailure(err, files)
	}
	defer src.Close()
	r, err := analyze.Run(ctx, src, options, h)
	if how := c.traces.told(src); how != "" && !c.quiet {
		say(c.err, how)
	}
	if !c.quiet {
		c.keys.tell(c.err, c.verbose)
	}
	switch {
	case ctx.Err() != nil && read(r) == 0:
		return nil, &failure{code: exitInterrupted, err: errors.New("interrupted before any packet")}
	case ctx.Err() != nil:
		return nil, &failure{code: exitInput, err: errors.New("interrupted: there is no verdict on a part of the capture")}
	case err != nil:
		return nil, &failure{code: exitInput, err: err}
	}
	return r, nil
}

// print prints the effective policy.
func (c *checkCommand) print(p *check.Policy) error {
	data, err := p.YAML()
	if err == nil {
		_, err = c.out.Write(data)
	}
	if err != nil && !isBrokenPipe(err) {
		return usage(err, "")
	}
	return nil
}

// write prints the verdict and writes the other outputs.
func (c *checkCommand) write(v judged) error {
	if !c.quiet && !c.outputs.toStdout() {
		err := report.WriteVerdict(c.out, v.Verdict, report.Options{Width: width(c.out), Color: colored(c.color, c.out), Where: v.where})
		if err != nil && !isBrokenPipe(err) {
			return usage(err, "")
		}
	}
	return c.outputs.write(v, c.out)
}

// evidence is how evidence of a run is written.
func (c *checkCommand) evidence(o analyze.Options) check.EvidenceOptions {
	return check.EvidenceOptions{Decode: decode.Options{Ports: o.Ports, Keys: o.Keys, Limits: o.Limits.Decode}, Bodies: c.bodies, Redact: o.Redact, Decrypted: c.outputs.decrypted}
}
