package main

import (
	"io"
	"strings"
	"testing"
)

func TestDefaultCommand(t *testing.T) {
	root := newRoot(streams{strings.NewReader(""), io.Discard, io.Discard})
	for _, test := range []struct{ args, want string }{
		{"a.pcap", "read a.pcap"},
		{"-", "read -"},
		{"read a.pcap", "read a.pcap"},
		{"-r a.pcap", "read -r a.pcap"},
		{"--format json a.pcap", "read --format json a.pcap"},
		{"--format json read a.pcap", "read --format json a.pcap"},
		{"--format=json version", "version --format=json"},
		{"-o version a.pcap", "read -o version a.pcap"},
		{"-oversion a.pcap", "read -oversion a.pcap"},
		{"-qv version", "version -qv"},
		{"-qo version a.pcap", "read -qo version a.pcap"},
		{"-q -- version", "read -q -- version"},
		{"--nope read", "read --nope"},
		{"version", "version"},
		{"--version", "version"},
		{"--help", "--help"},
		{"help read", "help read"},
		{"completion bash", "completion bash"},
		{"__complete re", "__complete re"},
		{"__complete --for", "__complete read --for"},
		{"__complete a.pcap --for", "__complete read a.pcap --for"},
		{"__complete read --for", "__complete read --for"},
		{"", ""},
	} {
		if got := strings.Join(withDefaultCommand(root, strings.Fields(test.args)), " "); got != test.want {
			t.Errorf("%q became %q, want %q", test.args, got, test.want)
		}
	}
}
