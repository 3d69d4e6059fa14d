package analyze

import (
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// Texts leave every list that they are in, whichever of them goes first.
func TestLedgerForgets(t *testing.T) {
	a := newAnalyzer(Options{}, new(counter))
	defer a.store.close()
	l := &a.ledger
	texts := make([]*openText, 7)
	for i := range texts {
		texts[i] = &openText{}
		texts[i].ID = uint64(i + 1)
		for key := range uint64(6) {
			l.link(texts[i], key)
		}
		l.link(texts[i], 100+uint64(i%2))
	}
	want := func(ids ...uint64) {
		t.Helper()
		n := 0
		for o := range l.known(5) {
			if n == len(ids) || o.ID != ids[n] {
				t.Fatalf("text %d is at place %d of the key, want %v", o.ID, n, ids)
			}
			n++
		}
		if n != len(ids) {
			t.Fatalf("%d texts have the key, want %v", n, ids)
		}
	}
	want(7, 6, 5, 4, 3, 2, 1)
	for _, at := range []int{3, 6, 0} {
		l.forget(texts[at])
	}
	want(6, 5, 3, 2)
	l.a.limits.Alike = 2
	want(6, 5)
	for _, at := range []int{1, 2, 4, 5} {
		l.forget(texts[at])
	}
	if len(l.byKey) != 0 {
		t.Errorf("%d keys are left", len(l.byKey))
	}
}

// What is done to keep texts apart must not be left behind by a run of SMS.
func TestLedgerEmptyAfterSMS(t *testing.T) {
	a := newAnalyzer(Options{}, new(counter))
	defer a.store.close()
	d := decode.NewDecoder(takes{a}, decode.Options{})
	frames := generated(t, "sms", 300)
	for i := range frames {
		d.Frame(&frames[i])
	}
	a.finish()
	a.ledger.end()
	l := &a.ledger
	if got := l.totals.kinds[result.SMSSubmit][result.Submitted] + l.totals.kinds[result.SMSDeliver][result.Received]; got != 300 {
		t.Errorf("%d SMS arrived, want 300: %v", got, l.totals.kinds)
	}
	if l.head != nil || l.count != 0 || l.held != 0 || len(l.byKey) != 0 || len(l.byDelivery) != 0 {
		t.Errorf("left: %d texts, %d bytes, %d keys, %d deliveries", l.count, l.held, len(l.byKey), len(l.byDelivery))
	}
}

// takes hands messages to an analyzer as the workers leave them.
type takes struct{ a *analyzer }

func (h takes) Message(m *decode.Message) {
	e := event{kind: eventMessage, content: h.a.options.carries(m)}
	m.CopyTo(&e.message, nil)
	h.a.message(&e)
}
