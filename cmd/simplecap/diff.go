package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/check"
	"simplecap/report"
)

const diffHelp = `diff shows what changed from one run to another: findings, outcomes, how texts ended
and round-trip times. OLD and NEW are captures or directories of them, or reports: the JSON of
simplecap --format json or of check --json.

It ends with 0 whatever it finds; with --exit-code it ends with 1 if anything differs,
round-trip times by more than --rtt-tolerance.`

const diffExamples = `  simplecap diff before.pcap after.pcap
  simplecap diff --exit-code main.json after.pcap`

// diffCommand is one call of diff.
type diffCommand struct {
	streams
	commonFlags
	tolerance string
	exitCode  bool
}

func newDiff(s streams) *cobra.Command {
	c := &diffCommand{streams: s}
	cmd := &cobra.Command{
		Use: "diff [flags] OLD NEW", Short: "compare two captures or reports",
		Long: diffHelp, Example: diffExamples, DisableFlagsInUseLine: true,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
		ValidArgsFunction: completeFiles,
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&c.format, "format", "text", "print as `FORMAT`: text or json")
	set.StringVar(&c.tolerance, "rtt-tolerance", check.DefaultTolerance.Share.String(), toleranceUsage)
	set.BoolVar(&c.exitCode, "exit-code", false, "end with 1 if anything differs")
	c.registerReading(set)
	c.registerBounds(set)
	return cmd
}

const toleranceUsage = "by how much round-trip times may grow, as `P%`, and at least 5ms"

func (c *diffCommand) run(ctx context.Context, names []string) error {
	tolerance, err := parseTolerance(c.tolerance)
	if err == nil && c.format != "text" && c.format != "json" {
		err = fmt.Errorf("unknown format %q: choose text or json", c.format)
	}
	if err == nil && len(names) != 2 {
		err = errors.New("want two captures or reports: an old one and a new one")
	}
	options, analysisErr := c.analysis()
	if err = errors.Join(err, analysisErr, c.checkReading()); err != nil {
		return usage(err, "simplecap diff --help lists the flags")
	}
	sides, err := c.sides(ctx, names, options)
	if err != nil {
		return err
	}
	c.keys.tell(c.err, false)
	d := check.Compare(sides[0], sides[1], tolerance)
	if err := c.print(d); err != nil && !isBrokenPipe(err) {
		return usage(err, "")
	}
	if c.exitCode && d.Changed() {
		return &failure{code: exitFailed}
	}
	return nil
}

// sides reads what is compared. Pipes are copied: their beginning says what they are.
func (c *diffCommand) sides(ctx context.Context, names []string, options analyze.Options) (sides [2]*check.Snapshot, err error) {
	again, err := rereadable(ctx, names, c.in)
	if err != nil {
		return sides, err
	}
	defer again.remove()
	for i, name := range again.names {
		if sides[i], err = snapshot(ctx, name, options); err != nil {
			return sides, again.named(err)
		}
		sides[i].Name = names[i]
	}
	return sides, nil
}

func (c *diffCommand) print(d *check.Difference) error {
	if c.format == "json" {
		return report.WriteDiffJSON(c.out, d)
	}
	return report.WriteDiff(c.out, d)
}

// parseTolerance reads --rtt-tolerance.
func parseTolerance(text string) (check.Tolerance, error) {
	t := check.DefaultTolerance
	share, err := check.ParseShare(text)
	if err != nil {
		return t, fmt.Errorf("--rtt-tolerance %q: %w", text, err)
	}
	t.Share = share
	return t, nil
}

// snapshot reads a report, or analyses a capture: the files of a directory as read does,
// whose report may be the other side.
func snapshot(ctx context.Context, name string, options analyze.Options) (*check.Snapshot, error) {
	if isJSON(name) {
		s, err := openSnapshot(name)
		if err == nil && s.Unread != "" { // as of the capture itself: what is not there was perhaps not read
			err = &failure{code: exitInput, err: fmt.Errorf("%s is of a capture that was not read to its end: %s", name, report.Clean(s.Unread, 0))}
		}
		return s, err
	}
	src, err := new(traces).open(ctx, []string{name}, nil, options.Profile.Timers(options.T1).F())
	if err != nil {
		return nil, openFailure(err, []string{name})
	}
	defer src.Close()
	r, err := analyze.Run(ctx, src, options, discard{})
	if err == nil {
		err = incomplete(r)
	}
	if err != nil {
		return nil, &failure{code: exitInput, err: err}
	}
	return check.Take(name, r), nil
}

// incomplete is an error if an input was not read to its end.
func incomplete(r *result.Report) error {
	for _, in := range r.Inputs {
		if !in.Complete || in.Error != "" {
			return errors.New(report.Clean(in.Name, 0) + ": " + report.Clean(reason(in), 0))
		}
	}
	return nil
}

// discard is a handler for those who want the report alone.
type discard struct{}

func (discard) Transaction(*result.Transaction) {}
func (discard) Finding(*result.Finding)         {}

// isJSON reports whether a file begins like a JSON object.
func isJSON(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	return bytes.HasPrefix(bytes.TrimSpace(head[:n]), []byte("{"))
}

// openSnapshot reads a report.
func openSnapshot(name string) (*check.Snapshot, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage(err, "")
	}
	defer f.Close()
	s, err := check.ReadSnapshot(name, f)
	if err != nil {
		return nil, usage(err, "")
	}
	return s, nil
}
