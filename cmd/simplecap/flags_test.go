package main

import "testing"

func TestSize(t *testing.T) {
	for _, test := range []struct {
		text string
		want size
	}{
		{"1048576", 1 << 20}, {"512K", 512 << 10}, {"256MiB", 256 << 20}, {"256mb", 256 << 20}, {"1.5G", 3 << 29}, {"2T", 2 << 40},
		{"", 0}, {"0", 0}, {"-1M", 0}, {"nan", 0}, {"inf", 0}, {"1e30", 0}, {"M", 0}, {"1MM", 0}, {"many", 0},
	} {
		var got size
		if err := got.Set(test.text); got != test.want || (err == nil) != (test.want > 0) {
			t.Errorf("%q: %d, %v, want %d", test.text, got, err, test.want)
		}
	}
}

func TestColored(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	for choice, want := range map[string]bool{"auto": false, "always": true, "never": false} {
		if got := colored(choice, nil); got != want {
			t.Errorf("%s: %t", choice, got)
		}
	}
}

func TestWidthFromEnvironment(t *testing.T) {
	for columns, want := range map[string]int{"": 0, "80": 80, "-1": 0, "wide": 0} {
		t.Setenv("COLUMNS", columns)
		if got := width(nil); got != want {
			t.Errorf("COLUMNS=%q: %d, want %d", columns, got, want)
		}
	}
}
