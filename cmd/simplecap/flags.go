package main

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplecap/analyze"
	"simplecap/redact"
	"simplecap/report"
)

// commonFlags are those of every command that analyses packets.
type commonFlags struct {
	format  string
	output  string
	where   string
	ofTexts bool // --where asks for fields of texts
	by      string
	rows    int
	profile string
	t1      time.Duration
	ports   []uint
	bodies  bool
	related []string
	trusted []string
	mtu     int
	memory  size
	workers int
	color   string
	utc     bool
	quiet   bool
	verbose bool
	redact  redactFlags
	mode    fileMode       // of files with texts
	given   *pflag.FlagSet // that these are registered in; nil before
	keys    keyFlags

	redactor *redact.Redactor // that analysis made of redact, nil for none
}

func (f *commonFlags) register(cmd *cobra.Command) {
	set := cmd.Flags()
	f.given = set
	set.SortFlags = false
	set.StringVar(&f.format, "format", string(report.Table), "report as `FORMAT`: table, json, ndjson, csv, markdown or html")
	set.StringVarP(&f.output, "output", "o", "", "write the report to `FILE` instead of standard output")
	set.StringVar(&f.where, "where", "", "keep transactions for which `EXPR` is true, such as 'status >= 400 || rtt > duration(\"1s\")'")
	set.StringVar(&f.by, "by", "", "list each delivery, transaction or text, as `WHAT` (default text where receipts tell of them, else delivery where a MESSAGE is seen on several hops)")
	set.IntVar(&f.rows, "rows", 200, "show `N` deliveries or transactions in the table, failures first, 0 for all; unless given, no successes of more than 40")
	set.BoolVar(&f.utc, "utc", false, "times in UTC on a terminal too, where they are local")
	f.registerAnalysis(set)
	f.registerTalk(set)
	complete(cmd, map[string][]string{
		"format": formatNames(), "by": {"delivery", "transaction", "text"}, "profile": {"ietf", "ims", "rcs"}, "color": {"auto", "always", "never"},
		"redact": {"none", "numbers", "all"}, "where": nil, "rows": nil, "t1": nil, "port": nil, "correlate": nil, "trusted": nil, "mtu": nil, "limit-memory": nil, "workers": nil,
	})
}

// registerAnalysis registers what changes how packets are understood, and texts.
func (f *commonFlags) registerAnalysis(set *pflag.FlagSet) {
	f.registerReading(set)
	set.BoolVar(&f.bodies, "bodies", false, "show the text of messages, not only its type and length")
	f.mode.register(set)
	f.registerBounds(set)
}

// registerReading registers what changes how packets are understood, for all commands
// that do it.
func (f *commonFlags) registerReading(set *pflag.FlagSet) {
	set.StringVar(&f.profile, "profile", string(analyze.IETF), "timers and severities of `PROFILE`: ietf, ims or rcs")
	set.DurationVar(&f.t1, "t1", 0, "timer T1 of `DURATION` (default 500ms, 2s in ims and rcs)")
	set.UintSliceVar(&f.ports, "port", nil, "further ports that carry SIP, as `PORT,...`; a hint only, SIP is found on any port")
	set.Lookup("port").DefValue = ""
	set.StringSliceVar(&f.related, "correlate", nil, "join the legs of a B2BUA by the Call-ID in these header fields, as `HEADER,...`")
	set.Lookup("correlate").DefValue = "X-Call-ID,X-CID"
	set.StringSliceVar(&f.trusted, "trusted", nil, "networks inside the trust domain, as `NET,...` such as 10.0.0.0/8, for rules about privacy")
	set.IntVar(&f.mtu, "mtu", 0, "the paths have an MTU of `BYTES`, for rules about the size of messages (default unknown: 1300 bytes may go over UDP)")
	f.keys.register(set)
}

// registerBounds registers what all commands have that read captures: which names they
// show, and what they take.
func (f *commonFlags) registerBounds(set *pflag.FlagSet) {
	f.memory = defaultMemory
	f.redact.register(set)
	set.Var(&f.memory, "limit-memory", "take at most `SIZE` of memory")
	set.IntVar(&f.workers, "workers", 0, "use `N` goroutines (default the number of processors)")
}

// registerTalk registers what changes how the command appears.
func (f *commonFlags) registerTalk(set *pflag.FlagSet) {
	set.StringVar(&f.color, "color", "auto", "use colours `WHEN`: auto, always or never")
	set.BoolVarP(&f.quiet, "quiet", "q", false, "no warnings and no progress")
	set.BoolVarP(&f.verbose, "verbose", "v", false, "say what was read, and list findings of severity info")
}

