package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture/live"
	"simplecap/report"
)

const liveHelp = `live analyses the packets on network interfaces as they come. Each delivery of a MESSAGE is
a line when its verdict is known, or when it waits or fails, with its hops under it; what
changes later is one line that names it, and a finding is a line when it is first seen. An
interrupt (Ctrl-C, SIGTERM), -c or --duration ends it with a summary; SIGUSR1 prints the
summary so far.

The kernel drops what cannot be SIP, by the content of packets and not by ports: -d shows
how. EXPRESSION, in the language of tcpdump, narrows that and needs tcpdump; --host,
--udp-port and --tcp-port do not.`

const liveExamples = `  sudo simplecap live
  sudo simplecap live -i eth0 --host 192.0.2.7
  sudo simplecap live -i any udp port 5060 and net 10.0.0.0/8
  sudo simplecap live --format ndjson --duration 1h > messages.ndjson
  sudo simplecap live -w sip.pcapng -b filesize:10MB -b files:24
  simplecap live --hep-listen udp://0.0.0.0:9060`

// liveCommand is one call of live.
type liveCommand struct {
	commonFlags
	streams
	filter      liveFilter
	evidence    evidenceFlags
	confinement confinement
	hep         hepFlags
	sinks       sinkFlags
	publish     publishFlags
	interfaces  []string
	promiscuous bool
	snaplen     int
	buffer      size
	count       uint64
	duration    time.Duration
	metrics     string
	numeric     bool
	early       bool
	saves       string // a directory that files may be saved in later, "" for none
}

func newLive(s streams) *cobra.Command {
	c := &liveCommand{streams: s, buffer: 32 << 20}
	cmd := &cobra.Command{
		Use: "live [flags] [EXPRESSION]", Short: "analyse a network interface as it goes",
		Long: liveHelp, Example: liveExamples, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.register(cmd)
	c.registerLive(cmd)
	c.sinks.register(cmd.Flags())
	return cmd
}

func (c *liveCommand) registerLive(cmd *cobra.Command) {
	set := cmd.Flags()
	set.Lookup("format").Usage = "print as `FORMAT`: table, ndjson or csv as it goes, or html at its end"
	set.Lookup("by").Usage = "rows of each delivery or transaction, as `WHAT`; with text, the summary lists texts (default delivery)"
	set.Lookup("output").Usage = "write to `FILE` instead of standard output"
	set.MarkHidden("rows")
	set.StringArrayVarP(&c.interfaces, "interface", "i", nil, "capture on `IFACE`, which may be given several times (default any)")
	c.filter.register(set)
	set.Uint64VarP(&c.count, "count", "c", 0, "end after `N` packets that passed the filter")
	set.DurationVar(&c.duration, "duration", 0, "end after `DURATION`, such as 10m")
	set.IntVarP(&c.snaplen, "snaplen", "s", 0, "look at the first `N` bytes of packets (default 262144)")
	set.VarP(&c.buffer, "buffer", "B", "let the kernel hold `SIZE` of packets until they are read")
	set.BoolVar(&c.promiscuous, "promiscuous", false, "capture what is addressed to others, too")
	c.evidence.register(set)
	c.confinement.register(set)
	set.StringVar(&c.metrics, "metrics", "", "serve metrics for Prometheus at `ADDRESS:PORT`; :PORT is on the loopback")
	c.hep.register(set)
	c.publish.register(set)
	set.BoolVar(&c.early, "early", false, "ndjson and csv: each transaction at its first final response too, with closed false, and again when something has changed")
	set.BoolVarP(&c.numeric, "numeric", "n", false, "accepted as for tcpdump: names are never looked up")
	complete(cmd, map[string][]string{"hep-listen": {"udp://", "tcp://"}, "hep-send": {"udp://", "tcp://"}, "hep-id": nil, "hep-node": nil})
	cmd.RegisterFlagCompletionFunc("interface", completeInterfaces)
	cmd.RegisterFlagCompletionFunc("write-filter", cobra.FixedCompletions(writeFilters, cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"table", "ndjson", "csv", "html"}, cobra.ShellCompDirectiveNoFileComp))
}

