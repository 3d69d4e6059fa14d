package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/tui"
	"simplecap/report"
)

const tuiHelp = `tui is a screen to walk around in: a list of all deliveries, with what failed and what
waits, and each of them in full, with its ladder, messages and findings. It reads capture
files, or captures on interfaces with -i, with all flags of live, or shows what many hosts
publish on a bus (simplecap-full). ? shows every key, q quits and prints the summary.`

const tuiExamples = `  simplecap tui proxy.pcap
  simplecap tui --bodies rotated-*.pcap
  sudo simplecap tui -i any
  sudo simplecap tui -i eth0 -w sip.pcapng udp port 5060
  simplecap-full tui nats://bus1:4222`

// tuiCommand is one call of tui.
type tuiCommand struct {
	liveCommand
	traces  traces
	overBus bool // what is shown comes over a bus
}

func newTUI(s streams) *cobra.Command {
	c := &tuiCommand{liveCommand: liveCommand{streams: s, buffer: 32 << 20}}
	cmd := &cobra.Command{
		Use: "tui [flags] FILE|DIR|- ... | -i IFACE [EXPRESSION]", Short: "walk around in captures, or in an interface as it goes",
		Long: tuiHelp, Example: tuiExamples, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), args)
		},
		ValidArgsFunction: completeFiles,
	}
	c.liveCommand.register(cmd)
	c.registerLive(cmd)
	c.traces.register(cmd.Flags())
	for _, name := range []string{"format", "output", "early", "rows"} {
		cmd.Flags().MarkHidden(name)
	}
	return cmd
}

// run draws until its user quits, and prints the summary.
func (c *tuiCommand) run(ctx context.Context, args []string) error {
	captures := len(c.interfaces) > 0 || len(c.hep.listen) > 0
	switch {
	case !captures && len(args) == 0:
		return usage(errors.New("nothing to show"), "name a file, a directory or - for standard input, or an interface: simplecap tui -i any")
	case c.given.Changed("format") || c.given.Changed("output"):
		return usage(errors.New("tui prints nothing but its summary: leave --format and --output out"), "simplecap read prints reports")
	}
	if err := c.checkTerminal(); err != nil {
		return err
	}
	store, err := tui.NewStore(tui.Limits{})
	if err != nil {
		return usage(err, "TMPDIR names another directory for temporary files")
	}
	defer store.Close()
	if captures {
		return c.capture(ctx, store, args)
	}
	if isBus(args[0]) {
		c.overBus = true
		return c.cluster(ctx, store, args)
	}
	return c.read(ctx, store, args)
}

// isBus reports whether an argument names a server of a bus.
func isBus(arg string) bool {
	return strings.HasPrefix(arg, "nats://") || strings.HasPrefix(arg, "tls://")
}

// checkTerminal finds out whether there is something to draw on.
func (c *tuiCommand) checkTerminal() error {
	const hint = "simplecap FILE prints a report, simplecap live lines as they come"
	switch {
	case !isTerminal(c.out):
		return usage(errors.New("tui draws on a terminal, and standard output is none"), hint)
	case slices.Contains([]string{"dumb", ""}, os.Getenv("TERM")):
		return usage(errors.New("tui cannot draw on this terminal (TERM is dumb or not set)"), hint)
	}
	return nil
}

// model makes the screen. ask asks for a report of the run so far.
func (c *tuiCommand) model(store *tui.Store, options analyze.Options, open func() (capture.Source, error), ask chan<- func(*result.Report)) *tui.Model {
	saver := &saver{c, store, options, open}
	return tui.NewModel(store, tui.Options{
		Live: c.overBus || len(c.interfaces) > 0 || len(c.hep.listen) > 0, Analysis: options, Zone: zone(c.out, c.utc), Bodies: c.bodies,
		View:    map[report.View]tui.View{report.ByText: tui.ByText, report.ByTransaction: tui.ByTransaction}[report.View(c.by)],
		Compile: c.compile,
		Save:    saver.save,
		Ask: func() {
			select {
			case ask <- store.Snapshot:
			default:
			}
		},
	})
}

// compile compiles a filter over rows. One of the fields of transactions passes where it is
// true for any of the row.
func (c *tuiCommand) compile(of tui.View, text string) (func(*tui.Row) bool, error) {
	w, err := compileAny(text, c.bodies)
	switch {
	case err != nil:
		return nil, err
	case w.ofTexts() && of != tui.ByText:
		return nil, fmt.Errorf("%s is a field of texts: b lists them", w.used[0].name)
	case w.ofTexts():
		return func(r *tui.Row) bool { return w.matchText(r.Text) }, nil
	}
	if w.asks() == asksFindings {
		return nil, fmt.Errorf("%s is known when captures are read: ask for findings here", w.used[0].name)
	}
	return func(r *tui.Row) bool {
		for i := range r.Transactions {
			if r.Delivery.ID != 0 {
				r.Transactions[i].InDelivery, r.Transactions[i].Verdict = &r.Delivery, r.Verdict
			}
			if w.match(&r.Transactions[i]) {
				return true
			}
		}
		return false
	}, nil
}

// read shows capture files.
func (c *tuiCommand) read(ctx context.Context, store *tui.Store, files []string) error {
	options, filter, err := c.prepare("tui")
	if err != nil {
		return err
	}
	src, err := c.traces.open(ctx, files, c.in, options.Profile.Timers(options.T1).F())
	if err != nil {
		return openFailure(err, files)
	}
	defer src.Close()
	asked := make(chan func(*result.Report), 1)
	options.Live, options.Snapshots = true, asked
	listen(&options, store)
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	var r *result.Report
	var runErr error
	go func() {
		defer close(ended)
		r, runErr = analyze.Run(running, src, options, analyze.RedactTo(store, options.Redact))
		store.End(r, runErr)
	}()
	err = tui.Run(ctx, c.model(store, options, c.reopening(files, &options), asked), c.terminal())
	cancel()
	<-ended
	if err != nil {
		return usage(err, "")
	}
	if err := c.summary(r); err != nil {
		return err
	}
	if runErr != nil && !errors.Is(runErr, context.Canceled) {
		return &failure{code: exitInput, err: runErr}
	}
	incomplete := tellInputs(&c.commonFlags, c.err, r)
	if err := filter.failure(); err != nil {
		return err
	}
	if runErr != nil {
		return nil // it was left before everything had been read
	}
	return incomplete
}

// listen hands everything that a screen can show to its store.
func listen(options *analyze.Options, store *tui.Store) {
	options.Joined, options.Session, options.PlainTexts = store.Joined, store.Session, true
}

func (c *tuiCommand) terminal() tui.Terminal {
	return tui.Terminal{Out: c.out, Colored: colored(c.color, c.out)}
}

// summary prints what the run has found on the normal screen.
func (c *tuiCommand) summary(r *result.Report) error {
	o := c.printing()
	o.Width, o.Zone, o.Color = width(c.out), zone(c.out, c.utc), colored(c.color, c.out)
	w, err := report.New(report.Table, c.out, o)
	if err == nil {
		err = w.Close(r)
	}
	if err != nil && !isBrokenPipe(err) {
		return usage(err, "")
	}
	return nil
}
