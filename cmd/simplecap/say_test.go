package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// Names that a shell has put in the place of a pattern drive no terminal, whatever is
// wrong with them.
func TestTalkIsInert(t *testing.T) {
	const name = "n\x1b]0;x\a\u202e"
	const capture = "../../testdata/pcaps/n-all404.pcap"
	for _, args := range [][]string{
		{name}, {"read", name}, {"--" + name}, {"--where", name, capture}, {"--keylog", name, capture}, {"-o", "/nowhere/" + name, capture},
		{"check", "--policy", name, capture}, {"check", "--baseline", name, capture}, {"check", "--junit", "/nowhere/" + name, capture},
		{"rules", name}, {"show", capture, "--call-id", name}, {"diff", name, capture}, {"live", "-i", name}, {"--redact-key", name, capture},
	} {
		var out, talk bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), &out, &talk); code == 0 {
			t.Errorf("%q passed", args)
		}
		if text := out.String() + talk.String(); strings.ContainsAny(text, "\x1b\a\u202e") || talk.Len() == 0 {
			t.Errorf("%q: %q", args, text)
		}
	}
}
