//go:build full

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"simplecap/report"
	"simplecap/sink"
	"simplecap/sink/parquet"
)

// run compacts what is old enough.
func (c *compactCommand) run(ctx context.Context, args []string) error {
	if len(args) != 1 || c.older <= 0 {
		return usage(errors.New("want one directory of --sink parquet:DIR, and --older of more than 0"), "simplecap compact --help lists the flags")
	}
	hours, files := 0, 0
	err := parquet.Compact(ctx, args[0], sink.NewSchema(), time.Now().Add(-c.older), func(one parquet.Compacted) {
		hours, files = hours+1, files+one.Files
		if !c.quiet {
			fmt.Fprintf(c.out, "%s: of %d files, %d bytes\n", one.Name, one.Files, one.Bytes)
		}
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usage(err, "")
	case err != nil:
		return &failure{code: exitInput, err: err}
	case !c.quiet:
		say(c.err, fmt.Sprintf("%s of %s", report.Count(uint64(hours), "file", "files"), report.Count(uint64(files), "small one", "small ones")))
	}
	return nil
}
