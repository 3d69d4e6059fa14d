package main

import (
	"time"

	"github.com/spf13/cobra"

	"simplecap/report"
)

const collectHelp = `collect joins what many hosts publish (live --publish, read --publish) and prints what live
prints on one: a delivery over all hosts is one row. A row comes when every host has said all
that it saw until then, about 3 seconds behind; the whole report comes at the end, by an
interrupt or with --once when every host has ended.

Collectors with --sink share the work: each has some of the partitions, goes on for one that is
not heard of, and keeps every row once. They print a report only with --format or --output.

URL is a server of the bus, such as nats://bus:4222: NATS with JetStream. --embedded DIR has
one in this process, which hosts publish to at port 4222, and needs no other.

It is in simplecap-full, the same command with what weighs.`

const collectExamples = `  simplecap-full collect --embedded /var/lib/simplecap --listen 0.0.0.0:4222
  simplecap-full collect nats://bus1:4222,bus2:4222 --format ndjson
  sudo simplecap-full live -i any --publish nats://laptop:4222 --spool /var/spool/simplecap`

// collectCommand is one call of collect.
type collectCommand struct {
	commonFlags
	streams
	bus      busFlags
	sinks    sinkFlags
	embedded string // a directory
	listen   string
	once     bool
	early    bool
	silence  time.Duration
	hold     time.Duration
	group    string
	lease    time.Duration
	receipts time.Duration
	evidence string // a directory, and how much it may hold
	printed  bool   // a report is asked for, too
}

func newCollect(s streams) *cobra.Command {
	c := &collectCommand{streams: s}
	cmd := &cobra.Command{
		Use: "collect [flags] URL,... | --embedded DIR", Short: "join what many hosts publish (simplecap-full)",
		Long: collectHelp, Example: collectExamples, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.printed = cmd.Flags().Changed("format") || cmd.Flags().Changed("output")
			return c.run(cmd.Context(), args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.register(cmd)
	set := cmd.Flags()
	c.memory = collectorMemory
	set.Lookup("limit-memory").DefValue = c.memory.String()
	for _, flag := range []string{"port", "keylog", "tls-key", "esp-keys", "workers", "rows", "mtu", "trusted", "redact", "redact-key"} {
		if set.Lookup(flag) != nil {
			set.MarkHidden(flag) // hosts read packets, and give pseudonyms
		}
	}
	set.StringVar(&c.embedded, "embedded", "", "be the bus as well, and keep in `DIR` what hosts publish")
	set.StringVar(&c.listen, "listen", "127.0.0.1:4222", "with --embedded, let hosts publish at `ADDRESS:PORT`")
	set.BoolVar(&c.once, "once", false, "end when every host that was heard of has ended")
	set.BoolVar(&c.early, "early", false, "ndjson and csv: each transaction at its first final response too, with closed false, and again when something has changed")
	set.DurationVar(&c.silence, "silence", 30*time.Second, "do not wait any more for a host of which nothing is heard for `DURATION`")
	set.DurationVar(&c.hold, "hold", 0, "wait `DURATION` for what other hosts saw of the same, and hosts with other clocks (default 1s, with --sink 10s)")
	set.StringVar(&c.group, "group", "collect", "with --sink, share the work with the collectors of the same `NAME`")
	set.DurationVar(&c.lease, "lease", 10*time.Second, "with --sink, go on for a collector of the group of which nothing is heard for `DURATION`")
	set.DurationVar(&c.receipts, "receipts", 10*time.Minute, "with --sink, wait `DURATION` for what says that a text has arrived")
	set.StringVar(&c.evidence, "evidence", "", "keep what hosts publish of failing deliveries (live --publish-evidence) in pcapng files, as `DIR,SIZE` (default 1GiB; the oldest go)")
	c.bus.register(set)
	c.sinks.register(set)
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{string(report.Table), string(report.NDJSON), string(report.CSV), string(report.JSON)}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
