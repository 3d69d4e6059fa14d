package report

import (
	"fmt"
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode/content"
)

// smsOf is an SMS that delivery id carried, refused by what the next delivery carried.
func smsOf(id uint64) *result.Text {
	return &result.Text{
		ID: id, Kind: result.SMSDeliver, Deliveries: []uint64{id}, Carrier: "sip", End: result.RefusedText, Content: &content.Content{},
		Receipts: []result.Receipt{{Kind: "rp-error", Cause: 22, Delivery: id + 1, MatchedBy: "in-reply-to"}},
	}
}

// The tables by delivery say what each carried: also of one whose number has a comma, and
// of the receipt, which is named before its text is.
func TestDeliveryTexts(t *testing.T) {
	for _, format := range []Format{Table, Markdown} {
		out := renderCarried(t, format, smsOf(1000), &result.Text{
			ID: 1002, Kind: result.Notification, Deliveries: []uint64{1002}, Carrier: "sip",
			Receipts: []result.Receipt{{Kind: "displayed", Delivery: 1002}},
		})
		for _, want := range []string{"SMS refused: RP-ERROR 22", "RP-ERROR 22 memory capacity exceeded of #1,000", "IMDN displayed of #1,002"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q:\n%s", format, want, out)
			}
		}
	}
}

// Plain texts add no column, nor do bodies that are no text.
func TestPlainDeliveriesCarryNothing(t *testing.T) {
	for _, format := range []Format{Table, Markdown} {
		out := renderCarried(t, format,
			&result.Text{ID: 1000, Kind: result.InstantMessage, Deliveries: []uint64{1000}, Carrier: "sip", End: result.NotAsked, Content: &content.Content{Type: "text/plain"}},
			&result.Text{ID: 1001, Kind: result.TextOther, Deliveries: []uint64{1001}, Carrier: "sip", Content: &content.Content{Service: "Keepalive"}})
		if strings.Contains(out, "carried") {
			t.Errorf("%s has a column for plain texts:\n%s", format, out)
		}
	}
}

// What does not fit in the bound is counted and said.
func TestDeliveryTextsAreBounded(t *testing.T) {
	d := deliveryTexts{limit: 2}
	for id := uint64(1); id <= 5; id++ {
		d.put(id, fmt.Sprint(id), false)
	}
	if got := d.words(); len(d.cells) != 2 || !strings.HasPrefix(got, "what 3 more deliveries carried") {
		t.Errorf("%d kept, and it says %q", len(d.cells), got)
	}
	if !d.put(1, "receipt", true) || d.cells[1] != "receipt" {
		t.Error("a receipt does not replace what its text is")
	}
}

// renderCarried prints deliveries 1,000 to 1,002 and texts.
func renderCarried(t *testing.T, format Format, texts ...*result.Text) string {
	t.Helper()
	var out strings.Builder
	w, err := New(format, &out, Options{By: ByDelivery, Rows: AllRows, Width: 240})
	if err != nil {
		t.Fatal(err)
	}
	for id := uint64(1000); id <= 1002; id++ {
		_, d := proxied(id)
		d.ID = id
		w.Delivery(d)
	}
	for _, text := range texts {
		w.(interface{ Text(*result.Text) }).Text(text)
	}
	if err := w.Close(new(result.Report)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
