package main

import (
	_ "embed"
	"io"

	"github.com/spf13/cobra"
)

// bashAlone takes the place of the one function of cobra's script that needs the package
// bash-completion.
//
//go:embed completion.bash
var bashAlone string

// withoutPackage makes the script for bash work where bash-completion is not installed,
// as it is not on macOS and in containers.
func withoutPackage(completion *cobra.Command) {
	for _, c := range completion.Commands() {
		if c.Name() != "bash" {
			continue
		}
		script := c.RunE
		c.RunE = func(cmd *cobra.Command, args []string) error {
			if err := script(cmd, args); err != nil {
				return err
			}
			_, err := io.WriteString(cmd.OutOrStdout(), bashAlone)
			return err
		}
	}
}