func completeInterfaces(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{live.AnyInterface}
	list, _ := live.Interfaces()
	for _, i := range list {
		names = append(names, i.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// run captures until it is told to end.
func (c *liveCommand) run(ctx context.Context, words []string) error {
	b, err := c.begin(ctx, "live", words, func(*analyze.Options) {})
	if b == nil || err != nil {
		return err
	}
	defer b.close()
	c.tellStart(b.source)
	err = b.session.run(b.options)
	if err := errors.Join(err, b.publish.close()); err != nil {
		return err
	}
	return b.where.failure()
}

// begun is a capture that has begun. Close it.
type begun struct {
	session *liveSession
	options analyze.Options
	source  live.Source
	forward *forwarder
	publish *publishing
	where   *where
}

func (b *begun) close() {
	b.forward.close()
	b.source.Close()
}

// begin checks the flags and opens what they name; command is who asks, and change sets
// further options once the flags are known to be right. It returns nil where there was
// only a filter to print.
func (c *liveCommand) begin(ctx context.Context, command string, words []string, change func(*analyze.Options)) (b *begun, err error) {
	c.keys.live = true
	b = new(begun)
	if err = c.checkFormat(); err == nil {
		b.options, b.where, err = c.prepare(command)
	}
	if err == nil {
		err = c.checkLive(words)
	}
	if err == nil {
		err = c.sinks.parse()
	}
	if err != nil {
		return nil, err
	}
	if c.filter.print > 0 {
		return nil, c.printFilter()
	}
	b.options.Live, b.options.HEP = true, c.hep.trust()
	change(&b.options)
	if b.source, err = c.open(); err != nil {
		return nil, err
	}
	if b.forward, err = c.forwarder(b.source); err != nil {
		b.source.Close()
		return nil, err
	}
	if b.forward != nil {
		b.options.Tap = b.forward
	}
	if b.publish, err = c.publish.begin(ctx, c.streams, b.options.Correlate, false, &c.confinement); err != nil {
		b.close()
		return nil, err
	}
	b.publish.onto(&b.options)
	if b.session, err = c.session(ctx, b.source, b.publish, &b.options); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

const hintLive = "simplecap live --help lists the flags"

// checkFormat finds a format that there is not, or not of what goes on.
func (c *liveCommand) checkFormat() error {
	switch report.Format(c.format) {
	case report.Table, report.NDJSON, report.CSV, report.HTML:
		return nil
	}
	return usage(fmt.Errorf("--format %s: live prints table, ndjson or csv as it goes, or html at its end", c.format), hintLive)
}

// checkLive finds what is wrong with the flags before anything is captured.
func (c *liveCommand) checkLive(words []string) error {
	if len(words) == 1 && isCapture(words[0]) {
		return usage(fmt.Errorf("%s is a file, and live reads interfaces", words[0]), "simplecap FILE reads one")
	}
	if name := slices.IndexFunc(c.interfaces, isCapture); name >= 0 {
		return usage(fmt.Errorf("-i %s is a file, and live reads interfaces", c.interfaces[name]), "simplecap FILE reads one")
	}
	if c.snaplen < 0 || c.duration < 0 {
		return usage(errors.New("--snaplen and --duration: want more than 0"), hintLive)
	}
	if err := c.filter.check(words); err != nil {
		return usage(err, hintLive)
	}
	if err := errors.Join(c.evidence.check(), c.confinement.check(), c.publish.check()); err != nil {
		return usage(err, hintLive)
	}
	if c.evidence.write != "" && filepath.Clean(c.evidence.write) == filepath.Clean(c.output) {
		return usage(errors.New("-w and -o name the same file: packets go to the one, rows to the other"), hintLive)
	}
	if c.metrics != "" {
		address, err := listenAddress(c.metrics)
		if err != nil {
			return usage(err, hintLive)
		}
		c.metrics = address
	}
	if c.redactor != nil && c.hep.send != "" {
		return usage(errors.New("--hep-send sends messages as they are, with all names: leave it out with --redact"), hintLive)
	}
	if err := c.hep.check(); err != nil {
		return usage(err, hintLive)
	}
	if len(c.hep.listen) > 0 && len(c.interfaces) == 0 && c.filter.narrows() {
		return usage(errors.New("--hep-listen without -i captures nothing that a filter could narrow: add -i any to capture as well"), hintLive)
	}
	return nil
}

// isCapture reports whether the one word of an expression is the name of a file.
func isCapture(word string) bool {
	info, err := os.Stat(word)
	return err == nil && info.Mode().IsRegular() && strings.ContainsAny(word, "./")
}

// open begins to capture, to listen for HEP, or both.
func (c *liveCommand) open() (live.Source, error) {
	reports, err := c.openHEP()
	switch {
	case err != nil:
		return nil, err
	case reports != nil && len(c.interfaces) == 0:
		return reports, nil
	}
	running, err := c.openInterfaces()
	switch {
	case reports == nil:
		return running, err
	case err != nil:
		reports.Close()
		return nil, err
	}
	return live.Beside(running, reports), nil
}

// openInterfaces begins to capture.
func (c *liveCommand) openInterfaces() (*live.Capture, error) {
	filter := c.filter.sip()
	filter.OwnTCPPorts = c.publish.bus.ports()
	if !c.quiet {
		for _, line := range c.filter.warnings() {
			say(c.err, line)
		}
	}
	live, err := live.Open(live.Options{
		Interfaces: c.interfaces, Promiscuous: c.promiscuous, Snaplen: c.snaplen, Buffer: int(c.buffer),
		Filter: filter.Program, Notify: func(line string) { say(c.err, line) },
	})
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, usage(err, rightHint())
	case err != nil:
		return nil, usage(err, openHint(err, c.interfaces))
	}
	return live, nil
}

// rightHint says how to get the right to capture.
func rightHint() string {
	switch runtime.GOOS {
	case "linux":
	case "windows":
		return "run it as Administrator: Npcap may have been installed for administrators alone"
	default:
		return "run it with sudo, or let a group that you are in read /dev/bpf*"
	}
	program, err := os.Executable()
	if err != nil {
		program = "simplecap"
	}
	return fmt.Sprintf("run it with sudo, or give the program the right once: sudo setcap cap_net_raw=ep %s", quoted(program))
}

// tellStart says where packets are taken from.
func (c *liveCommand) tellStart(running live.Source) {
	if c.quiet {
		return
	}
	for _, in := range running.Inputs() {
		say(c.err, "listening on "+strings.ReplaceAll(in.Name, ",", ", ")+map[bool]string{true: " for HEP"}[in.Format == "hep"])
	}
}

// quoted makes a file name safe to paste into a shell.
func quoted(name string) string {
	for _, c := range name {
		if !strings.ContainsRune("/._-+", c) && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
		}
	}
	return name
}

// confine gives up every right that is not needed any more. What needs a right
// has been opened.
func (c *liveCommand) confine(e *evidence) error {
	if err := c.beginEvidence(e, false); err != nil {
		return err
	}
	var writable []string
	if len(c.evidence.ring) > 0 {
		writable = []string{filepath.Dir(c.evidence.write)}
	}
	if report.Format(c.format) == report.HTML {
		writable = append(writable, os.TempDir()) // rows wait there for the end
	}
	if c.saves != "" {
		writable = append(writable, c.saves)
	}
	directories, ports := c.sinks.reaches()
	directories, ports = append(directories, c.publish.writable()...), append(ports, c.publish.bus.ports()...)
	if err := c.confinement.apply(append(writable, directories...), append(c.hep.connects(), ports...)); err != nil {
		hint := c.ringHint(err)
		if hint == "" {
			hint = "-Z USER names another user, -Z root stays root, --no-sandbox keeps all rights"
		}
		return usage(err, hint)
	}
	return c.beginEvidence(e, true)
}

// session puts together what a run of live consists of, and sets what it asks of the run.
func (c *liveCommand) session(ctx context.Context, running live.Source, published *publishing, options *analyze.Options) (*liveSession, error) {
	out, file, err := c.openOutput()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &liveSession{command: c, stop: cancel, file: file, snapshots: make(chan func(*result.Report), 1)}
	s.source = &liveSource{Source: running, ctx: ctx, count: c.count, begun: time.Now()}
	if c.duration > 0 {
		s.source.until = time.Now().Add(c.duration)
	}
	if isTerminal(c.err) && !c.quiet {
		s.status = &statusLine{w: c.err, shared: isTerminal(out)}
	}
	s.queue = newQueue(out, s.status, func(err error) { s.outputFailed(err) })
	if c.metrics != "" {
		if s.metrics, err = newMetrics(c.metrics); err != nil {
			return nil, usage(err, "")
		}
	}
	if s.sink, err = c.openSinks(ctx); err != nil {
		return nil, err
	}
	s.source.evidence = c.newEvidence(running, options)
	s.source.published = c.evidenceFor(published, c.publish.agent, c.held(int64(c.evidence.history)), options)
	if err := c.confine(s.source.evidence); err != nil {
		return nil, err
	}
	printing := c.printing()
	printing.Live, printing.Early, printing.Width, printing.Color = true, c.early, width(out), colored(c.color, out)
	printing.Zone, printing.Renewed = zone(out, c.utc), s.status != nil && s.status.shared
	if isTerminal(out) {
		printing.Columns = func() int { return width(out) }
	}
	s.printing = printing
	s.writer, s.results, err = c.newWriter(s.queue, options, printing)
	s.results = c.sunk(options, s.results, s.sink)
	return s, err
}
