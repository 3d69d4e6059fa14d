package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplecap/analyze"
	"simplecap/check"
)

// newMan returns the command that writes the manual, for who makes packages. Its source
// is that of help.
func newMan(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "write the pages of the manual into a directory", Hidden: true, DisableFlagsInUseLine: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("want one directory"), "simplecap man DIR")
			}
			return writeManual(newRoot(s), args[0]) // that of this run has no other command
		},
	}
}

// manPage is one page of the manual.
type manPage struct {
	name    string
	section int
	text    []byte
}

// writeManual writes all pages into a directory.
func writeManual(root *cobra.Command, dir string) error {
	pages, err := manual(root)
	if err != nil {
		return err
	}
	for _, p := range pages {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.%d", p.name, p.section)), p.text, 0o644); err != nil {
			return usage(err, "")
		}
	}
	return nil
}

// manual makes the pages: one for the whole, one a command, the rules, and policies.
func manual(root *cobra.Command) ([]manPage, error) {
	var commands []*cobra.Command
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			commands = append(commands, c)
		}
	}
	pages := []manPage{{"simplecap", 1, rootPage(root, commands)}}
	for _, c := range commands {
		pages = append(pages, manPage{"simplecap-" + c.Name(), 1, commandPage(c)})
	}
	policy, err := policyPage(check.Schema())
	if err != nil {
		return nil, err
	}
	return append(pages, manPage{"simplecap-rules", 7, rulesPage()}, manPage{"simplecap-policy", 5, policy}), nil
}

// rootPage is simplecap(1), with the flags of read, which it runs by default.
func rootPage(root *cobra.Command, commands []*cobra.Command) []byte {
	p := newRoff("simplecap", 1)
	p.section("Name")
	p.WriteString("simplecap \\- " + roffText(root.Short) + "\n")
	p.section("Synopsis")
	p.WriteString(bold("simplecap") + " [" + italic("COMMAND") + "] [" + italic("flags") + "] " + italic("FILE") + " ...\n")
	p.section("Description")
	p.text(root.Long)
	p.section("Commands")
	see := []string{"simplecap-rules(7)", "simplecap-policy(5)"}
	for _, c := range commands {
		p.item(bold(c.Name()), c.Short+"; see simplecap-"+c.Name()+"(1)")
		see = append(see, "simplecap-"+c.Name()+"(1)")
	}
	for _, c := range commands {
		if c.Name() == "read" {
			p.options(c.Flags())
		}
	}
	p.exitCodes()
	p.see(see...)
	return p.Bytes()
}

// commandPage is the page of a command.
func commandPage(c *cobra.Command) []byte {
	p := newRoff("simplecap-"+c.Name(), 1)
	p.section("Name")
	p.WriteString("simplecap\\-" + roffText(c.Name()) + " \\- " + roffText(c.Short) + "\n")
	p.section("Synopsis")
	p.WriteString(roffText(c.UseLine()) + "\n")
	p.section("Description")
	if c.Long == "" {
		p.text(c.Short)
	} else {
		p.text(c.Long)
	}
	p.options(c.LocalFlags())
	if c.Example != "" {
		p.section("Examples")
		p.verbatim(c.Example)
	}
	p.exitCodes()
	p.see("simplecap(1)", "simplecap-rules(7)", "simplecap-policy(5)")
	return p.Bytes()
}

// options lists flags.
func (p *roff) options(flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.section("Options")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		term := bold("--" + f.Name)
		if f.Shorthand != "" {
			term = bold("-"+f.Shorthand) + ", " + term
		}
		if value != "" {
			term += " " + italic(value)
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" && f.DefValue != "[]" && !strings.Contains(text, "(default") {
			text += " (default " + f.DefValue + ")"
		}
		p.item(term, text)
	})
}

// exitStatus is what exit codes mean, as doc.go has it.
var exitStatus = [][2]string{
	{"0", "done"}, {"1", "check failed: findings, budgets or expectations"},
	{"2", "wrong usage, expression or policy, a file, delivery or rule that does not exist, or an output that cannot be written"},
	{"3", "an input could not be read to its end; what was read is still reported"}, {"4", "check found no MESSAGE"},
	{"5", "check found the capture too poor to judge"}, {"130", "interrupted before any packet"},
}

func (p *roff) exitCodes() {
	p.section("Exit status")
	for _, code := range exitStatus {
		p.item(bold(code[0]), code[1])
	}
}

func (p *roff) see(pages ...string) {
	p.section("See also")
	names := make([]string, len(pages))
	for i, page := range pages {
		name, section, _ := strings.Cut(page, "(")
		names[i] = bold(name) + "(" + section
	}
	p.WriteString(strings.Join(names, ", ") + "\n")
}

// rulesPage is simplecap-rules(7).
func rulesPage() []byte {
	p := newRoff("simplecap-rules", 7)
	p.section("Name")
	p.WriteString("simplecap\\-rules \\- what simplecap checks\n")
	p.section("Description")
	p.text("Each rule has an id, a severity, which the exchange or --profile may change, and the text of a standard that it stands on. simplecap rules ID explains one, with an exchange that breaks it.")
	p.section("Rules")
	for _, r := range analyze.Catalogue() {
		text := r.Title + ". " + r.Doc + " Reference: " + r.Reference + "."
		if r.Trap != "" {
			text += " Not this: " + r.Trap
		}
		p.item(bold(r.ID)+" ("+roffText(r.Severity.String())+")", text)
	}
	p.see("simplecap(1)", "simplecap-check(1)", "simplecap-policy(5)")
	return p.Bytes()
}
