package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What people see of captures with deliveries, in the widths of their terminals.
func TestScreens(t *testing.T) {
	for _, test := range []struct {
		golden, columns, args string
	}{
		{"table-inleg-80", "80", "proxy-inleg-200-missing.pcap"},
		{"table-inleg-120", "120", "proxy-inleg-200-missing.pcap"},
		{"table-inleg-200", "200", "proxy-inleg-200-missing.pcap --color always"},
		{"table-408", "120", "proxy-408-then-late-200.pcap"},
		{"table-fork", "120", "fork-parallel.pcap"},
		{"table-auth", "120", "auth-407-then-200.pcap --by delivery"},
		{"table-series", "120", "two-proxies-in-series.pcap --rows 2"},
		{"table-nat", "120", "nat-rport-both-sides.pcap"},
		{"table-stored", "120", "final-202-then-stored-message.pcap"},
		{"table-unmatchable", "120", "response-branch-differs.pcap --by delivery"},
		{"table-rotated", "120", "rotated-4.pcap --by delivery"},
		{"table-where", "120", "fork-parallel.pcap --where status==486 --bodies"},
		{"markdown-fork", "120", "fork-parallel.pcap --format markdown --rows 2"},
		{"show-inleg-80", "80", "show proxy-inleg-200-missing.pcap --delivery 1"},
		{"show-inleg-200", "200", "show proxy-inleg-200-missing.pcap --delivery 1 --color always"},
		{"show-408", "120", "show proxy-408-then-late-200.pcap --frame 7"},
		{"show-fork", "120", "show fork-parallel.pcap --transaction 3 --bodies"},
		{"show-auth", "120", "show auth-407-then-200.pcap --delivery 2"},
		{"show-series-80", "80", "show two-proxies-in-series.pcap --delivery 1 --ascii"},
		{"show-nat", "100", "show nat-rport-both-sides.pcap --delivery 1"},
		{"show-redirect", "80", "show redirect-302-then-200.pcap --delivery 1"},
		{"show-text-80", "80", "show sms-end-to-end.pcap --text 1"},
		{"show-text-session", "120", "show msrp-cpim-imdn.pcap --text 8 --bodies"},
		{"show-text-lost", "80", "show sms-no-report-and-late-report.pcap --text 1"},
		{"show-unreachable", "80", "show udp-no-response-port-unreachable.pcap --delivery 1"},
		{"show-unmatchable", "80", "show response-branch-differs.pcap --delivery 2"},
		{"show-orphan", "80", "show rotated-4.pcap --transaction 1"},
	} {
		t.Run(test.golden, func(t *testing.T) {
			t.Setenv("COLUMNS", test.columns)
			args := strings.Fields(test.args)
			for i, a := range args {
				if strings.HasSuffix(a, ".pcap") {
					args[i] = "../../testdata/pcaps/" + a
				}
			}
			var out, talk bytes.Buffer
			if code := run(context.Background(), args, nil, &out, &talk); code != 0 || talk.Len() > 0 {
				t.Fatalf("exit code %d, stderr %q", code, talk.String())
			}
			golden(t, filepath.Join("testdata", "screens", test.golden+".txt"), out.String())
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test -update rewrites it):\n%s", path, diff)
	}
}
