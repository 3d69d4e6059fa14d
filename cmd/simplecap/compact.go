package main

import (
	"time"

	"github.com/spf13/cobra"
)

const compactHelp = `compact makes one file of the many small ones that --sink parquet:DIR writes in an hour:
deliveries/2026-01-01T10.parquet. It does so for hours of which no file has changed for as long
as --older says, so that nothing is added to them any more: let a timer call it, or call it by
hand. The file is complete when it takes its name, and only then those that it was made of go;
what is killed in between goes on where it was.`

// compactCommand is one call of compact.
type compactCommand struct {
	streams
	quiet bool
	older time.Duration
}

func newCompact(s streams) *cobra.Command {
	c := &compactCommand{streams: s}
	cmd := &cobra.Command{
		Use: "compact [flags] DIR", Short: "make large Parquet files of small ones (simplecap-full)",
		Long: compactHelp, Example: "  simplecap-full compact /data/simplecap", DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), args)
		},
		ValidArgsFunction: completeFiles,
	}
	set := cmd.Flags()
	set.DurationVar(&c.older, "older", 2*time.Hour, "leave hours alone of which a file has changed within `DURATION`; a collector may write again what the bus keeps, two hours")
	set.BoolVarP(&c.quiet, "quiet", "q", false, "say nothing of what was done")
	return cmd
}
