package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"simplecap/redact"
)

// redactFlags are those about pseudonyms.
type redactFlags struct {
	mode string
	key  string // file name
}

func (f *redactFlags) register(set *pflag.FlagSet) {
	set.StringVar(&f.mode, "redact", string(redact.None),
		"pseudonyms for `WHAT` in every output: none, numbers (telephone numbers), or all (users, names and hosts too); IP addresses stay")
	set.StringVar(&f.key, "redact-key", "", "make them with the key in `FILE`, so that they are the same in every run (default a key for this run)")
}

// redactor makes the Redactor that the flags ask for, nil for none. related are
// header fields that hold Call-IDs.
func (f *redactFlags) redactor(related []string) (*redact.Redactor, error) {
	mode, err := redact.ParseMode(f.mode)
	if err != nil {
		return nil, fmt.Errorf("--redact: %w", err)
	}
	if f.key == "" {
		return redact.New(mode, nil, related)
	}
	if mode == redact.None {
		return nil, errors.New("--redact-key needs --redact numbers or --redact all")
	}
	key, err := redact.ReadKey(f.key)
	if err != nil {
		return nil, fmt.Errorf("--redact-key: %w (head -c 32 /dev/urandom | base64 makes one)", err)
	}
	return redact.New(mode, key, related)
}

// errBodies says that texts and pseudonyms exclude each other.
var errBodies = errors.New("--bodies shows the text of messages, where a name may stand anywhere: leave it out with --redact")
