package analyze

import (
	"context"
	"fmt"
	"testing"
	"time"

	"simplecap/analyze/result"

	"github.com/google/go-cmp/cmp"
)

// tellings are what is told of deliveries, and of what waits.
type tellings struct {
	discard
	lines []string
}

func (c *tellings) say(format string, args ...any) {
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

func (c *tellings) Delivery(d *result.Delivery) {
	c.say("delivery %d %s told %q closed %t", d.ID, d.Verdict, d.Told, d.Closed)
}

func (c *tellings) Waiting(t *result.Transaction, now int64) {
	c.say("waits %d %s sent %d, %s", t.ID, t.Outcome, 1+t.Retransmissions, time.Duration(now-t.FirstRequest).Round(100*time.Millisecond))
}

// Live, a delivery is handed on when its verdict is known and once more when it closes,
// and a request that waits when it is sent again or in vain.
func TestToldEarly(t *testing.T) {
	for name, want := range map[string][]string{
		"proxy-inleg-200-missing.pcap": {
			"waits 1 pending sent 2, 500ms", "waits 3 pending sent 2, 500ms", "waits 1 pending sent 3, 1.5s",
			"waits 3 pending sent 3, 1.5s", "waits 1 pending sent 4, 3.5s", "waits 3 pending sent 4, 3.5s",
			`delivery 1 answer-not-relayed told "" closed true`, `delivery 2 answer-not-relayed told "" closed true`,
		},
		"auth-407-then-200.pcap": {
			`delivery 1 delivered told "" closed false`, `delivery 2 delivered told "" closed false`,
			`delivery 1 delivered told "delivered" closed true`, `delivery 2 delivered told "delivered" closed true`,
		},
	} {
		got := new(tellings)
		if _, err := Run(context.Background(), liveSource(t, name, 60), Options{Live: true}, got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.lines); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Live, a text is handed on when its delivery is answered and with each receipt, long before
// nothing more can come.
func TestTextsToldEarly(t *testing.T) {
	for name, want := range map[string][]string{
		"sms-end-to-end.pcap": {
			`1 sms-submit, 0 receipts: "unknown" so far`, `1 sms-submit, 1 receipts: "submitted" so far`,
			`3 sms-deliver, 0 receipts: "unknown" so far`, `3 sms-deliver, 1 receipts: "received" so far`,
			`1 sms-submit, 2 receipts: "delivered" so far`,
			`5 sms-status-report, 0 receipts: "unknown" so far`, `5 sms-status-report, 1 receipts: "received" so far`,
			`1 sms-submit, 2 receipts: "delivered"`, `3 sms-deliver, 1 receipts: "received"`, `5 sms-status-report, 1 receipts: "received"`,
		},
		"sms-no-report-and-late-report.pcap": {
			`1 sms-submit, 0 receipts: "unknown" so far`, `2 sms-submit, 0 receipts: "unknown" so far`,
			`3 sms-deliver, 0 receipts: "unknown" so far`, `4 sms-deliver, 0 receipts: "unknown" so far`,
			`3 sms-deliver, 0 receipts: "no-report" so far`, `4 sms-deliver, 0 receipts: "no-report" so far`,
			`4 sms-deliver, 1 receipts: "received" so far`,
			`1 sms-submit, 0 receipts: "no-report" so far`, `2 sms-submit, 0 receipts: "no-report" so far`,
			`2 sms-submit, 1 receipts: "submitted" so far`,
			`7 sms-submit, 0 receipts: "unknown" so far`, `7 sms-submit, 0 receipts: "no-report" so far`,
			`1 sms-submit, 0 receipts: "no-report"`, `2 sms-submit, 1 receipts: "submitted"`,
			`3 sms-deliver, 0 receipts: "no-report"`, `4 sms-deliver, 1 receipts: "received"`, `7 sms-submit, 0 receipts: "no-report"`,
		},
		"auth-407-then-200.pcap": {
			`1 im, 0 receipts: "not-asked" so far`, `2 im, 0 receipts: "not-asked" so far`,
			`1 im, 0 receipts: "not-asked"`, `2 im, 0 receipts: "not-asked"`,
		},
	} {
		got := new(heardTexts)
		if _, err := Run(context.Background(), liveSource(t, name, 60), Options{Live: true, PlainTexts: true}, got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.lines); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// heardTexts are what is told of texts.
type heardTexts struct {
	discard
	lines []string
}

func (c *heardTexts) Delivery(*result.Delivery) {}

func (c *heardTexts) OpenText(t *result.Text) {
	c.lines = append(c.lines, fmt.Sprintf("%d %s, %d receipts: %q so far", t.ID, t.Kind, len(t.Receipts), t.End))
}

func (c *heardTexts) Text(t *result.Text) {
	c.lines = append(c.lines, fmt.Sprintf("%d %s, %d receipts: %q", t.ID, t.Kind, len(t.Receipts), t.End))
}

func (c *heardTexts) OrphanReceipt(*result.Receipt) {}

// What is told early is what the close says, for every capture that is played live, and
// no request counts as unanswered in the end.
func TestToldEarlyAgrees(t *testing.T) {
	for _, name := range []string{"fork-parallel.pcap", "two-proxies-in-series.pcap", "n-all404.pcap", "nat-rport-both-sides.pcap", "tcp-out-of-order-segments.pcap"} {
		got := &agrees{verdicts: map[uint64]result.Verdict{}}
		if _, err := Run(context.Background(), liveSource(t, name, 60), Options{Live: true}, got); err != nil {
			t.Fatal(err)
		}
		if got.early == 0 || len(got.wrong) > 0 {
			t.Errorf("%s: %d told early, wrong: %v", name, got.early, got.wrong)
		}
	}
}

type agrees struct {
	discard
	verdicts map[uint64]result.Verdict
	early    int
	wrong    []string
}

func (c *agrees) Delivery(d *result.Delivery) {
	if before, known := c.verdicts[d.ID]; known != (d.Told != 0) || before != d.Told || d.Closed && known && before != d.Verdict {
		c.wrong = append(c.wrong, fmt.Sprintf("%d: %s, before %s, told %s", d.ID, d.Verdict, before, d.Told))
	}
	c.verdicts[d.ID] = d.Verdict
	if !d.Closed {
		c.early++
	}
}

// Live, a text of a session that comes in chunks is told of when it is whole: its first
// chunks are answered before.
func TestChunkedTextsToldEarly(t *testing.T) {
	got := new(heardTexts)
	if _, err := Run(context.Background(), liveSource(t, "msrp-chunks-and-interruption.pcap", 60), Options{Live: true}, got); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`1 msrp, 2 receipts: "received" so far`, `1 msrp, 3 receipts: "delivered" so far`, `3 msrp, 1 receipts: "received" so far`,
		`2 msrp, 2 receipts: "received" so far`, `2 msrp, 3 receipts: "delivered" so far`,
		`4 msrp, 1 receipts: "received" so far`, `4 msrp, 2 receipts: "delivered" so far`,
		`6 msrp, 2 receipts: "received" so far`, `6 msrp, 3 receipts: "delivered" so far`,
		`1 msrp, 3 receipts: "delivered"`, `2 msrp, 3 receipts: "delivered"`, `3 msrp, 1 receipts: "received"`,
		`4 msrp, 2 receipts: "delivered"`, `5 msrp, 1 receipts: "not-sent"`, `6 msrp, 3 receipts: "delivered"`,
	}
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Error(diff)
	}
}
