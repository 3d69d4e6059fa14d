package tui

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

const (
	texts   = "sms-end-to-end.pcap"
	session = "msrp-cpim-imdn.pcap"
)

func TestViews(t *testing.T) {
	m := read(t, 120, 30, texts, "sms-no-report-and-late-report.pcap")
	wants(t, m, "b by text", "✗ 2 texts (b)") // all deliveries arrived
	press(m, "x")
	wants(t, m, "nothing passes, but 2 texts did not arrive: b lists them")
	press(m, "x", "enter")
	wants(t, m, "it carried: SMS ")
	press(m, "esc")
	press(m, "b")
	wants(t, m, "a row for each text", "sms-submit", "sms-deliver", "submitted", "1/8 texts", "✗ 2 failed", "no-report: no RP-ACK with")
	press(m, "x")
	wants(t, m, "texts failures", "no-report")
	never(t, m, "submitted")
	press(m, "b")
	wants(t, m, "a row for each transaction", "sent from → to", "202")
	press(m, "b")
	wants(t, m, "a row for each delivery")
	press(m, "b")
	wants(t, m, "1/2 texts failures") // each list stays as it was left
	press(m, "x", "t")
	wants(t, m, "Texts by end", "✓ submitted")
	press(m, "esc", "f", "text_e")
	wants(t, m, "Tab: text_end")
	press(m, "tab", " == \"refused\"", "enter")
	wants(t, m, "nothing passes")
	press(m, "esc", "enter")
	wants(t, m, "Text 1: SMS of a handset (sms-submit)", "RP-DATA")
	press(m, "3")
	wants(t, m, "3 receipts", "none is in the capture")
	press(m, "6")
	wants(t, m, "TP-DA", "TP-UD ", "31 octets, 35 characters")
	never(t, m, "Hello", "hello")
	press(m, ".")
	wants(t, m, "RP-MTI")
	press(m, "1")
	wants(t, m, "Text 2: SMS of a handset (sms-submit), submitted: late", "RP-ACK after 46.694 s, matched by")
}

// Of a delivery, what its bodies say is a part; without --bodies no character of a text.
func TestContentOfDelivery(t *testing.T) {
	m := read(t, 120, 50, texts)
	press(m, "enter", "6")
	wants(t, m, "RP-DATA with SMS-SUBMIT", "RP-Message-Reference")
	plain := screen(m)
	m.options.Bodies, m.dirty = true, true
	m.detail.redraw()
	if with := screen(m); with == plain {
		t.Error("--bodies shows no text")
	}
	m = read(t, 120, 50, late)
	press(m, "enter", "6")
	wants(t, m, "text/plain")
}

// A text of a session has no delivery: it is told from messages of MSRP.
func TestTextOfSession(t *testing.T) {
	m := read(t, 120, 60, session)
	press(m, "b")
	wants(t, m, "msrp")
	for range 20 {
		press(m, "enter")
		if strings.Contains(screen(m), "message of a session") {
			break
		}
		press(m, "esc", "down")
	}
	wants(t, m, "message of a session (msrp)", "SEND", "To-Path", "From-Path")
}

