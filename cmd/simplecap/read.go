package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/report"
)

const readHelp = `read analyses capture files and prints a report. It is the default command:
simplecap FILE is simplecap read FILE.

FILE is a pcap or pcapng file, plain or compressed (gzip, zstd, lz4, xz, bzip2), a
directory of such files, or - for standard input. Several files are read as one
capture, in the order of their times, unless more than Timer F lies between them:
then each ends by itself, as with --each.`

const readExamples = `  simplecap proxy.pcap
  simplecap --where 'outcome == "timeout"' --rows 0 rotated-*.pcap
  simplecap --format ndjson proxy.pcap | jq -c 'select(.rtt_ms > 1000)'
  tcpdump -U -i any -s 0 -w - port 5060 | simplecap -`

// readCommand is one call of read.
type readCommand struct {
	commonFlags
	streams
	files   []string // -r
	traces  traces
	sinks   sinkFlags
	name    string // of the capture, for rows
	numeric bool   // -n, accepted for the fingers' sake: names are never looked up
	publish publishFlags
}

func newRead(s streams) *cobra.Command {
	c := &readCommand{streams: s}
	cmd := &cobra.Command{
		Use: "read [flags] FILE|DIR|- ...", Short: "analyse captures (the default command)",
		Long: readHelp, Example: readExamples, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), append(c.files, args...))
		},
		ValidArgsFunction: completeFiles,
	}
	c.register(cmd)
	cmd.Flags().StringArrayVarP(&c.files, "read", "r", nil, "read `FILE`, as for tcpdump")
	c.traces.register(cmd.Flags())
	c.sinks.register(cmd.Flags())
	c.publish.register(cmd.Flags())
	cmd.Flags().BoolVarP(&c.numeric, "numeric", "n", false, "accepted as for tcpdump: names are never looked up")
	return cmd
}

// run prints the report of the files and says what was wrong with them.
func (c *readCommand) run(ctx context.Context, files []string) error {
	options, filter, err := c.prepare("read")
	if err != nil {
		return err
	}
	if err := c.sinks.parse(); err != nil {
		return err
	}
	c.name = captureName(files)
	if err := c.publish.check(); err != nil {
		return usage(err, "simplecap read --help lists the flags")
	}
	if len(files) == 0 {
		return usage(errors.New("no capture to read"), "name a file, a directory, or - for standard input")
	}
	src, err := c.traces.open(ctx, files, c.in, options.Profile.Timers(options.T1).F())
	if err != nil {
		return openFailure(err, files)
	}
	defer src.Close()
	r, err := c.analyse(ctx, src, options)
	if how := c.traces.told(src); !c.quiet && r != nil && src.Traces() > 1 {
		say(c.err, how)
	}
	if err != nil || r == nil {
		return err
	}
	incomplete := tellInputs(&c.commonFlags, c.err, r)
	if err := filter.failure(); err != nil {
		return err
	}
	return incomplete
}

// prepare finds what is wrong with the flags before anything is read. The filter
// is nil without --where.
func (f *commonFlags) prepare(command string) (analyze.Options, *where, error) {
	options, err := f.analysis()
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return options, nil, usage(err, "simplecap "+command+" --help lists the flags")
	}
	if f.where == "" {
		return options, nil, nil
	}
	filter, err := compileWhere(f.where, f.bodies)
	if err != nil {
		return options, nil, err
	}
	if !filter.ofTexts() {
		options.Where = filter.match
		filter.ask(&options)
		return options, filter, nil
	}
	if command == "tui" && !f.given.Changed("by") {
		f.by = string(report.ByText) // its other lists have all rows
	}
	if report.View(f.by) != report.ByText {
		return options, nil, usage(fmt.Errorf("--where: %w", filter.notOfTexts()), "")
	}
	options.WhereText, f.ofTexts = filter.matchText, true
	return options, filter, nil
}

// openFailure says what is wrong with a name. A single word that is no file may
// have been meant as a command.
func openFailure(err error, files []string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return &failure{code: exitInput, err: err}
	}
	if first := files[0]; !strings.ContainsAny(first, "./\\") {
		if _, statErr := os.Stat(first); statErr != nil {
			err := fmt.Errorf("no command and no file is named %q", first)
			if near := nearCommand(first); near != "" {
				err = fmt.Errorf("%w: did you mean %s?", err, near)
			}
			return usage(err, seeHelp)
		}
	}
	return usage(err, "")
}

