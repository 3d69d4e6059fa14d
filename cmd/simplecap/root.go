package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplecap/report"
)

const rootHelp = `simplecap finds the SIP MESSAGE transactions (RFC 3428) in packet captures: what
was sent on each hop, what answered it, what never got its 200 and why.

  simplecap FILE...                 read captures and print a report
  simplecap --format json FILE...   the same for programs
  simplecap check FILE...           judge them: an exit code for a build`

// newRoot makes all commands.
func newRoot(s streams) *cobra.Command {
	root := emptyRoot(s)
	for _, c := range commands() {
		root.AddCommand(c.build(s))
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	shorts := map[string]string{"help": "explain a command", "completion": "print a completion script for a shell"}
	for _, c := range root.Commands() {
		if short, ok := shorts[c.Name()]; ok {
			c.Short = short
			c.RunE, c.Run = strict(c, root), nil
			c.Args = cobra.ArbitraryArgs
			withoutPackage(c)
		}
	}
	return root
}

// maker makes a command when it is asked for: all their flags take as long as
// a small capture.
type maker struct {
	name  string
	build func(streams) *cobra.Command
}

// commands are all of them but help and completion, read first.
func commands() []maker {
	return []maker{
		{"read", newRead}, {"live", newLive}, {"collect", newCollect}, {"compact", newCompact}, {"check", newCheck}, {"show", newShow},
		{"tui", newTUI}, {"diff", newDiff}, {"rules", newRules}, {"interfaces", newInterfaces}, {"version", newVersion}, {"man", newMan},
	}
}

// rootFor makes the command that the first argument asks for, by its name or, read, by
// that of a file. Where it takes more to tell, it makes all of them.
func rootFor(s streams, args []string) *cobra.Command {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") && args[0] != "-" || args[0] == "help" || args[0] == "completion" || strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return newRoot(s)
	}
	all := commands()
	asked := max(0, slices.IndexFunc(all, func(c maker) bool { return c.name == args[0] }))
	root := emptyRoot(s)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(all[asked].build(s))
	return root
}

// emptyRoot is the root without commands.
func emptyRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use: "simplecap", Short: "analyse SIP MESSAGE in packet captures", Long: rootHelp,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(s.err)
			cmd.Help()
			return &failure{code: exitUsage}
		},
		ValidArgsFunction: completeFiles,
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { printHelp(cmd) })
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(flagProblem(cmd, err), strings.TrimSpace(cmd.CommandPath())+" --help lists the flags")
	})
	return root
}

// nearCommand is the command that a word is likely to mean, or "".
func nearCommand(word string) string {
	names := []string{"help", "completion"}
	for _, c := range commands() {
		names = append(names, c.name)
	}
	slices.Sort(names)
	return report.Near(word, names)
}

// strict runs help or completion: what neither knows is wrong usage.
func strict(c, root *cobra.Command) func(*cobra.Command, []string) error {
	topics, what := root, "command"
	if c.Name() == "completion" {
		topics, what = c, "shell"
	}
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return map[bool]*cobra.Command{true: root, false: c}[topics == root].Help()
		}
		var names []string
		for _, topic := range topics.Commands() {
			if topic.Name() == args[0] {
				return topic.Help()
			}
			names = append(names, topic.Name())
		}
		hint := "choose " + strings.Join(names, ", ")
		if near := report.Near(args[0], names); near != "" {
			hint = "did you mean " + near + "?"
		}
		return usage(fmt.Errorf("no %s is named %q", what, args[0]), hint)
	}
}

// printHelp prints what a command does, then its commands and flags. The root
// shows the flags of read, which it runs by default.
func printHelp(cmd *cobra.Command) {
	w := cmd.OutOrStdout()
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	fmt.Fprintln(w, strings.TrimSpace(text))
	flags := cmd.LocalFlags()
	if cmd.HasParent() {
		fmt.Fprintf(w, "\nUsage: %s\n", cmd.UseLine())
	} else if read, _, err := cmd.Find([]string{"read"}); err == nil {
		flags = read.Flags()
	}
	printCommands(w, cmd)
	printFlags(w, flags)
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	if !cmd.HasParent() {
		fmt.Fprintln(w, "\nExit codes: 0 done, 1 check failed, 2 wrong usage, 3 an input could not be read to its end,\n"+
			"  4 check found no MESSAGE, 5 check found the capture too poor to judge, 130 interrupted")
	}
}

func printCommands(w io.Writer, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	fmt.Fprintln(w, "\nCommands:")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			fmt.Fprintf(w, "  %-12s %s\n", c.Name(), c.Short)
		}
	}
}

func printFlags(w io.Writer, flags *pflag.FlagSet) {
	if text := flags.FlagUsagesWrapped(100); text != "" {
		fmt.Fprintf(w, "\nFlags:\n%s", text)
	}
}

// withDefaultCommand puts read before the arguments unless they name a command:
// simplecap FILE is simplecap read FILE. A command may follow flags.
func withDefaultCommand(root *cobra.Command, args []string) []string {
	if len(args) == 0 {
		return args
	}
	switch args[0] {
	case "-h", "--help":
		return args
	case "--version":
		return append([]string{"version"}, args[1:]...)
	case cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		return completionArgs(root, args)
	}
	if isCommand(root, args[0]) {
		return args
	}
	read, _, _ := root.Find([]string{"read"})
	if i := firstArgument(read.Flags(), args); i >= 0 && isCommand(root, args[i]) {
		command := args[i]
		return append([]string{command}, slices.Delete(slices.Clone(args), i, i+1)...)
	}
	return append([]string{"read"}, args...)
}

// completionArgs does the same for the words that a shell wants completed. The
// last one is unfinished: alone, it may become a command.
func completionArgs(root *cobra.Command, args []string) []string {
	words := args[1:]
	if len(words) == 1 && !strings.HasPrefix(words[0], "-") {
		return args
	}
	return append([]string{args[0]}, withDefaultCommand(root, words)...)
}

func isCommand(root *cobra.Command, name string) bool {
	for _, c := range root.Commands() {
		if c.Name() == name {
			return true
		}
	}
	return false
}

// firstArgument finds the first word that is neither a flag nor a flag's value,
// -1 if there is none.
func firstArgument(flags *pflag.FlagSet, args []string) int {
	for i := 0; i < len(args); i++ {
		word := args[i]
		switch {
		case word == "--":
			return -1
		case len(word) < 2 || word[0] != '-':
			return i
		case takesValue(flags, word):
			i++
		}
	}
	return -1
}

// takesValue reports whether the value of a flag is the next word.
func takesValue(flags *pflag.FlagSet, word string) bool {
	var f *pflag.Flag
	if name, long := strings.CutPrefix(word, "--"); long {
		f = flags.Lookup(name) // not found where the value follows a =
	} else {
		f = flags.ShorthandLookup(word[len(word)-1:])
		for _, c := range word[1 : len(word)-1] {
			if s := flags.ShorthandLookup(string(c)); s == nil || s.NoOptDefVal == "" {
				return false // the rest of the word is its value
			}
		}
	}
	return f != nil && f.NoOptDefVal == ""
}

// completeFiles leaves completion to the shell, which knows the files.
func completeFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}