// complete sets what a shell offers as the values of flags, nothing where there
// is no list of them.
func complete(cmd *cobra.Command, flags map[string][]string) {
	for flag, values := range flags {
		cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

func formatNames() (names []string) {
	for _, f := range report.Formats() {
		names = append(names, string(f))
	}
	return append(names, string(report.HTML))
}

// check finds what is wrong with the flags before anything is read.
func (f *commonFlags) check() error {
	switch {
	case f.rows < 0:
		return fmt.Errorf("--rows %d: want a number of rows, or 0 for all", f.rows)
	case f.color != "auto" && f.color != "always" && f.color != "never":
		return fmt.Errorf("--color %q: choose auto, always or never", f.color)
	}
	if err := f.checkReading(); err != nil {
		return err
	}
	if _, err := report.ParseView(f.by); err != nil {
		return fmt.Errorf("--by: %w", err)
	}
	_, err := report.ParseFormat(f.format)
	return err
}

// checkReading is check of what registerReading and registerBounds register.
func (f *commonFlags) checkReading() error {
	switch {
	case f.t1 < 0:
		return fmt.Errorf("--t1 %s: want a duration above 0, such as 500ms", f.t1)
	case f.workers < 0:
		return fmt.Errorf("--workers %d: want a number of goroutines, or 0 for one a processor", f.workers)
	case f.mtu < 0:
		return fmt.Errorf("--mtu %d: want a number of bytes, such as 1500", f.mtu)
	}
	for _, p := range f.ports {
		if p == 0 || p > math.MaxUint16 {
			return fmt.Errorf("--port %d: want a port from 1 to 65535", p)
		}
	}
	for _, header := range f.related {
		if header == "" || strings.ContainsAny(header, " \t:;=<>\"") {
			return fmt.Errorf("--correlate %q: want the names of header fields, such as X-Call-ID", header)
		}
	}
	return nil
}

// parsePrefix reads a network, or an address that stands for itself.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return prefix, fmt.Errorf("--trusted %q: want a network such as 10.0.0.0/8", text)
	}
	return prefix, nil
}

// analysis translates the flags for package analyze.
func (f *commonFlags) analysis() (analyze.Options, error) {
	profile, err := analyze.ParseProfile(f.profile)
	if err != nil {
		return analyze.Options{}, err
	}
	options := analyze.Options{Profile: profile, T1: f.t1, Workers: f.workers, Bodies: f.bodies, Correlate: f.related}
	options.MTU, options.Grown = f.mtu, garbage(int64(f.memory))
	if options.Keys, err = f.keys.load(); err != nil {
		return options, err
	}
	options.KeyLogs = f.keys.readOn()
	if options.Redact, err = f.redact.redactor(f.related); err != nil {
		return options, err
	}
	f.redactor = options.Redact
	if options.Redact != nil && f.bodies {
		return options, errBodies
	}
	options.Limits = shares(int64(f.memory))
	for _, network := range f.trusted {
		prefix, err := parsePrefix(network)
		if err != nil {
			return options, err
		}
		options.Trusted = append(options.Trusted, prefix)
	}
	for _, p := range f.ports {
		options.Ports = append(options.Ports, uint16(p))
	}
	return options, nil
}

// whereTransactions is the filter that transactions had to pass, for the reader.
func (f *commonFlags) whereTransactions() string {
	if f.ofTexts {
		return ""
	}
	return analyze.RedactedExpression(f.redactor, f.where)
}

// whereTexts is the filter that texts had to pass, for the reader.
func (f *commonFlags) whereTexts() string {
	if !f.ofTexts {
		return ""
	}
	return analyze.RedactedExpression(f.redactor, f.where)
}

// printing translates the flags for package report.
func (f *commonFlags) printing() report.Options {
	rows := f.rows
	switch {
	case f.given == nil || !f.given.Changed("rows"):
		rows = 0 // failures, and successes where they are few
	case rows == 0:
		rows = report.AllRows
	}
	return report.Options{By: report.View(f.by), Rows: rows, Bodies: f.bodies, Info: f.verbose, Where: f.whereTransactions(), OfTexts: f.whereTexts()}
}

// size is a number of bytes as a flag: 1048576, 512K, 256MiB, 1G. Prefixes are
// powers of 1024.
type size int64

var _ pflag.Value = (*size)(nil)

var units = []struct {
	name   string
	factor float64
}{{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"T", 1 << 40}}

func (s *size) Set(text string) error {
	digits := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(text), "B"), "I")
	factor := 1.0
	for _, u := range units {
		if rest, ok := strings.CutSuffix(digits, u.name); ok {
			digits, factor = rest, u.factor
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil || !(n > 0) || n*factor >= math.MaxInt64 {
		return errors.New("want a size such as 256MiB")
	}
	*s = size(n * factor)
	return nil
}

func (s *size) String() string {
	if *s >= 1<<20 && *s%(1<<20) == 0 {
		return strconv.FormatInt(int64(*s>>20), 10) + "MiB"
	}
	return strconv.FormatInt(int64(*s), 10)
}

// Type is the placeholder of the value in help texts.
func (s *size) Type() string { return "size" }