// analyse reads src and prints the report. The report is nil, without an error,
// if nobody wants to read it any more.
func (c *readCommand) analyse(ctx context.Context, src capture.Source, options analyze.Options) (*result.Report, error) {
	out, err := createOutput(c.output, c.out, c.mode.of(c.bodies))
	if err != nil {
		return nil, usage(err, "")
	}
	defer out.abort()
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	w, handler, err := c.newWriter(watched{out, cancel}, &options, c.appearance(out))
	if err != nil {
		return nil, usage(err, "")
	}
	s, err := c.sinks.open(ctx, c.sinkOptions(c.name, func(line string) { say(c.err, line) }), c.mode.of(c.bodies), false)
	if err != nil {
		return nil, err
	}
	handler = c.sunk(&options, handler, s)
	published, err := c.publish.begin(ctx, c.streams, options.Correlate, true, nil)
	if err != nil {
		return nil, err
	}
	published.onto(&options)
	if e := c.evidenceFor(published, c.publish.agent, c.held(defaultEvidenceLimits.History), &options); e != nil {
		options.Tap, handler = e, handlers{handler, e}
	}
	r, runErr := analyze.Run(running, c.observed(src, out), options, handler)
	sinkErr := closeSinks(s, r)
	publishErr := published.close()
	if runErr == nil {
		runErr = publishErr
	}
	if ctx.Err() != nil && read(r) == 0 {
		return nil, &failure{code: exitInterrupted, err: errors.New("interrupted before any packet")}
	}
	if report.Format(c.format) == report.Table && nothingRead(r) {
		return r, nil // one line on stderr for each input says all that there is to say
	}
	err = w.Close(r)
	if err == nil {
		err = out.commit()
	}
	switch {
	case err != nil && isBrokenPipe(err):
		return nil, nil
	case err != nil:
		return nil, usage(fmt.Errorf("write the report: %w", err), "")
	case ctx.Err() != nil:
		return nil, &failure{code: exitInput, err: errors.Join(errors.New("interrupted: this is the report of what was read before"), publishErr)}
	case runErr != nil:
		return nil, &failure{code: exitInput, err: runErr}
	case sinkErr != nil:
		return nil, usage(sinkErr, "")
	}
	return r, nil
}

// nothingRead reports whether no input could be read at all.
func nothingRead(r *result.Report) bool {
	for _, in := range r.Inputs {
		if in.Error == "" || in.Packets > 0 {
			return false
		}
	}
	return len(r.Inputs) > 0
}

// read is how many packets were read.
func read(r *result.Report) (n uint64) {
	for _, in := range r.Inputs {
		n += in.Packets
	}
	return n
}

// appearance adds to the flags what depends on the terminal.
func (c *readCommand) appearance(out *output) report.Options {
	o := c.printing()
	o.Width, o.Zone = width(out.target()), zone(out.target(), c.utc)
	o.Color = colored(c.color, out.target())
	return o
}

// observed shows the progress on a terminal, unless the report goes to one line
// by line at the same time.
func (c *readCommand) observed(src capture.Source, out *output) capture.Source {
	lines := report.Format(c.format) == report.NDJSON && isTerminal(out.target())
	if c.quiet || lines || !isTerminal(c.err) {
		return src
	}
	return withProgress(src, c.err)
}

// tellInputs says what was read, where that was asked for, and fails if an input was
// not read to its end.
func tellInputs(c *commonFlags, talk io.Writer, r *result.Report) error {
	var failed error
	for _, in := range r.Inputs {
		if c.verbose {
			say(talk, describe(in))
		}
		if in.Complete && in.Error == "" {
			continue
		}
		failed = &failure{code: exitInput}
		if !c.quiet {
			say(talk, report.Clean(in.Name, 0)+": "+report.Clean(reason(in), 0))
		}
	}
	if !c.quiet {
		c.keys.tell(talk, c.verbose)
	}
	return failed
}

func reason(in capture.Input) string {
	if in.Error == "" {
		return "not read to its end"
	}
	return in.Error
}

func describe(in capture.Input) string {
	kind := strings.TrimSpace(in.Compression + " " + in.Format)
	return fmt.Sprintf("%s: %s, %s, %d packets, %d bytes", report.Clean(in.Name, 0), kind,
		strings.Join(in.LinkTypes, " "), in.Packets, in.Bytes)
}
