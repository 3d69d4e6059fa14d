package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simplecap/report"
)

// flagProblem says in the words of this command what is wrong with a flag.
func flagProblem(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var bad *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return nearFlag(cmd, unknown)
	case errors.As(err, &bad):
		if want := wanted[bad.GetFlag().Value.Type()]; want != "" {
			return fmt.Errorf("--%s %q: want %s", bad.GetFlag().Name, bad.GetValue(), want)
		}
	}
	return err
}

// wanted is what the types of pflag itself want; they say so in Go's words.
var wanted = map[string]string{
	"int": "a number", "uintSlice": "numbers, with commas between them", "duration": "a duration such as 500ms, 10s or 5m", "bool": "true or false",
}

// nearFlag adds to an error about an unknown flag which one is likely to be meant.
func nearFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	name := err.GetSpecifiedName()
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	switch near := meant(name, names); {
	case name == "format" && slices.Contains(names, "json"): // as check has it
		return fmt.Errorf("%w: did you mean --json FILE?", err)
	case near != "":
		return fmt.Errorf("%w: did you mean --%s?", err, near)
	}
	if slices.Contains(formatNames(), name) && slices.Contains(names, "format") {
		return fmt.Errorf("%w: did you mean --format %s?", err, name)
	}
	return err
}

// meant is the one name that begins as a word of two letters or more does, else one that
// it may be a misspelling of, or "".
func meant(word string, names []string) string {
	if len(word) < 2 {
		return ""
	}
	longer := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.HasPrefix(name, word) })
	if len(longer) == 1 {
		return longer[0]
	}
	return report.Near(word, names)
}
