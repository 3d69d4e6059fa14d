package report

import (
	"fmt"
	"strings"
	"testing"
)

func TestCutURI(t *testing.T) {
	tests := []struct {
		name, domain, in string
		width            int
		want             string
	}{
		{"fits", "", "alice@example.com", 17, "alice@example.com"},
		{"parameters go first", "", "alice@example.com;user=phone;x=1", 20, "alice@example.com"},
		{"the shared domain goes next", "example.com", "+4930123456@example.com", 12, "+4930123456"},
		{"another domain stays", "example.com", "bob@other.example.net", 14, "bob@oth…le.net"},
		{"a number keeps its end", "example.com", "+49301234567890123@example.com", 10, "+49…890123"},
		{"a number is worth more than a domain", "", "+49301234567890@ims.mnc001.mcc262.3gppnetwork.org", 20, "+49301234567890@i…rg"},
		{"wide characters", "", "山田太郎山田太郎@example.jp", 9, "山…田太郎"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Cutter{domain: test.domain}
			got := c.URI(test.in, test.width)
			if displayWidth(got) > test.width {
				t.Errorf("%q takes %d columns, want %d at most", got, displayWidth(got), test.width)
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// Identifiers that differ anywhere look different, each against the one before.
func TestCutKeepsRowsApart(t *testing.T) {
	for place := range 24 {
		for _, width := range []int{10, 12, 16, 20} {
			var c Cutter
			base := strings.Repeat("0", 24)
			a, b := "dev"+base+"@iot.example.com", "dev"+base[:place]+"7"+base[place+1:]+"@iot.example.com"
			first, second := c.URI(a, width), c.URI(b, width)
			if first == second {
				t.Errorf("width %d: both %s and %s are %q", width, a, b, first)
			}
			if displayWidth(second) > width {
				t.Errorf("%q takes more than %d columns", second, width)
			}
		}
	}
}

func TestCutHops(t *testing.T) {
	var p pathFitter
	in := "[2001:db8:0:1:211:22ff:fe33:4401]:5060 → [2001:db8:0:1:211:22ff:fe33:4402]:5060"
	seen := make(map[string]bool)
	for i := range 3 {
		in := strings.Replace(in, "4401", fmt.Sprintf("440%d", i), 1)
		got := p.hop(in, 40)
		if displayWidth(got) > 40 || seen[got] {
			t.Errorf("%q", got)
		}
		seen[got] = true
	}
	if got := p.parties("a@b → "+strings.Repeat("x", 50)+"@example.com", 30); !strings.HasPrefix(got, "a@b → xxx") || displayWidth(got) != 30 {
		t.Errorf("the shorter end shall be whole: %q", got)
	}
}

func TestSharedDomain(t *testing.T) {
	var d Domains
	for _, uri := range []string{"a@Example.com", "", "b@example.com;x=1"} {
		d.Add(uri)
	}
	if d.Shared() != "Example.com" {
		t.Error(d.Shared())
	}
	d.Add("10.0.0.1")
	if d.Shared() != "" {
		t.Error(d.Shared())
	}
}
