package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
)

// proxied is a delivery over a proxy: two transactions and what they add up to.
func proxied(id uint64) ([]result.Transaction, *result.Delivery) {
	in, out := answered(), answered()
	in.ID, in.Delivery, out.ID, out.Delivery = 2*id-1, id, 2*id, id
	out.Src, out.Dst = in.Dst, address("10.0.0.3:5070")
	d := &result.Delivery{
		ID: id, Verdict: result.Delivered, Blame: in.ID, Sender: in.From, Recipient: in.To, CallIDs: []string{in.CallID},
		HasTime: true, FirstRequest: in.FirstRequest, Total: in.RTT, HasTotal: true,
		Hops: []result.Hop{
			{Transaction: in.ID, Src: in.Src, Dst: in.Dst, Outcome: in.Outcome, Status: 200, RTT: in.RTT, HasRTT: true},
			{Transaction: out.ID, Parent: in.ID, Src: out.Src, Dst: out.Dst, Outcome: out.Outcome, Status: 200,
				Forward: time.Millisecond, HasForward: true},
		},
	}
	return []result.Transaction{in, out}, d
}

// renderDeliveries prints a run of proxied deliveries, in this order.
func renderDeliveries(t testing.TB, format Format, o Options, ids ...uint64) string {
	t.Helper()
	var out strings.Builder
	w, err := New(format, &out, o)
	if err != nil {
		t.Fatal(err)
	}
	r := &result.Report{}
	for _, id := range ids {
		transactions, d := proxied(id)
		for i := range transactions {
			if o.Where == "" || id%2 == 1 {
				w.Transaction(&transactions[i])
			}
		}
		w.Delivery(d)
	}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDeliveryJSON(t *testing.T) {
	_, d := proxied(1)
	var o object
	o.inner(func() { o.delivery(d, false) })
	want := `{"id":1,"verdict":"delivered","blame":1,"sender":"sip:alice@example.com","recipient":"sip:bob@example.com",` +
		`"call_ids":["a@b"],"first_request":"2026-01-01T09:59:58.000000000Z","total_ms":20.357,` +
		`"hops":[{"transaction":1,"parent":0,"forward_ms":0.0,"relay_ms":0.0},{"transaction":2,"parent":1,"forward_ms":1.0}]}`
	if diff := cmp.Diff(want, string(o.b)); diff != "" {
		t.Error(diff)
	}
}

// Deliveries are listed by number, whatever the order of closing, and only those
// with a transaction that passed the filter.
func TestDeliveriesInJSON(t *testing.T) {
	for where, want := range map[string][]uint64{"": {1, 2, 3}, "true": {1, 3}} {
		var r struct{ Deliveries []struct{ ID uint64 } }
		if err := json.Unmarshal([]byte(renderDeliveries(t, JSON, Options{Where: where}, 3, 1, 2)), &r); err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, d := range r.Deliveries {
			got = append(got, d.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("where %q: %s", where, diff)
		}
	}
}

// The table keeps the first rows of many deliveries, counts all of them, and
// holds nothing of those that have closed.
func TestTableOfManyDeliveries(t *testing.T) {
	var out strings.Builder
	w := newTableWriter(&out, Options{Rows: 3}.withDefaults())
	for id := uint64(1000); id > 0; id-- {
		transactions, d := proxied(id)
		for i := range transactions {
			w.Transaction(&transactions[i])
		}
		w.Delivery(d)
	}
	if n := len(w.deliveries.waiting); n != 0 {
		t.Errorf("cells of %d deliveries still wait", n)
	}
	if n := w.deliveries.rows.Held(); n > 100 {
		t.Errorf("%d deliveries are kept for 3 rows", n)
	}
	if err := w.Close(&result.Report{}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{" 1  09:59", " 2  09:59", " 3  09:59", "… 997 more deliveries", "1,000 deliveries: 1,000 delivered", "10.0.0.2 → 10.0.0.3:5070"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	if strings.Contains(text, " 4  09:59") {
		t.Errorf("more than 3 rows:\n%s", text)
	}
}

func TestViews(t *testing.T) {
	for _, test := range []struct {
		by   View
		want bool
	}{{Automatic, true}, {ByDelivery, true}, {ByTransaction, false}} {
		for _, format := range []Format{Table, Markdown} {
			out := renderDeliveries(t, format, Options{By: test.by}, 1, 2)
			if got := strings.Contains(out, "hop by hop"); got != test.want {
				t.Errorf("%s by %q: by delivery is %t:\n%s", format, test.by, got, out)
			}
		}
	}
}

// A delivery with more hops than are listed says so.
func TestManyHops(t *testing.T) {
	transactions, d := proxied(1)
	for i := uint64(3); i < 100; i++ {
		d.Hops = append(d.Hops, result.Hop{Transaction: i, Parent: i - 1, Src: d.Hops[1].Src, Dst: d.Hops[1].Dst, Outcome: result.Success, Status: 200})
	}
	l := newDeliveryList(Options{Limits: Limits{Hops: 10}}.withDefaults(), nil)
	for i := range transactions {
		l.transaction(&transactions[i], "", "")
	}
	l.delivery(d, "")
	var lines []string
	if _, err := l.each(func(cells []string) bool {
		lines = append(lines, cells[delPath])
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 12 || strings.TrimSpace(lines[11]) != "… 89 more hops" {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
}

func TestVerdictWords(t *testing.T) {
	_, d := proxied(1)
	for _, test := range []struct {
		verdict result.Verdict
		blame   uint64
		want    string
	}{
		{result.Delivered, 1, "delivered"},
		{result.Accepted, 1, "accepted (202), not yet delivered"},
		{result.Refused, 2, "refused by 10.0.0.3:5070 with 200"},
		{result.AnswerNotRelayed, 2, "answer not passed on by 10.0.0.2"},
		{result.AnswerNotReceived, 1, "answered, but 10.0.0.1 did not get or match it"},
		{result.NotForwarded, 1, "not forwarded by 10.0.0.2"},
		{result.NoAnswer, 2, "no answer from 10.0.0.3:5070"},
		{result.NotReached, 2, "10.0.0.3:5070 could not be reached"},
		{result.Unmatchable, 1, "answered, but 10.0.0.1 cannot match it"},
		{result.NeverRetried, 1, "challenged by 10.0.0.2, not retried"},
		{result.Unknown, 0, "unknown: the capture does not tell"},
	} {
		d.Verdict, d.Blame = test.verdict, test.blame
		if got := verdictWords(d); got != test.want {
			t.Errorf("%s: %q, want %q", test.verdict, got, test.want)
		}
		if verdictColor(test.verdict) == "" {
			t.Errorf("%s has no colour, and is not counted", test.verdict)
		}
	}
}