// What is read again is what was written, in any order.
func TestTextsAreReadAgain(t *testing.T) {
	store, err := NewStore(Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	kept := &keeper{Store: store}
	src, err := capture.Open([]string{"../../testdata/pcaps/" + texts, "../../testdata/pcaps/" + session}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if _, err := analyze.Run(context.Background(), src, analyze.Options{PlainTexts: true}, kept); err != nil {
		t.Fatal(err)
	}
	for i := range kept.texts {
		want := &kept.texts[len(kept.texts)-1-i]
		row, ok := store.Row(ByText, uint32(want.ID))
		if !ok {
			t.Fatalf("text %d is not there", want.ID)
		}
		for _, f := range result.AskedOfTexts() {
			if got, want := f.Get(row.Text), f.Get(want); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s is %v, was %v", f.Name, got, want)
			}
		}
		if want.Content != nil && !reflect.DeepEqual(want.Content.SMS == nil, row.Text.Content.SMS == nil) {
			t.Error("an SMS is lost")
		}
		if row.Text.RP() != nil && row.Text.RP().TPDU.Address != want.RP().TPDU.Address {
			t.Errorf("the address is %v, was %v", row.Text.RP().TPDU.Address, want.RP().TPDU.Address)
		}
	}
	if len(kept.texts) == 0 {
		t.Error("no text")
	}
}

// A text whose report has not come waits, and is other once it has come or is overdue.
func TestTextsWait(t *testing.T) {
	m := read(t, 100, 24)
	press(m, "b")
	x := result.Text{ID: 1, Kind: result.SMSSubmit, From: "sip:a@example.com", To: "sip:b@example.com"}
	m.store.OpenText(&x)
	press(m)
	wants(t, m, "⋯ 1 wait", "sms-submit", "waits for a rec")
	x.End = result.NoReport
	m.store.OpenText(&x)
	press(m)
	wants(t, m, "✗ 1 failed", "no-report")
	x.End = result.Submitted
	m.store.OpenText(&x)
	m.store.Text(&x)
	press(m)
	wants(t, m, "✓ 1", "submitted")
	never(t, m, "⋯", "✗")
}

type keeper struct {
	*Store
	texts []result.Text
}

func (k *keeper) Text(t *result.Text) {
	k.texts = append(k.texts, t.Clone())
	k.Store.Text(t)
}

// A delivery whose verdict is known before that of an earlier one pushes none out.
func TestOrderOfVerdicts(t *testing.T) {
	m := read(t, 100, 24)
	for _, id := range []uint64{2, 1} {
		m.store.Delivery(&result.Delivery{ID: id, Verdict: result.Delivered, Sender: "sip:a@example.com"})
	}
	press(m)
	wants(t, m, "1/2", "✓ 2")
}

// Of what is no capture the screen says so, and not that it holds nothing.
func TestUnreadCapture(t *testing.T) {
	m := read(t, 100, 24)
	m.store.End(&result.Report{Inputs: []capture.Input{{Name: "x\x1b.pcap", Error: "not a capture"}}}, nil)
	press(m)
	wants(t, m, ".pcap: not a capture")
	never(t, m, "no MESSAGE in", "\x1b")
}

// Of more rows than are sorted the latest are, and the screen says so.
func TestSorting(t *testing.T) {
	store, err := NewStore(Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	m := NewModel(store, Options{Limits: Limits{Sorted: 3}})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 24})
	for i, name := range []string{"z", "y", "e", "d", "c"} {
		store.Delivery(&result.Delivery{ID: uint64(i + 1), Verdict: result.Delivered, Sender: "sip:" + name + "@example.com"})
	}
	press(m, "s", "s", "s")
	wants(t, m, "sorted by sender", "sorted: the latest 3")
	if got := fmt.Sprint(m.list.shown); got != "[1 2 5 4 3]" {
		t.Errorf("the order is %s", got)
	}
	store.Delivery(&result.Delivery{ID: 6, Verdict: result.NoAnswer, Sender: "sip:a@example.com"})
	m.list.order.next = m.list.order.next.AddDate(-1, 0, 0)
	press(m)
	if got := fmt.Sprint(m.list.shown); got != "[1 2 3 6 5 4]" {
		t.Errorf("the order is %s", got)
	}
	press(m, "s", "s", "s")
	if got := fmt.Sprint(m.list.shown); m.list.order.by != byResult || got != "[1 2 3 4 5 6]" {
		t.Errorf("by result the order is %s", got)
	}
}

// A light background takes other colours than a dark one; text of the wire is untouched.
func TestLightBackground(t *testing.T) {
	m := read(t, 100, 24, late)
	x := result.Transaction{ID: 9, Delivery: 9, Outcome: result.Pending}
	m.store.Waiting(&x, 0)
	press(m)
	if !strings.Contains(m.View().Content, "\x1b[33m") {
		t.Fatal("nothing is yellow")
	}
	before := screen(m)
	m.Update(tea.BackgroundColorMsg{Color: white{}})
	if strings.Contains(m.View().Content, "\x1b[33m") || !strings.Contains(m.View().Content, "\x1b[35m") || screen(m) != before {
		t.Error("yellow stays on a light background")
	}
}

type white struct{}

func (white) RGBA() (r, g, b, a uint32) { return 0xffff, 0xffff, 0xffff, 0xffff }
