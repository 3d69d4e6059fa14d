package report

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"simplecap/analyze"
	"simplecap/capture"
)

var spaces = regexp.MustCompile(` +`)

// screenOf is what a capture looks like on a terminal so wide.
func screenOf(t *testing.T, name string, by View, width int) string {
	t.Helper()
	src, err := capture.Open([]string{"../testdata/pcaps/" + name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var out strings.Builder
	w, err := New(Table, &out, Options{By: by, Width: width})
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), src, analyze.Options{}, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// However narrow the terminal, one screen says of eight SMS from whom to whom they went,
// which arrived, which did not, and why.
func TestScreensOfSMS(t *testing.T) {
	for _, width := range []int{60, 80, 100, 140} {
		lines := strings.Split(screenOf(t, "sms-report-matching.pcap", Automatic, width), "\n")
		lines = lines[:min(len(lines), 24)]
		screen := strings.Join(lines, "\n")
		screen = spaces.ReplaceAllString(strings.ReplaceAll(screen, "@ims.fjord.example", ""), " ")
		if n := strings.Count(screen, "0123 → +"); n != 7 {
			t.Errorf("%d columns: %d SMS with the end of their number:\n%s", width, n, screen)
		}
		for _, want := range []string{"0456 submitted", "0123 refused", "RP-ERROR 41 tem", "8 SMS: 1 refused (RP-ERROR 41 temporary failure"} {
			if !strings.Contains(screen, want) {
				t.Errorf("%d columns: no %q:\n%s", width, want, screen)
			}
		}
	}
	if screen := screenOf(t, "sms-memory-full-and-smma.pcap", ByDelivery, 80); !strings.Contains(screen, "SMS refused: RP") {
		t.Errorf("by delivery, 80 columns: not what was carried:\n%s", screen)
	}
}

// Who asks for texts sees each receipt, and how it was matched.
func TestReceiptsByText(t *testing.T) {
	const matched = "matched by in-reply-to"
	if n := strings.Count(screenOf(t, "sms-end-to-end.pcap", ByText, 120), matched); n != 3 {
		t.Errorf("%d receipts with In-Reply-To, want 3", n)
	}
	if strings.Contains(screenOf(t, "sms-end-to-end.pcap", Automatic, 120), matched) {
		t.Error("a receipt that says nothing more has a line")
	}
}
