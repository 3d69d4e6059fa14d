package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"simplecap/report"
)

const rulesHelp = `rules lists what simplecap checks. With the id of a rule, as it stands in a
report's findings, it explains that rule: what it means, the text it stands on,
what only looks like it, and an exchange that breaks it.`

const rulesExamples = `  simplecap rules
  simplecap rules unmatchable-response
  simplecap rules --format json | jq -r '.[] | select(.severity == "error").id'`

// rulesCommand is one call of rules.
type rulesCommand struct {
	streams
	format string
	color  string
}

func newRules(s streams) *cobra.Command {
	c := &rulesCommand{streams: s}
	cmd := &cobra.Command{
		Use: "rules [flags] [ID]", Short: "list what is checked, or explain a rule",
		Long: rulesHelp, Example: rulesExamples, DisableFlagsInUseLine: true,
		RunE: func(_ *cobra.Command, args []string) error { return c.run(args) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return report.RuleIDs(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&c.format, "format", "table", "print as `FORMAT`: table, json or markdown")
	cmd.Flags().StringVar(&c.color, "color", "auto", "use colours `WHEN`: auto, always or never")
	complete(cmd, map[string][]string{"format": {"table", "json", "markdown"}, "color": {"auto", "always", "never"}})
	return cmd
}

func (c *rulesCommand) run(args []string) error {
	if len(args) > 1 {
		return usage(fmt.Errorf("unexpected argument %q: want one rule", args[1]), seeHelp)
	}
	options := report.RuleOptions{Format: report.Format(c.format), Width: width(c.out), Color: colored(c.color, c.out)}
	if err := options.Check(); err != nil {
		return usage(err, "simplecap rules --help lists the flags")
	}
	return c.print(func(w io.Writer) error {
		if len(args) == 0 {
			return report.WriteRules(w, options)
		}
		return c.explain(w, args[0], options)
	})
}

func (c *rulesCommand) explain(w io.Writer, id string, options report.RuleOptions) error {
	id = strings.ToLower(id)
	if near := report.NearRules(id); near != nil {
		return usage(fmt.Errorf("no rule %q: did you mean %s?", report.Clean(id, 60), listOr(near)), "simplecap rules lists them all")
	}
	return report.WriteRule(w, id, options)
}

// listOr joins "a", "a or b", "a, b or c".
func listOr(items []string) string {
	text := items[0]
	for i, item := range items[1:] {
		separator := ", "
		if i == len(items)-2 {
			separator = " or "
		}
		text += separator + item
	}
	return text
}

// print writes the page at once. Nobody reading it is no failure.
func (c *rulesCommand) print(write func(io.Writer) error) error {
	var page bytes.Buffer
	if err := write(&page); err != nil {
		return err
	}
	if _, err := c.out.Write(page.Bytes()); err != nil && !isBrokenPipe(err) {
		return usage(fmt.Errorf("write the rules: %w", err), "")
	}
	return nil
}
