package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode/content"
	"simplecap/report"
)

// read makes the screen of captures that have been read to their end.
func read(t *testing.T, width, height int, names ...string) *Model {
	t.Helper()
	for i, name := range names {
		names[i] = "../../testdata/pcaps/" + name
	}
	store, err := NewStore(Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	options := analyze.Options{Live: true, PlainTexts: true, Joined: store.Joined, Session: store.Session}
	if len(names) > 0 {
		run(t, names, options, store)
	}
	m := NewModel(store, Options{Analysis: options, Compile: func(of View, text string) (func(*Row) bool, error) {
		switch {
		case text == "status >= 400":
			return func(r *Row) bool {
				return slices.ContainsFunc(r.Transactions, func(t result.Transaction) bool { return t.Status >= 400 })
			}, nil
		case text == `text_end == "refused"` && of == ByText:
			return func(r *Row) bool { return r.Text.End == result.RefusedText }, nil
		}
		return nil, errors.New("unknown name " + text)
	}})
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(tick{})
	return m
}

func run(t *testing.T, names []string, options analyze.Options, store *Store) {
	t.Helper()
	src, err := capture.Open(names, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	r, err := analyze.Run(context.Background(), src, options, store)
	if err != nil {
		t.Fatal(err)
	}
	store.End(r, nil)
}

// press presses keys, by their names, or types text.
func press(m *Model, keys ...string) {
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "down": tea.KeyDown, "up": tea.KeyUp, "tab": tea.KeyTab, "pgdown": tea.KeyPgDown,
		"pgup": tea.KeyPgUp, "home": tea.KeyHome, "end": tea.KeyEnd, "space": tea.KeySpace, "backspace": tea.KeyBackspace, "left": tea.KeyLeft, "right": tea.KeyRight}
	for _, k := range keys {
		if code, ok := named[k]; ok {
			m.Update(tea.KeyPressMsg{Code: code})
			continue
		}
		for _, r := range k {
			m.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	m.Update(tick{})
}

// screen is the frame without its styles.
func screen(m *Model) string {
	var lines []string
	for _, line := range strings.Split(m.View().Content, "\n") {
		lines = append(lines, strings.TrimRight(bare(line), " "))
	}
	return strings.Join(lines, "\n")
}

func wants(t *testing.T, m *Model, all ...string) {
	t.Helper()
	got := screen(m)
	for _, want := range all {
		if !strings.Contains(got, want) {
			t.Errorf("no %q on the screen:\n%s", want, got)
		}
	}
}

func never(t *testing.T, m *Model, all ...string) {
	t.Helper()
	got := screen(m)
	for _, want := range all {
		if strings.Contains(got, want) {
			t.Errorf("%q on the screen:\n%s", want, got)
		}
	}
}

const (
	late   = "proxy-408-then-late-200.pcap"
	forks  = "fork-parallel.pcap"
	closed = "udp-no-response-port-unreachable.pcap"
)

func TestList(t *testing.T) {
	m := read(t, 100, 24, late, forks, closed)
	wants(t, m, "✗ 2 failed", "✓ 3", "answer not passed on by", "alice", "1/5", "? all keys")
	press(m, "x")
	wants(t, m, "1/2 failures", "192.0.2.20 could not be")
	never(t, m, "delivered")
	press(m, "esc", "end")
	wants(t, m, "5/5", "delivered")
	press(m, "[")
	wants(t, m, "2/5")
	press(m, "r")
	wants(t, m, "4/5", "newest first")
	press(m, "s", "s")
	wants(t, m, "sorted by result")
	press(m, "c")
	wants(t, m, "sent from → to", "192.0.2.10:5060 → ")
	press(m, "c")
	wants(t, m, "Call-ID", "@192.0.2.10")
	press(m, "space")
	wants(t, m, "1 marked")
	press(m, "u")
	never(t, m, "marked")
}

func TestFilterAndSearch(t *testing.T) {
	m := read(t, 120, 24, late, forks)
	press(m, "f", "stat")
	wants(t, m, "filter: stat", "unknown name stat")
	press(m, "tab")
	wants(t, m, "filter: status")
	press(m, "enter") // not while something is wrong with it
	wants(t, m, "filter: status")
	press(m, " >= 400", "enter")
	wants(t, m, "1/3 filter")
	press(m, "esc")
	wants(t, m, "1/4")
	press(m, "/", "BOB")
	wants(t, m, "search: BOB")
	press(m, "enter", "n")
	wants(t, m, "2/4")
	press(m, "/", "nobody")
	wants(t, m, "not found")
	press(m, "esc")
	wants(t, m, "2/4")
}

func TestDetail(t *testing.T) {
	m := read(t, 100, 30, late, forks, closed)
	press(m, "enter")
	wants(t, m, "Delivery 1: answer not passed on by 192.0.2.1", "MESSAGE again", "408, 2.998 s", "1 everything")
	press(m, "3")
	wants(t, m, "What 192.0.2.1 changed", "- Max-Forwards: 70")
	press(m, "5")
	wants(t, m, "answer-not-relayed", "408-to-message")
	press(m, "4", "/", "max-forw")
	wants(t, m, "Max-Forwards: 70")
	press(m, "enter", "n", "]", "2")
	wants(t, m, "Delivery 2: 192.0.2.20 could not be reached")
	press(m, ".")
	wants(t, m, "Delivery 3: delivered")
	press(m, "y")
	wants(t, m, "copied: frame.number in {")
	press(m, "q")
	wants(t, m, "3/5")
}

// Beside the ladder stand the findings, where there is room.
func TestDetailWide(t *testing.T) {
	m := read(t, 200, 60, late)
	press(m, "enter")
	wants(t, m, "│ error answer-not-relayed", "Max-Forwards: 70")
}

func TestPopups(t *testing.T) {
	m := read(t, 100, 50, late, forks)
	press(m, "?")
	wants(t, m, "In the list", "filter, in the language of --where", "Ctrl+c")
	press(m, "pgdown", "pgdown")
	wants(t, m, "• marked")
	press(m, "esc", "t")
	wants(t, m, "Deliveries by verdict", "✓ delivered", "Closed transactions by final status", "408-to-message")
	press(m, "down", "enter")
	wants(t, m, "answer-not-relayed", "1/1")
	press(m, "esc", "p")
	wants(t, m, "192.0.2.1:5060", "p50", "│<.1 1  10ms", "█")
	press(m, "enter")
	wants(t, m, "1/4")
}

// However small or large, no line is wider than the screen, and the last one says which
// keys there are.
func TestSizes(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {200, 60}, {300, 100}, {41, 9}} {
		m := read(t, size[0], size[1], late, forks, "two-proxies-in-series.pcap", "redact-leaks.pcap")
		for _, keys := range []string{"", "enter", "2", "3", "4", "5", "6", "q", "b", "enter", "q", "b", "enter", "q", "?", "esc", "t", "esc", "p", "esc", "x", "c", "f"} {
			press(m, keys)
			lines := strings.Split(m.View().Content, "\n")
			if len(lines) != size[1] {
				t.Errorf("%v: %d lines after %q", size, len(lines), keys)
			}
			for _, line := range lines {
				if report.Width(bare(line)) > size[0] {
					t.Errorf("%v after %q: %d columns: %s", size, keys, report.Width(bare(line)), bare(line))
				}
			}
		}
	}
	m := read(t, 80, 24, late)
	m.Update(tea.WindowSizeMsg{Width: 20, Height: 5})
	wants(t, m, "simplecap needs")
}

// What is on the wire cannot drive the terminal: a frame has no control character but
// those of styles.
func TestNothingDrivesTheTerminal(t *testing.T) {
	m := read(t, 120, 40)
	evil := "sip:\x1b]0;x\x07\u202e\x9b31m\x00@example.com\r\n"
	x := result.Transaction{ID: 1, Delivery: 1, Method: "MESSAGE\x1b[2J", CallID: evil, From: evil, To: evil, Outcome: result.Rejected, Status: 486, Reason: evil, Closed: true,
		Branch: evil, SentBy: evil, RequestURI: evil, Cause: evil, Findings: []string{"failure-response"}}
	m.store.Transaction(&x)
	m.store.Delivery(&result.Delivery{ID: 1, Verdict: result.Refused, Sender: evil, Recipient: evil, CallIDs: []string{evil}, Hops: []result.Hop{{Transaction: 1}}, Closed: true})
	m.store.Text(&result.Text{ID: 1, Kind: result.SMSSubmit, From: evil, To: evil, CallID: evil, Method: evil, Carrier: "sip", Deliveries: []uint64{1}, End: result.RefusedText,
		Content:  &content.Content{Type: evil, Text: evil, HasText: true, Service: evil, Defects: []content.Defect{{What: evil}}},
		Receipts: []result.Receipt{{Kind: "other", Name: evil, Recipient: evil, MatchedBy: "message-id"}}})
	m.store.Note(evil)
	for _, key := range []string{"", "c", "c", "m", "esc", "enter", "2", "3", "4", "5", "6", "y", "q", "b", "enter", "q", "b", "c", "enter", "q", "/", evil, "esc", "t", "p"} {
		press(m, key)
		for _, r := range bare(m.View().Content) {
			if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e') {
				t.Fatalf("%q on the screen after %q", r, key)
			}
		}
	}
}

// A frame is made anew only where something changed.
func TestStillScreen(t *testing.T) {
	m := read(t, 100, 24, late)
	first := m.View().Content
	m.Update(tick{})
	if m.dirty {
		t.Error("a tick without news makes a frame")
	}
	m.store.Note("hello")
	m.Update(tick{})
	if !m.dirty || m.View().Content == "" || first == "" {
		t.Error("news makes no frame")
	}
}

// A run that ends before its time, such as when a bus goes away, says so on the screen.
func TestEndedEarly(t *testing.T) {
	m := read(t, 100, 24, late)
	m.store.End(&result.Report{}, context.Canceled)
	if notes := m.store.Notes(); len(notes) != 0 {
		t.Errorf("a run that its user ended says %q", notes)
	}
	m.store.End(&result.Report{}, errors.New("the bus went away"))
	press(m, "m")
	wants(t, m, "ended early: the bus went away")
}

// What waits is in the list before it has a verdict, and paused the list stays as it is.
func TestWaits(t *testing.T) {
	m := read(t, 100, 24)
	x := result.Transaction{ID: 1, Delivery: 1, Method: "MESSAGE", From: "sip:a@example.com", To: "sip:b@example.com", Outcome: result.Pending, Retransmissions: 1}
	m.store.Waiting(&x, 0)
	press(m)
	wants(t, m, "⋯ 1 wait", "waits, sent 2×")
	press(m, "z")
	x.Retransmissions = 2
	m.store.Waiting(&x, 0)
	press(m)
	wants(t, m, "paused", "sent 2×")
	press(m, "z")
	wants(t, m, "sent 3×")
	x.Outcome, x.Closed = result.Timeout, true
	m.store.Transaction(&x)
	m.store.Delivery(&result.Delivery{ID: 1, Verdict: result.NoAnswer, Sender: x.From, Recipient: x.To, Closed: true, Hops: []result.Hop{{Transaction: 1}}})
	press(m)
	wants(t, m, "✗ 1 failed", "without an answer")
	never(t, m, "⋯")
}

// When the temporary file is full the list begins anew, and says what it has.
func TestStoreIsBounded(t *testing.T) {
	store, err := NewStore(Limits{SpoolBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	m := NewModel(store, Options{})
	begun := time.Now()
	for i := range uint64(20000) {
		x := result.Transaction{ID: i + 1, Delivery: i + 1, Method: "MESSAGE", From: "sip:a@example.com", Closed: true, Status: 200, Outcome: result.Success}
		store.Transaction(&x)
		store.Delivery(&result.Delivery{ID: i + 1, Verdict: result.Delivered, Sender: x.From, Closed: true, Hops: []result.Hop{{Transaction: i + 1}}})
	}
	if store.began == 0 || store.blobs.begin > 2<<20 {
		t.Errorf("began %d times, %d bytes, in %s", store.began, store.blobs.begin, time.Since(begun))
	}
	press(m)
	press(m, "end")
	id, ok := m.list.current()
	row, found := store.Row(ByDelivery, id)
	wants(t, m, "before #", "forgotten")
	if !ok || !found || row.ID != 20000 || len(row.Transactions) != 1 {
		t.Errorf("the last row is %d, %v", id, row)
	}
}
